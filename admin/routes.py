"""How a page is reached: every view gets the visitor who was proven, is refused to others, and is rendered in their language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

from admin import frame, identity
from admin.desk import Desk
from admin.visitor import STANDALONE, Visitor
from plugin_core.errors import InvalidInput, NotFound

View = Callable[..., Any]
SAVED = "saved"
_DIGITS = 20


class Pages(Blueprint):
    """The routes of one page. ``notes``: what may be said after an act, by the name it travels under."""

    def __init__(self, name: str, desk: Desk, *, notes: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"page_{name}", "admin", template_folder="templates")
        self.desk = desk
        self.notes: dict[str, Any] = {SAVED: lazy_gettext("Saved."), **(notes or {})}

    def route_for(self, rule: str, method: str, *, role: str) -> Callable[[View], View]:
        """``role``: viewer, editor or owner; less is refused."""

        def decorate(view: View) -> View:
            @wraps(view)
            def answered(**parts: Any) -> Response:
                return frame.answered(self.desk, self._asked, view, parts, role=role)

            self.add_url_rule(rule, view.__name__, answered, methods=[method])
            return view

        return decorate

    def get(self, rule: str, **options: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.route_for(rule, "GET", role=options.get("role", "viewer"))

    def post(self, rule: str, **options: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.route_for(rule, "POST", role=options.get("role", "editor"))

    def _asked(self) -> Visitor:
        return identity.who_asks(self.desk)

    def render(self, template: str, who: Visitor, *, status: int = 200, **values: Any) -> Response:
        """``values`` go to the template beside ``who``, ``note`` and the functions every page has."""
        note = self.notes.get(request.args.get("note", ""), "")
        return make_response(render_template(template, who=who, note=note, **values), status)

    def back(self, path: str, *, note: str = "", **query: Any) -> Response:
        """After an act: the page is fetched anew (so that reloading repeats nothing), with a word about what was done."""
        asked = {name: value for name, value in {**query, "note": note}.items() if value not in ("", None)}
        joined = "&" if urlsplit(path).query else "?"
        return make_response(redirect(path + (joined + urlencode(asked) if asked else ""), code=303))

    def refused(self, template: str, who: Visitor, problem: InvalidInput, **values: Any) -> Response:
        """The form again, with what was typed (``values``) and what is wrong with it."""
        status = 404 if isinstance(problem, NotFound) else 400
        return self.render(template, who, status=status, problem=problem, **values)

    def download(self, who: Visitor, path: str, **query: Any) -> str:
        """A link that saves a file: it works without a script and in every host, for ten minutes."""
        asked = urlencode(query, doseq=True)
        ticket = identity.download_ticket(self.desk, who, path, asked)
        return f"{path}?{asked}{'&' if asked else ''}{urlencode({identity.TICKET: ticket})}"


def typed() -> MultiDict[str, str]:
    """What was typed into the form: of a POST its body, of a GET its query."""
    return request.form if request.method == "POST" else request.args


def whole(text: str) -> int:
    """For ``type=``: what isn't a number that the database can hold counts as not given."""
    number = int(text) if len(text) < _DIGITS else 2**63
    if abs(number) >= 2**63:
        raise ValueError(text[:40])
    return number


class WholeConverter(IntegerConverter):
    """``<int:...>`` of an address: what the database can't hold is not there."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = 2**63 - 1) -> None:  # noqa: A002
        super().__init__(map, fixed_digits, min, max)


def standalone(who: Visitor) -> bool:
    return who.host == STANDALONE
