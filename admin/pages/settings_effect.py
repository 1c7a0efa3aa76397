"""What a change of settings would do: beside the form while it is typed, before it is saved, and person by person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from admin import settings_fields, words
from admin.desk import Desk
from admin.pages.settings import carried, form, names, said
from admin.routes import Pages, typed, whole
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
from plugin_core.rehearsal import counting, counts, slices
from plugin_core.rehearsal.people import moved
from plugin_core.stores import changing
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store


def create_pages(desk: Desk) -> Pages:
    pages = Pages("settings_effect", desk)

    @pages.post("/app/settings/effect")
    def effect(who: Visitor) -> Response:
        """The panel beside the form, while it is being typed into."""
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            before, _ = store_settings.current(session, store)
            values, problems = _judged(before, settings_fields.posted(request.form))
            found = None if problems else counts.effect(session, store, values, now=desk.clock())
            panel: dict[str, Any] = {"effect": found, "problems": problems, "names": names(session, store), "words": words}
            return pages.render("settings/panel.html", who, **panel)

    @pages.post("/app/settings/preview")
    def preview(who: Visitor) -> Response:
        given = settings_fields.posted(request.form)
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            before, version = store_settings.current(session, store)
            values, problems = _judged(before, given)
            if problems:
                return form(pages, session, who, given, problems=problems, status=400)
            if not values:
                return pages.back("/app/settings", note="same")
            expected = typed().get("version", type=whole, default=version)
            return _preview(pages, session, who, values, expected)

    @pages.post("/app/settings/exactly")
    def exactly(who: Visitor) -> Response:
        """The same with everybody counted, however many they are; ``again``: as it was, on the way back from the people."""
        values, expected = carried(), typed().get("version", type=whole, default=-1)
        again = "again" in typed()
        with desk.database.read() as session:
            if again or slices.total(session, who.store_id) <= counts.AT_ONCE:
                return _preview(pages, session, who, values, expected, whole=not again)
        with desk.database.write() as session:
            number = counting.ask(session, session.get_one(Store, who.store_id), values, expected, now=desk.clock())
        return pages.back(f"/app/settings/count/{number}")

    @pages.get("/app/settings/count/<int:number>")
    def count(who: Visitor, number: int) -> Response:
        """A count in the background: under way, or what came of it."""
        with desk.database.read() as session:
            row = counting.find(session, session.get_one(Store, who.store_id), number)
            if row.done_at is None:
                return pages.render("settings/counting.html", who)
            if row.problem:
                raise InvalidInput(row.problem)
            return _preview(pages, session, who, row.change, row.version, found=counting.effect_of(row))

    @pages.post("/app/settings/people")
    def people(who: Visitor) -> Response:
        values, after = carried(), typed().get("after", type=whole, default=-1)
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            page = moved(session, store, values, now=desk.clock(), after=after)
            shown: dict[str, Any] = {"page": page, "change": json.dumps(values), "names": names(session, store), "words": words}
            return pages.render("settings/people.html", who, version=typed().get("version", ""), **shown)

    return pages


def _judged(before: store_settings.StoreSettings, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, InvalidInput]]:
    """What would be other than it is, as JSON, and what is wrong."""
    problems = changing.problems(before, given)
    if problems:
        return {}, problems
    after = store_settings.candidate(before, given)
    body = store_settings.as_json(after)
    return {name: body[name] for name in store_settings.differing(before, after)}, {}


def _preview(
    pages: Pages,
    session: Session,
    who: Visitor,
    values: Mapping[str, Any],
    expected: int,
    *,
    whole: bool = False,
    found: counts.Effect | None = None,
) -> Response:
    store = session.get_one(Store, who.store_id)
    found = found or counts.effect(session, store, values, now=pages.desk.clock(), whole=whole)
    before = store_settings.as_json(store_settings.current(session, store)[0])
    called = names(session, store)
    return pages.render(
        "settings/preview.html",
        who,
        effect=found,
        change=json.dumps(values),
        version=expected,
        differences=[
            (settings_fields.FIELDS[name].label, said(called, before[name]), said(called, values[name])) for name in values
        ],
        names=called,
        words=words,
        problems={},
    )
