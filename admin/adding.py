"""Adding a store, for an owner who signed in by themselves: which ways in there are, and the link each begins with."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask_babel import gettext

from admin import languages, members
from admin.desk import Desk
from admin.frame import from_here, guarded, trouble
from admin.members import Member
from admin.visitor import OWNER
from plugin_core.errors import ComebackError, InvalidInput

TITLES = {"shopify": "Shopify", "woocommerce": "WooCommerce"}


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("adding", __name__, template_folder="templates")

    @pages.get("/app/connect")
    def ask() -> Response:
        member = _owner(desk)
        return member if isinstance(member, Response) else _form(desk)

    @pages.post("/app/connect")
    def begin() -> Response:
        member = _owner(desk)
        if isinstance(member, Response):
            return member
        if not from_here():
            return guarded(desk, trouble(InvalidInput(gettext("This form was posted from another site.")), 403), None)
        platform, address = request.form.get("platform", ""), request.form.get("address", "")
        doors = desk.door(platform)
        try:
            if doors.redirect is not None:
                where = f"/auth/{platform}?" + urlencode({"shop": desk.normalise(platform, address)})
                return guarded(desk, make_response(redirect(where, code=303)), None)
            link = desk.offer(platform, address, f"team:{member.id}")
        except ComebackError as problem:
            return _form(desk, problem, platform=platform, address=address)
        return _form(desk, link=link, platform=platform, address=address)

    return pages


def _owner(desk: Desk) -> Member | Response:
    g.now, g.locale = desk.clock(), languages.asked_for()
    member = members.signed_in(desk, request.cookies.get(members.COOKIE, ""))
    if member is None:
        return guarded(desk, make_response(redirect("/login?next=/app/connect", code=303)), None)
    g.locale = languages.asked_for(member.locale)
    if member.role != OWNER:
        problem = InvalidInput(gettext("Only an owner can connect a store."), mend=gettext("Ask an owner for it."))
        return guarded(desk, trouble(problem, 403), None)
    return member


def _form(desk: Desk, problem: ComebackError | None = None, *, link: str = "", platform: str = "", address: str = "") -> Response:
    ways = {name: TITLES.get(name, name) for name, doors in sorted(desk.doors.items()) if doors.redirect or doors.keys}
    shown = render_template(
        "connect.html", who=None, note="", problem=problem, ways=ways, link=link, platform=platform, address=address
    )
    return guarded(desk, make_response(shown, 200 if problem is None else 400), None)
