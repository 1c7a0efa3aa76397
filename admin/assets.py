"""The pages' own files: named by their content, so that a browser may keep them for ever and never shows an old one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, make_response, send_from_directory

FOLDER = Path(__file__).parent / "static"
_YEAR_S = 365 * 24 * 3600


@cache
def _version(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    return f"/static/{_version(name)}/{name}"


def create_blueprint() -> Blueprint:
    pages = Blueprint("assets", __name__)

    @pages.get("/static/<version>/<name>")
    def file(version: str, name: str) -> Response:  # noqa: ARG001 - only there to make the address new
        response = make_response(send_from_directory(FOLDER, name))
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return pages
