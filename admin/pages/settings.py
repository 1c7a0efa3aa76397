"""Settings: grouped, with what a change would do shown before it is saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from admin import settings_fields, words
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
from plugin_core.rehearsal import counts
from plugin_core.rehearsal.people import moved
from plugin_core.segments import members
from plugin_core.stores import changing
from plugin_core.stores import settings as store_settings
from plugin_core.stores.changing import ChangedMeanwhile
from plugin_core.stores.models import Store

NOTHING = lazy_gettext("Everything was set so already. Nothing was saved.")
SAVED = lazy_gettext("Saved. What follows from it is being worked out.")
MOST_TAGGED = 12


def create_pages(desk: Desk) -> Pages:
    pages = Pages("settings", desk, notes={"settings": SAVED, "same": NOTHING})

    @pages.get("/app/settings")
    def settings(who: Visitor) -> Response:
        with desk.database.read() as session:
            return _form(pages, session, who, {})

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
                return _form(pages, session, who, given, problems=problems, status=400)
            if not values:
                return pages.back("/app/settings", note="same")
            expected = typed().get("version", type=int, default=version)
            return _preview(pages, session, who, values, expected)

    @pages.post("/app/settings/exactly")
    def exactly(who: Visitor) -> Response:
        """The same with everybody counted, however many they are; ``again``: as it was, on the way back from the people."""
        values, expected = _carried(), typed().get("version", type=int, default=-1)
        with desk.database.read() as session:
            return _preview(pages, session, who, values, expected, whole="again" not in typed())

    @pages.post("/app/settings/edit")
    def edit(who: Visitor) -> Response:
        """Back from the preview to the form, with what was typed."""
        with desk.database.read() as session:
            return _form(pages, session, who, _carried())

    @pages.post("/app/settings/people")
    def people(who: Visitor) -> Response:
        values, after = _carried(), typed().get("after", type=int, default=-1)
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            page = moved(session, store, values, now=desk.clock(), after=after)
            shown: dict[str, Any] = {"page": page, "change": json.dumps(values), "names": names(session, store), "words": words}
            return pages.render("settings/people.html", who, version=typed().get("version", ""), **shown)

    @pages.post("/app/settings")
    def save(who: Visitor) -> Response:
        values, expected = _carried(), typed().get("version", type=int, default=-1)
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                saved = changing.save(session, store, values, expected=expected, actor=who.user, now=desk.clock())
        except InvalidInput as problem:
            with desk.database.read() as session:
                return _form(pages, session, who, values, problem=problem, status=409)
        if not saved.changed:
            return pages.back("/app/settings", note="same")
        return pages.back("/app/settings", note="settings", saved=saved.version)

    return pages


def names(session: Session, store: Store) -> dict[str, str]:
    """Segment -> what it is called."""
    return {segment.slug: str(segment.name) for segment in members.every(session, store)}


def said(names_: Mapping[str, str], value: Any) -> str:
    """A setting's value from a version's JSON, in words."""
    if value in ("", [], {}, None):
        return str(gettext("(nothing)"))
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, Mapping):
        return ", ".join(f"{code} = {rate}" for code, rate in value.items())
    if isinstance(value, list):
        return ", ".join(
            f"{each['name']} = {each['threshold']}" if isinstance(each, Mapping) else names_.get(str(each), str(each))
            for each in value
        )
    return str(value)


def _judged(before: store_settings.StoreSettings, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, InvalidInput]]:
    """What would be other than it is, as JSON, and what is wrong."""
    problems = changing.problems(before, given)
    if problems:
        return {}, problems
    after = store_settings.candidate(before, given)
    body = store_settings.as_json(after)
    return {name: body[name] for name in store_settings.differing(before, after)}, {}


def _carried() -> dict[str, Any]:
    """The change that travels from the preview on."""
    try:
        values = json.loads(typed().get("change", "{}"))
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InvalidInput(gettext("This change can't be read."), mend=gettext("Open the settings again."))
    return values


def _form(
    pages: Pages,
    session: Session,
    who: Visitor,
    given: Mapping[str, Any],
    *,
    problems: Mapping[str, InvalidInput] | None = None,
    problem: InvalidInput | None = None,
    status: int = 200,
) -> Response:
    store = session.get_one(Store, who.store_id)
    settings, version = store_settings.current(session, store)
    called = names(session, store)
    slots = range(min(MOST_TAGGED, max(len(called), 1)))
    meanwhile = problem.meanwhile if isinstance(problem, ChangedMeanwhile) else ()
    saved = request.args.get("saved", type=int)
    return pages.render(
        "settings/settings.html",
        who,
        status=status,
        groups=settings_fields.GROUPS,
        fields=settings_fields.FIELDS,
        values={**settings_fields.of(settings), **settings_fields.shown(given)},
        problems=problems or {},
        problem=problem,
        meanwhile=[(settings_fields.FIELDS[each.name].label, said(called, each.after)) for each in meanwhile],
        version=version,
        saved=saved if saved == version else None,
        names=called,
        slots=slots,
        words=words,
        effect=None,
    )


def _preview(
    pages: Pages, session: Session, who: Visitor, values: Mapping[str, Any], expected: int, *, whole: bool = False
) -> Response:
    store = session.get_one(Store, who.store_id)
    found = counts.effect(session, store, values, now=pages.desk.clock(), whole=whole)
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
