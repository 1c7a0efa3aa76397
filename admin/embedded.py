"""Where a store's admin opens the app: the first visit connects the store, every later one shows the pages.

No cookie is used. A document without a good token is sent to a small page that fetches one and opens the document again.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desk import Desk, sealed_off, trouble
from admin.frame import fetch_token, tried_before, unproven
from admin.identity import bearer
from admin.inside import is_inside
from admin.progress import as_json, progress, show
from plugin_core.errors import AccessRevoked, InvalidInput, StoreError
from plugin_core.installers import EmbeddedHome, Visit
from plugin_core.stores.credentials import load_credentials
from plugin_core.stores.models import Store, StoreCredential

NO_STORE = InvalidInput("This store is not connected.", mend="Open the app's page in the store's admin.")
_HINTS = {"id_token", "shop", "host", "embedded"}


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("embedded", __name__, template_folder="templates")
    found = next(((name, doors.home) for name, doors in sorted(desk.doors.items()) if doors.home is desk.home), None)
    platform, home = found if found is not None and found[1] is not None else ("", None)

    @pages.get("/")
    def app_home() -> Response:
        if home is None or not request.args.keys() & _HINTS:
            return sealed_off(make_response(redirect("/app/stores" if desk.open_to_all else "/app", code=302)))
        return _document(desk, platform, home)

    @pages.get("/app/token")
    def token() -> Response:
        """What the script opens afterwards has to be one of our own paths."""
        target = request.args.get(home.reload_param if home is not None else "reload", "")
        if not is_inside(target):
            return Response("Bad request.\n", status=400, mimetype="text/plain")
        return _token_page(home, target)

    @pages.get("/app/progress")
    def state() -> Response:
        """For scripts of our own pages: JSON, with the token in the Authorization header."""
        if home is None:
            return as_error(NO_STORE, 404)
        return _progress(desk, platform, home)

    return pages


def _document(desk: Desk, platform: str, home: EmbeddedHome) -> Response:
    try:
        visit = home.visit(request.args.get("id_token", ""), now=desk.now(), secrets=lambda _: ())
    except InvalidInput:
        return unproven() if "id_token" in request.args and tried_before() else fetch_token(desk)
    try:
        store_id = _known_or_connected(desk, platform, home, visit)
    except AccessRevoked as problem:
        if not tried_before():
            return fetch_token(desk)
        return trouble(problem, status=502, ancestors=home.ancestors(visit.address))
    except (StoreError, InvalidInput) as problem:
        return trouble(problem, status=502, ancestors=home.ancestors(visit.address))
    if progress(desk, store_id).stage != "ready":
        return show(desk, store_id)
    return make_response(current_app.view_functions["page_home.home"]())


def _progress(desk: Desk, platform: str, home: EmbeddedHome) -> Response:
    try:
        visit = home.visit(bearer(), now=desk.now(), secrets=lambda _: ())
    except InvalidInput as problem:
        response = as_error(problem, 401)
        response.headers.update(home.retry_headers)
        return response
    with desk.database.read() as session:
        store = _store(session, platform, visit.address)
    return as_error(NO_STORE, 404) if store is None else sealed_off(as_json(progress(desk, store.id)))


def _token_page(home: EmbeddedHome | None, target: str) -> Response:
    """The platform's own script where the platform has said who it is; else ours, which asks the page around the frame."""
    from_platform = home is not None and bool(request.args.keys() & _HINTS)
    hinted = "" if home is None else f"{request.path}?{urlencode({home.reload_param: target, 'embedded': 1})}"
    origins = list(home.ancestors("")) if home is not None else []
    shown = render_template("token.html", home=home if from_platform else None, target=target, platform=hinted, origins=origins)
    response = make_response(shown)
    origin, framed_by = "'self'", ["*"]
    if from_platform and home is not None:
        origin, framed_by = "/".join(home.script_url.split("/")[:3]), origins
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {origin}; connect-src {origin} 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {' '.join(framed_by)}"
    )
    return sealed_off(response)


def as_error(problem: InvalidInput, status: int) -> Response:
    return sealed_off(make_response({"error": problem.message, "mend": problem.mend}, status))


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
