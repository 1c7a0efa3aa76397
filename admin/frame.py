"""What stands around every view: who asks, what they may do, which frame may show the answer, and what is said when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Response, g, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from admin import languages
from admin.desk import Desk, sealed_off
from admin.desk import trouble as words_alone
from admin.identity import NoStoreYet, NotConnected, Stranger
from admin.inside import is_inside
from admin.visitor import EDITOR, OWNER, SHOPIFY, STANDALONE, VIEWER, Visitor
from plugin_core.errors import ComebackError, InvalidInput, NotFound

_RANKS = {VIEWER: 0, EDITOR: 1, OWNER: 2}
_TRIED = "again"  # marks the second attempt, so that a token nobody accepts doesn't go round for ever


def answered(
    desk: Desk, ask: Callable[[], Visitor], view: Callable[..., Any], parts: Mapping[str, Any], *, role: str
) -> Response:
    g.now, g.locale = desk.clock(), languages.asked_for()
    try:
        who = ask()
    except Stranger as problem:
        return stranger(desk, problem)
    except NoStoreYet:
        return sealed_off(make_response(redirect("/app/connect", code=303)))
    except NotConnected as problem:
        if request.headers.get("HX-Request"):  # within a page that stands already
            return guarded(desk, trouble(problem, 404), None)
        return words_alone(problem, status=404, ancestors=problem.ancestors)
    g.who, g.locale = who, who.locale
    refused = _refusal(who, role)
    return guarded(desk, trouble(refused, 403) if refused is not None else _shown(view, who, parts), who)


def _refusal(who: Visitor, role: str) -> InvalidInput | None:
    if _RANKS[who.role] < _RANKS[role]:
        return InvalidInput(
            gettext("You may look at this store, not change it."), mend=gettext("Ask an owner of the store for access.")
        )
    if request.method == "POST" and who.host == STANDALONE and not from_here():
        return InvalidInput(gettext("This form was posted from another site."), mend=gettext("Open the page here and try again."))
    return None


def _shown(view: Callable[..., Any], who: Visitor, parts: Mapping[str, Any]) -> Response:
    try:
        return make_response(view(who, **parts))
    except NotFound as problem:
        return trouble(problem, 404)
    except InvalidInput as problem:
        return trouble(problem, 400)
    except ComebackError as problem:
        return trouble(problem, 502)
    except HTTPException as problem:
        words = InvalidInput(gettext("This could not be read."), mend=gettext("Go back and try again."))
        return trouble(words, problem.code or 400)


def trouble(problem: ComebackError, status: int) -> Response:
    return make_response(render_template("trouble.html", who=g.get("who"), problem=problem, note=""), status)


def guarded(desk: Desk, response: Response, who: Visitor | None) -> Response:
    """No script or style but our own and the host's, no frame but the store's own admin."""
    bridge = _script_origin(desk) if who is not None and who.host == SHOPIFY else ""
    framed_by = " ".join(who.ancestors) if who is not None and who.ancestors else "'none'"
    policy = (
        f"default-src 'none'; script-src 'self' {bridge}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self' {bridge}; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}"
    )
    response.headers.setdefault("Content-Security-Policy", policy.replace(" ;", ";"))
    return sealed_off(response)


def stranger(desk: Desk, problem: Stranger) -> Response:
    """A script is told to fetch a fresh token; a document is sent to where it gets one, or to the login."""
    home = desk.home
    if request.headers.get("HX-Request") or request.headers.get("Authorization") or request.method == "POST":
        response = sealed_off(make_response({"error": problem.message, "mend": problem.mend}, 401))
        if home is not None:
            response.headers.update(home.retry_headers)
        response.headers["HX-Reswap"] = "none"
        return response
    if "id_token" in request.args and tried_before():
        return unproven()
    if request.args.keys() & {"id_token", "shop", "host", "embedded"} or request.headers.get("Sec-Fetch-Dest") == "iframe":
        return fetch_token(desk)
    wanted = _inside(quote(request.path) + "?" + request.query_string.decode("ascii", "replace"))
    return sealed_off(make_response(redirect("/login?" + urlencode({"next": wanted}), code=303)))


def fetch_token(desk: Desk) -> Response:
    """The stale token is left out of the new address: addresses end up in logs."""
    kept = {name: value for name, value in request.args.items() if name not in {"id_token", _TRIED}}
    again = quote(request.path) + "?" + urlencode(kept | ({_TRIED: "1"} if "id_token" in request.args else {}))
    param = desk.home.reload_param if desk.home is not None else "reload"
    return sealed_off(make_response(redirect("/app/token?" + urlencode(kept | {param: again}), code=302)))


def tried_before() -> bool:
    return _TRIED in request.args


def unproven() -> Response:
    """A fresh token was no good either. Shown in whatever frame asks: it says nothing about anybody."""
    problem = InvalidInput(
        gettext("It can't be checked who is asking: your store is not connected here, or the clocks of the two servers differ."),
        mend=gettext("Disconnect Comeback in your store's admin and connect it anew, or set the clocks."),
    )
    return words_alone(problem, status=403, ancestors=("*",))


def _inside(target: str) -> str:
    plain = target.rstrip("?")
    return plain if is_inside(plain) else "/app"


def _script_origin(desk: Desk) -> str:
    return "/".join(desk.home.script_url.split("/")[:3]) if desk.home is not None else ""


def from_here() -> bool:
    """Browsers name the page a form was posted from; a login's cookie alone proves nothing about that."""
    origin = request.headers.get("Origin", "")
    if origin and origin != "null":
        return urlsplit(origin).netloc == request.host
    return request.headers.get("Sec-Fetch-Site", "") in {"same-origin", "none"}
