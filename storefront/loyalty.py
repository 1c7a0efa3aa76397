"""A shopper's own points, tier and referral code, for the shop's pages: the platform says whose they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify, request

from plugin_core.clock import from_us
from plugin_core.db import Database
from plugin_core.errors import InvalidInput
from plugin_core.installers import Doors
from plugin_core.loyalty import status


def create_blueprint(database: Database, doors: Mapping[str, Doors], clock: Callable[[], int]) -> Blueprint:
    pages = Blueprint("loyalty", __name__)

    @pages.get("/proxy/<platform>/loyalty.json")
    def standing(platform: str) -> Response:
        proxy = doors[platform].proxy if platform in doors else None
        if proxy is None:
            return _answer({"error": "not found"}, 404)
        try:
            shopper = proxy.shopper(list(request.args.items(multi=True)), now=from_us(clock()))
        except InvalidInput:
            return _answer({"error": "not signed"}, 401)
        if not shopper.account:
            return _answer({"signed_in": False})
        with database.read() as session:
            found = status.of_account(session, platform, shopper.address, shopper.account)
        return _answer({"signed_in": True, **found._asdict()})

    return pages


def _answer(body: Mapping[str, object], code: int = 200) -> Response:
    """Somebody's own: no cache on the way may keep it."""
    response = jsonify(dict(body))
    response.status_code = code
    response.headers["Cache-Control"] = "private, no-store"
    return response
