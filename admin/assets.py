"""The pages' own files: named by their content, so that a browser may keep them for ever and never shows an old one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort

FOLDER = Path(__file__).parent / "static"
_YEAR_S = 365 * 24 * 3600
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]


def asset(name: str) -> str:
    return f"/static/{_version(name)}/{name}"


def create_blueprint() -> Blueprint:
    pages = Blueprint("assets", __name__)

    @pages.get("/static/<version>/<name>")
    def file(version: str, name: str) -> Response:  # noqa: ARG001 - only there to make the address new
        path = FOLDER / name
        if path.suffix not in _TYPES or path.parent != FOLDER or not path.is_file():
            abort(404)
        response = Response(_content(name), mimetype=_TYPES[path.suffix])
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return pages
