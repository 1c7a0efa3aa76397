"""Where stores send their webhooks: the raw bytes are verified and stored, then answered. Nothing else happens in the request.

The answer is never a redirect (one platform takes it for success and follows nothing) and never a failure of ours on any bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from plugin_core.db import Database
from plugin_core.deliveries import Ping, Rejection, Verified
from plugin_core.inbox.receive import received
from plugin_core.platforms import Platform, Webhooks
from plugin_core.stores.credentials import Vault
from webhooks.directory import Directory, Known
from webhooks.inbox import Inbox

MOST_BYTES = 5 * 1024 * 1024  # an order of a thousand lines, with what plugins hang on it, and some more

_log = structlog.get_logger("webhooks")
_LATER = 503  # the store is to send it again


def create_blueprint(
    platforms: Mapping[str, Platform], database: Database, vault: Vault, inbox: Inbox, clock: Callable[[], int]
) -> Blueprint:
    """``clock`` gives now in microseconds UTC. A platform whose deliveries do not name their store has it in the path."""
    routes = Blueprint("webhooks", __name__)
    directory = Directory(database, vault)
    for name, platform in platforms.items():
        webhooks = platform.webhooks
        desk = _Desk(name, webhooks, directory, vault, inbox, clock)
        if webhooks.names_store:
            routes.add_url_rule(f"/webhooks/{name}", name, partial(desk.receive, ""), methods=["POST"])
        else:
            routes.add_url_rule(f"/webhooks/{name}/<store>", name, desk.receive, methods=["POST"])
    return routes


class _Desk:
    """Takes in what one platform's stores send."""

    def __init__(
        self, name: str, webhooks: Webhooks, directory: Directory, vault: Vault, inbox: Inbox, clock: Callable[[], int]
    ) -> None:
        self._name = name
        self._webhooks = webhooks
        self._directory = directory
        self._vault = vault
        self._inbox = inbox
        self._clock = clock

    def receive(self, store: str) -> Response:
        try:
            status = self._answer(store)
        except SQLAlchemyError as problem:
            _log.error("deliveries can't be looked at", platform=self._name, error=type(problem).__name__)
            status = _LATER
        response = Response(status=status, mimetype="text/plain")
        if status == _LATER:
            response.headers["Retry-After"] = "60"
        return response

    def _answer(self, store: str) -> int:
        request.max_content_length = MOST_BYTES
        try:
            raw = request.get_data(cache=False)
        except HTTPException as refused:
            too_large = refused.code == 413
            self._inbox.count(self._name, "", "too large" if too_large else "broken off")
            return 413 if too_large else 400
        headers = _lowered(request.environ)
        return self._named(headers, raw) if self._webhooks.names_store else self._addressed(store, headers, raw)

    def _named(self, headers: Mapping[str, str], raw: bytes) -> int:
        found = self._webhooks.verify(headers, raw, self._webhooks.secrets)
        if not isinstance(found, Verified):
            return self._not_kept(found, None)
        known = self._directory.find(self._name, "address", found.address)
        if known is None:
            # Signed by the platform about a shop that is not (or no longer) ours: there is nothing to do, and nobody to tell.
            self._inbox.count(self._name, "", "unknown store")
            return 200
        return self._keep(known, found, raw)

    def _addressed(self, store: str, headers: Mapping[str, str], raw: bytes) -> int:
        known = self._directory.find(self._name, "key", store)
        found = self._webhooks.verify(headers, raw, known.secrets if known else ())
        if known and isinstance(found, Rejection) and found.status == 401:
            known = self._directory.find(self._name, "key", store, again=True)
            found = self._webhooks.verify(headers, raw, known.secrets if known else ())
        if known and isinstance(found, Verified):
            return self._keep(known, found, raw)
        # A path that is no store's is answered like a wrong signature: which stores there are is nobody's business.
        return self._not_kept(found, known)

    def _keep(self, known: Known, verified: Verified, raw: bytes) -> int:
        row = received(self._vault, known.store_id, verified, raw, now=self._clock())
        return 200 if self._inbox.put(row) else _LATER

    def _not_kept(self, found: Verified | Ping | Rejection, known: Known | None) -> int:
        key = known.key if known else ""
        if isinstance(found, Ping):
            self._inbox.count(self._name, key, "ping")
            return 200
        rejection = found if isinstance(found, Rejection) else Rejection(401, "bad signature")
        self._inbox.count(self._name, key, rejection.reason)
        return rejection.status


def _lowered(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers by their names in small letters, straight from WSGI: a busy store sends many a second."""
    found = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    found["content-type"] = environ.get("CONTENT_TYPE", "")
    return found
