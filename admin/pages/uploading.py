"""Bringing along consents, suppressions and opening balances as a file: looked at first, then applied.

Between the two the file travels in the form, sealed: nothing of it is kept here before somebody has agreed to what it changes.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any, NamedTuple

from flask import Response, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import csv_lines
from admin.desk import Desk
from admin.people_words import CONSENTS
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core import uploads
from plugin_core.clock import SECOND_US
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.models import Store

PATH = "/app/customers/import"
_PURPOSE = "import of a file"
_LIFE_US = 3600 * SECOND_US
_MOST_SEALED = 400_000  # letters; a form field may hold 500,000 bytes
_SHOWN = 50
_KINDS = {
    "consents": lazy_gettext("Consents: who agreed to e-mail or SMS, and who refused"),
    "suppressions": lazy_gettext("Suppressions: addresses that must never be written to"),
    "balances": lazy_gettext("Opening balances: points from another programme"),
}
_EXAMPLES = {
    "consents": "email,status,date\r\nada@example.com,subscribed,2026-03-31\r\nbert@example.com,unsubscribed,2026-04-02\r\n",
    "suppressions": "email,reason\r\nada@example.com,asked by phone\r\n",
    "balances": "email,points\r\nada@example.com,1250\r\n",
}


class _File(NamedTuple):
    kind: str
    name: str
    raw: bytes


def create_pages(desk: Desk) -> Pages:
    pages = Pages("uploading", desk)

    def form(who: Visitor, problem: InvalidInput | None = None, kind: str = "") -> Response:
        examples = {each: pages.download(who, f"{PATH}/example.csv", kind=each) for each in _KINDS}
        values: dict[str, Any] = {"kinds": _KINDS, "examples": examples, "kind": kind, "outcome": None}
        if problem is not None:
            return pages.refused("customers/import.html", who, problem, **values)
        return pages.render("customers/import.html", who, **values)

    @pages.get(PATH, role="editor")
    def choose(who: Visitor) -> Response:
        return form(who, kind=typed().get("kind", ""))

    @pages.get(f"{PATH}/example.csv", role="editor")
    def example_file(who: Visitor) -> Response:  # noqa: ARG001 - the same for everybody
        kind = typed().get("kind", "")
        if kind not in _EXAMPLES:
            raise NotFound(gettext("There is no such example."), mend=gettext("Choose what the file holds."))
        lines = [line.split(",") for line in _EXAMPLES[kind].splitlines()]
        return csv_lines.file(f"{kind}.csv", lines[0], lines[1:])

    @pages.post(PATH)
    def look(who: Visitor) -> Response:
        """What the file would change: done and taken back."""
        kind = typed().get("kind", "")
        try:
            chosen = _chosen(kind)
            sealed = _seal(desk, who, chosen)
            with desk.database.write() as session:
                outcome = _apply(desk, session, who, chosen)
                session.rollback()
        except InvalidInput as problem:
            return form(who, problem, kind)
        return pages.render(
            "customers/import.html", who, outcome=outcome, sealed=sealed, name=chosen.name, most=_SHOWN, consent_words=CONSENTS
        )

    @pages.post(f"{PATH}/apply")
    def do(who: Visitor) -> Response:
        try:
            chosen = _unseal(desk, who, typed().get("file", ""))
            with desk.database.write() as session:
                _apply(desk, session, who, chosen)
        except InvalidInput as problem:
            return form(who, problem)
        return pages.back("/app/customers", note="imported")

    return pages


def _apply(desk: Desk, session: Session, who: Visitor, chosen: _File) -> uploads.Outcome:
    store = session.get_one(Store, who.store_id)
    sheet = uploads.read(chosen.raw)
    return uploads.apply(session, store, chosen.kind, sheet, name=chosen.name, actor=who.user, now=desk.clock())


def _chosen(kind: str) -> _File:
    if kind not in _KINDS:
        raise InvalidInput(gettext("It is not said what the file holds."), mend=gettext("Choose one of the three."))
    given = request.files.get("file")
    raw = given.read(uploads.MOST_BYTES + 1) if given is not None else b""
    if given is None or not raw:
        raise InvalidInput(gettext("No file was chosen, or it is empty."), mend=gettext("Choose a CSV file."))
    name = "".join(letter for letter in given.filename or "" if letter.isprintable())
    return _File(kind, name[-80:], raw)


def _seal(desk: Desk, who: Visitor, chosen: _File) -> str:
    facts: dict[str, Any] = {
        "store": who.store_id, "kind": chosen.kind, "name": chosen.name,
        "file": base64.b85encode(zlib.compress(chosen.raw, 9)).decode(),
    }  # fmt: skip
    sealed = desk.seal(_PURPOSE, facts, life_us=_LIFE_US)
    if len(sealed) > _MOST_SEALED:
        raise InvalidInput(
            gettext("The file is too large for a page."),
            mend=gettext("Split it into several files, or use the command: comeback import."),
        )
    return sealed


def _unseal(desk: Desk, who: Visitor, sealed: str) -> _File:
    try:
        facts = desk.unseal(_PURPOSE, sealed)
    except NotFound:
        facts = {}
    if facts.get("store") != who.store_id:
        raise InvalidInput(gettext("This preview is too old."), mend=gettext("Choose the file again."))
    return _File(facts["kind"], facts["name"], zlib.decompress(base64.b85decode(facts["file"])))
