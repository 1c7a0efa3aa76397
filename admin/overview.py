"""The overview: how every store stands, for whoever tries the program out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def create_blueprint(overview: Callable[[], Mapping[str, Any]]) -> Blueprint:
    """``overview`` gives the figures of the moment."""
    blueprint = Blueprint(
        "overview", __name__, template_folder="templates", static_folder="static", static_url_path="/static/overview"
    )

    @blueprint.app_template_filter("grouped")
    def grouped(amount: str) -> str:
        return f"{Decimal(amount):,}"

    @blueprint.get("/")
    def page() -> str:
        return render_template("overview.html", **overview())

    @blueprint.get("/overview.json")
    def figures() -> Response:
        return jsonify(overview())

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return blueprint
