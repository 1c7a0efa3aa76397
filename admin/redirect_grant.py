"""Installing by a permission link: the merchant agrees at the platform and comes back with a code.

The state travels in an encrypted cookie of the browser that began; after a good return it is marked as used in the tables.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, make_response, redirect, request
from flask_babel import gettext

from admin.desk import SHORT_US, Desk, page, sealed_off, trouble
from admin.progress import show
from plugin_core.clock import SECOND_US
from plugin_core.errors import ComebackError, InvalidInput, NotFound, StoreError
from plugin_core.stores import installing

COOKIE = "comeback_install"
_PURPOSE = "install:redirect"


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("redirect_grant", __name__, template_folder="templates")

    @pages.get("/auth/<platform>")
    def begin(platform: str) -> Response:
        grant = desk.door(platform).redirect
        if grant is None:
            return trouble(_no_such(), status=404)
        try:
            address = desk.normalise(platform, request.args.get("shop", ""))
        except InvalidInput as problem:
            return trouble(problem, status=400)
        state = secrets.token_urlsafe(32)
        link = grant.link(address, state=state, back_url=f"{desk.public_url}/auth/{platform}/callback")
        response = sealed_off(make_response(redirect(link, code=302)))
        set_cookie(desk, response, desk.seal(_PURPOSE, {"platform": platform, "address": address, "state": state}))
        return response

    @pages.get("/auth/<platform>/callback")
    def back(platform: str) -> Response:
        grant = desk.door(platform).redirect
        if grant is None:
            return trouble(_no_such(), status=404)
        try:
            begun = desk.unseal(_PURPOSE, request.cookies.get(COOKIE, ""))
            returned = grant.returned(request.args, state=begun["state"], now=desk.now())
            if begun["platform"] != platform or returned.address != begun["address"]:
                raise NotFound(
                    gettext("This is not the store that was asked for."), mend=gettext("Start the installation again.")
                )
            actor = "merchant"
            with desk.database.write() as session:
                installing.use_once(
                    session, begun["state"], platform=platform, address=returned.address, actor=actor, now=desk.clock()
                )
        except InvalidInput as problem:
            return trouble(problem, status=400)
        if not returned.code:
            declined = [gettext("The access was declined. Nothing was changed, nothing was kept.")]
            return page(gettext("Not installed"), declined, status=403)
        try:
            credentials = grant.credentials(returned, now=desk.now())
            response = show(desk, desk.connect(platform, returned.address, credentials, actor))
        except (StoreError, ComebackError) as problem:
            return trouble(problem, status=502)
        response.delete_cookie(COOKIE, path="/")
        return response

    return pages


def set_cookie(desk: Desk, response: Response, value: str) -> None:
    """Sent along when the merchant's browser comes back by a link (Lax), never readable by a script."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=SHORT_US // SECOND_US,
        secure=desk.public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _no_such() -> NotFound:
    return NotFound(
        gettext("Stores can't be connected in this way here."),
        mend=gettext("Look at docs: the app's id and secret may not be set."),
    )
