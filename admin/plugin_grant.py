"""Connecting by our plugin: inside the store a link of ours was pasted, and the plugin posts us the keys it made.

Nobody but the plugin comes here, so everything is answered in JSON. The ticket proves that we were asked to connect that very
store; the keys are proven by a call to its address before anything is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import orjson
from flask import Blueprint, Response, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from admin.desk import Desk, sealed_off
from plugin_core.errors import ComebackError, InvalidInput, NotFound, StoreError, Transient
from plugin_core.installers import EmbeddedHome
from plugin_core.stores import access, installing, page_secrets
from plugin_core.stores.models import InstallState, Store

_MOST_BYTES = 16 * 1024
_END = "disconnect"  # what a token has to be signed for that ends a connection


class _OtherSite(InvalidInput):
    pass


class _TooLarge(InvalidInput):
    pass


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("plugin_grant", __name__)

    @pages.post("/connect/plugin")
    def connect() -> Response:
        try:
            row, credentials = _asked(desk, _body())
            return sealed_off(make_response(_connected(desk, row, credentials), 200))
        except ComebackError as problem:
            return _refused(problem)

    @pages.post("/connect/plugin/end")
    def end() -> Response:
        try:
            _disconnect(desk, _text(_body(), "token"))
        except ComebackError as problem:
            return _refused(problem)
        return sealed_off(make_response({}, 200))

    return pages


def _body() -> object:
    request.max_content_length = _MOST_BYTES
    try:
        found: object = orjson.loads(request.get_data())
    except RequestEntityTooLarge:
        raise _TooLarge("This is more than the plugin sends.", mend="Update the plugin, then try again.") from None
    except orjson.JSONDecodeError:
        raise _not_the_plugin() from None
    return found


def _text(body: object, name: str) -> str:
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, str) or not value:
        raise _not_the_plugin()
    return value


def _not_the_plugin() -> InvalidInput:
    return InvalidInput("This is not what the plugin sends.", mend="Update the plugin, then try again.")


def _asked(desk: Desk, body: object) -> tuple[InstallState, Mapping[str, str]]:
    """Takes the ticket, once nothing else is wrong with what was posted."""
    ticket = _text(body, "ticket")
    with desk.database.write() as session:
        row = installing.offered(session, ticket, now=desk.clock())
        grant = desk.door(row.platform).plugin
        if grant is None:
            raise NotFound("No plugin connects this store.", mend="Open the link in a browser instead.")
        site = desk.normalise(row.platform, grant.site_of(body))
        if site != row.address:
            mend = f"Make a link for this site: comeback connect {row.platform} --url {site} --link"
            raise _OtherSite(f"The link was made for {row.address}, and this site is {site}.", mend=mend)
        credentials = grant.credentials(body)
        return installing.take(session, ticket, now=desk.clock()), credentials


def _connected(desk: Desk, row: InstallState, credentials: Mapping[str, str]) -> dict[str, str]:
    try:
        store_id = desk.connect(row.platform, row.address, credentials, row.actor)
    except Exception:
        with desk.database.write() as session:
            installing.give_back(session, row.id)
        raise
    with desk.database.write() as session:
        installing.proven(session, row.id, store_id)
        store = session.get_one(Store, store_id)
        return {"store": store.key, "site": store.address, "page_url": f"{desk.public_url}/app"}


def _disconnect(desk: Desk, token: str) -> None:
    """The store's own word that it wants no more of us; its data stays."""
    for platform, doors in sorted(desk.doors.items()):
        if doors.home is not None and doors.plugin is not None and _ended(desk, platform, doors.home, token):
            return
    raise NotFound("Nobody asked for this.", mend="Disconnect in the store's admin.")


def _ended(desk: Desk, platform: str, home: EmbeddedHome, token: str) -> bool:
    with desk.database.write() as session:
        visit = home.visit(token, now=desk.now(), secrets=partial(page_secrets.of, session, desk.vault, platform))
        store = page_secrets.store(session, platform, visit.address)
        if store is None or visit.claims.get("act") != _END or visit.claims.get("role") != "owner":
            return False
        return access.uninstalled(session, store, at=desk.clock(), now=desk.clock())


def _refused(problem: ComebackError) -> Response:
    statuses = ((NotFound, 404), (_OtherSite, 409), (_TooLarge, 413), (InvalidInput, 400), (Transient, 503), (StoreError, 422))
    status = next((status for kind, status in statuses if isinstance(problem, kind)), 500)
    return sealed_off(make_response({"error": problem.message, "mend": problem.mend}, status))
