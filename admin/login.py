"""Signing in by e-mail and password, for whoever keeps the program on a machine of their own."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask_babel import gettext

from admin import languages, members
from admin.desk import Desk
from admin.frame import from_here, guarded
from admin.inside import is_inside
from plugin_core.errors import InvalidInput, TooManyTries


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("login", __name__, template_folder="templates")

    @pages.get("/login")
    def ask() -> Response:
        return _form(desk)

    @pages.post("/login")
    def check() -> Response:
        if _from_elsewhere():
            return _form(desk, InvalidInput(gettext("This form was posted from another site.")), status=403)
        try:
            token = members.sign_in(
                desk, request.form.get("email", ""), request.form.get("password", ""), address=request.remote_addr or ""
            )
        except TooManyTries as problem:
            response = _form(desk, problem, status=429)
            response.headers["Retry-After"] = str(problem.retry_after)
            return response
        except InvalidInput as problem:
            return _form(desk, problem, status=400)
        response = make_response(redirect(_inside(request.form.get("next", "")), code=303))
        response.set_cookie(
            members.COOKIE,
            token,
            max_age=members.LIFE_S,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=desk.public_url.startswith("https://"),
        )
        return guarded(desk, response, None)

    @pages.post("/logout")
    def leave() -> Response:
        if _from_elsewhere():
            return _form(desk, InvalidInput(gettext("This form was posted from another site.")), status=403)
        members.sign_out(desk, request.cookies.get(members.COOKIE, ""))
        response = make_response(redirect("/login", code=303))
        response.delete_cookie(members.COOKIE, path="/")
        return guarded(desk, response, None)

    return pages


def _from_elsewhere() -> bool:
    """As far as the browser says; one that says nothing is an old one, or no browser."""
    return any(name in request.headers for name in ("Origin", "Sec-Fetch-Site")) and not from_here()


def _form(desk: Desk, problem: InvalidInput | None = None, *, status: int = 200) -> Response:
    g.now, g.locale = desk.clock(), languages.asked_for()
    target = _inside(request.values.get("next", ""))
    shown = render_template("login.html", who=None, note="", problem=problem, target=target, email=request.form.get("email", ""))
    return guarded(desk, make_response(shown, status), None)


def _inside(target: str) -> str:
    return target if target.startswith("/app") and is_inside(target) else "/app"
