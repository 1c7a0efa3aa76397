"""Turning to another of the account's stores, and to another language; both only where the visitor signed in by themselves."""

from __future__ import annotations

from flask import Response

from admin import languages
from admin.desk import Desk
from admin.members import STORE_COOKIE
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.errors import NotFound

_YEAR_S = 365 * 24 * 3600


def create_pages(desk: Desk) -> Pages:
    pages = Pages("turning", desk)

    @pages.post("/app/turn", role="viewer")
    def turn(who: Visitor) -> Response:
        response = pages.back("/app")
        wanted, language = typed().get("store", ""), typed().get("language", "")
        if wanted:
            if wanted not in {shop.key for shop in who.shops}:
                raise NotFound("There is no such store here.")
            _keep(desk, response, STORE_COOKIE, wanted)
        if languages.known(language):
            _keep(desk, response, languages.COOKIE, language)
        return response

    return pages


def _keep(desk: Desk, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEAR_S, path="/", httponly=True, samesite="Lax", secure=desk.public_url.startswith("https://")
    )
