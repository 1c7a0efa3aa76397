"""The app's page inside the platform's admin: every request carries the platform's short-lived token, no cookie is used.

A document without a good token is sent to a small page that has the platform's own script fetch one and open the document again.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desk import Desk, sealed_off, trouble
from admin.progress import as_json, progress, show
from plugin_core.errors import AccessRevoked, InvalidInput, StoreError
from plugin_core.installers import EmbeddedHome, Visit
from plugin_core.stores.credentials import load_credentials
from plugin_core.stores.models import Store, StoreCredential

NO_STORE = InvalidInput("This store is not connected.", mend="Open the app's page in the store's admin.")
_AGAIN = "again"  # marks the second attempt, so that a token nobody accepts doesn't go round for ever


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("home", __name__, template_folder="templates")
    found = next(((name, doors.home) for name, doors in sorted(desk.doors.items()) if doors.home is not None), None)

    @pages.get("/")
    def app_home() -> Response:
        if found is None or not request.args.keys() & {"id_token", "shop", "host", "embedded"}:
            return Response("Comeback is running.\n", mimetype="text/plain")
        return _document(desk, *found)

    @pages.get("/app/token")
    def fetch_token() -> Response:
        """What the script opens afterwards has to be one of our own paths."""
        target = request.args.get(found[1].reload_param, "") if found else ""
        if found is None or not target.startswith("/") or target.startswith(("//", "/\\")):
            return Response("Bad request.\n", status=400, mimetype="text/plain")
        return _token_page(found[1])

    @pages.get("/app/progress")
    def state() -> Response:
        """For scripts of our own pages: JSON, with the token in the Authorization header."""
        if found is None:
            return as_error(NO_STORE, 404)
        return _progress(desk, *found)

    return pages


def _document(desk: Desk, platform: str, home: EmbeddedHome) -> Response:
    try:
        visit = home.visit(request.args.get("id_token", ""), now=desk.now())
    except InvalidInput:
        return _fetch_token(home)
    try:
        store_id = _known_or_connected(desk, platform, home, visit)
    except AccessRevoked as problem:
        if _AGAIN not in request.args:
            return _fetch_token(home)
        return trouble(problem, status=502, ancestors=home.ancestors(visit.address))
    except (StoreError, InvalidInput) as problem:
        return trouble(problem, status=502, ancestors=home.ancestors(visit.address))
    return show(desk, store_id)


def _progress(desk: Desk, platform: str, home: EmbeddedHome) -> Response:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        visit = home.visit(token.strip() if scheme.lower() == "bearer" else "", now=desk.now())
    except InvalidInput as problem:
        response = as_error(problem, 401)
        response.headers.update(home.retry_headers)
        return response
    with desk.database.read() as session:
        store = _store(session, platform, visit.address)
    return as_error(NO_STORE, 404) if store is None else sealed_off(as_json(progress(desk, store.id)))


def _token_page(home: EmbeddedHome) -> Response:
    response = make_response(render_template("token.html", client_id=home.client_id, script_url=home.script_url))
    origin = "/".join(home.script_url.split("/")[:3])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {origin}; connect-src {origin} 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {' '.join(home.ancestors(''))}"
    )
    return sealed_off(response)


def as_error(problem: InvalidInput, status: int) -> Response:
    return sealed_off(make_response({"error": problem.message, "mend": problem.mend}, status))


def _fetch_token(home: EmbeddedHome) -> Response:
    """The stale token is left out of the new address: addresses end up in logs."""
    kept = {name: value for name, value in request.args.items() if name != "id_token"}
    again = request.path + "?" + urlencode(kept | ({_AGAIN: "1"} if "id_token" in request.args else {}))
    response = redirect(url_for("home.fetch_token") + "?" + urlencode(kept | {home.reload_param: again}), code=302)
    return sealed_off(make_response(response))


def _known_or_connected(desk: Desk, platform: str, home: EmbeddedHome, visit: Visit) -> int:
    with desk.database.read() as session:
        store = _store(session, platform, visit.address)
        if store is not None and store.state in {"connected", "paused"} and _renewable(session, desk, store):
            return store.id
    credentials: Mapping[str, str] = home.credentials(visit, now=desk.now())
    return desk.connect(platform, visit.address, credentials, f"merchant:{visit.claims.get('sub', '')}")


def _store(session: Session, platform: str, address: str) -> Store | None:
    return session.scalars(select(Store).where(Store.platform == platform, Store.address == address)).first()


def _renewable(session: Session, desk: Desk, store: Store) -> bool:
    """Connected by a token that is renewed; one that somebody typed is replaced at the first visit."""
    if session.get(StoreCredential, store.id) is None:
        return False
    return bool(load_credentials(session, desk.vault, store).get("refresh_token"))
