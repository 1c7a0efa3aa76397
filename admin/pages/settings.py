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
from admin.routes import Pages, typed, whole
from admin.said import named
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput
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
            return form(pages, session, who, {})

    @pages.post("/app/settings/edit")
    def edit(who: Visitor) -> Response:
        """Back from the preview to the form, with what was typed."""
        with desk.database.read() as session:
            return form(pages, session, who, carried())

    @pages.post("/app/settings")
    def save(who: Visitor) -> Response:
        values, expected = carried(), typed().get("version", type=whole, default=-1)
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                saved = changing.save(session, store, values, expected=expected, actor=who.user, now=desk.clock())
        except InvalidInput as problem:
            with desk.database.read() as session:
                return form(pages, session, who, values, problem=problem, status=409)
        if not saved.changed:
            return pages.back("/app/settings", note="same")
        return pages.back("/app/settings", note="settings", saved=saved.version)

    return pages


def names(session: Session, store: Store) -> dict[str, str]:
    """Segment -> what it is called."""
    return {segment.slug: named(str(segment.name)) for segment in members.every(session, store)}


def said(names_: Mapping[str, str], value: Any) -> str:
    """A setting's value from a version's JSON, in words."""
    if value in ("", [], {}, None):
        return str(gettext("(nothing)"))
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{code} = {rate}" for code, rate in value.items())
    if isinstance(value, list):
        return ", ".join(
            f"{each['name']} = {each['threshold']}" if isinstance(each, Mapping) else names_.get(str(each), said(names_, each))
            for each in value
        )
    return str(value)


def carried() -> dict[str, Any]:
    """The change that travels from the preview on."""
    unreadable = InvalidInput(gettext("This change can't be read."), mend=gettext("Open the settings again."))
    try:
        values = json.loads(typed().get("change", "{}"))
        for name, value in values.items():
            store_settings.parse(name, value)
        settings_fields.shown(values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidInput):
        raise unreadable from None
    if not isinstance(values, dict):
        raise unreadable
    return values


def form(
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
    saved = request.args.get("saved", type=whole)
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
