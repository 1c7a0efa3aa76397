"""What can't be a page of ours: unknown addresses, text that no database holds, and faults; each said in words."""

from __future__ import annotations

from flask import Flask, Response, abort, g, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from admin import languages
from admin.desk import page

_FORMS = ("/app", "/login", "/logout")
_HERE = ("127.0.0.1", "localhost", "[::1]")
_OURS = (*_FORMS, "/connect", "/install", "/auth")


def add_answers(web: Flask, *, only_here: bool) -> None:
    """``only_here``: made-up stores that anybody may see, but only on this machine, whatever name a page elsewhere gives it."""
    if only_here:
        web.before_request(_refuse_other_names)
    web.before_request(_refuse_unreadable)
    web.register_error_handler(HTTPException, _answer)


def _refuse_other_names() -> None:
    if request.host.rsplit(":", 1)[0] not in _HERE:
        abort(400)


def _refuse_unreadable() -> None:
    """A NUL in an address or a form: nobody types one, and PostgreSQL takes none."""
    if not request.path.startswith(_OURS):
        return
    typed = request.values if request.path.startswith(_FORMS) else request.args
    if any("\0" in text for text in (request.path, *typed.values())):
        abort(400)


def _answer(problem: HTTPException) -> Response | HTTPException:
    """Machines that call get what they always got."""
    known = request.path == "/" or request.path.startswith(_OURS)
    if not known and not (isinstance(problem, NotFound) and request.accept_mimetypes.accept_html):
        return problem
    g.locale = g.get("locale") or languages.asked_for()
    if isinstance(problem, NotFound):
        title, words = gettext("There is no such page"), gettext("The address may be mistyped or out of date.")
    elif isinstance(problem, InternalServerError):
        title = gettext("Something went wrong here")
        words = gettext("It is written down in the log. Nothing was half saved; try again in a moment.")
    else:
        title, words = gettext("This did not work"), gettext("This could not be read.")
    response = page(title, [words, gettext("Go back and try again.")], status=problem.code or 500, ancestors=("*",))
    for name, value in problem.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response
