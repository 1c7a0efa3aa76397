"""The builder of segments: sentence-like rows, with how many people they would find while they are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from flask import Response
from sqlalchemy.orm import Session

from admin import rule_words
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.segments import own, sheet
from plugin_core.segments.draft import FRESH, Group, of_rule, to_rule
from plugin_core.segments.estimate import Count, exact, quick
from plugin_core.segments.faces import Face, faces
from plugin_core.segments.fields import FIELDS
from plugin_core.segments.members import find
from plugin_core.segments.rules import Rule, parse
from plugin_core.stores.models import Store

_SAVE = "save"
_PRECISELY = "exact"


class Form(NamedTuple):
    """What stands in the form. ``version``: of the segment that is changed, "" for a new one."""

    name: str
    description: str
    group: Group
    version: str = ""


class Counted(NamedTuple):
    """None of both: the rule is not finished."""

    figure: Count | None
    people: list[Face]


def create_pages(desk: Desk) -> Pages:
    pages = Pages("segment_builder", desk)

    @pages.get("/app/segments/new", role="editor")
    def new(who: Visitor) -> Response:
        with desk.database.read() as session:
            return _shown(pages, session, who, "", Form("", "", Group("all", (FRESH,))))

    @pages.post("/app/segments/new")
    def create(who: Visitor) -> Response:
        return _posted(pages, who, "")

    @pages.get("/app/segments/<slug>/edit", role="editor")
    def edit(who: Visitor, slug: str) -> Response:
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            segment = find(session, store, slug)
            group = of_rule(parse(segment.rule), store.currency)
            form = Form(segment.name, segment.description, group, str(segment.version))
            return _shown(pages, session, who, slug, form, stock=segment.stock)

    @pages.post("/app/segments/<slug>/edit")
    def change(who: Visitor, slug: str) -> Response:
        return _posted(pages, who, slug)

    @pages.post("/app/segments/count", role="viewer")
    def count(who: Visitor) -> Response:
        """Only the figure and the sample, for whoever is still typing."""
        rule, _marked = to_rule(sheet.read(_pairs()), who.currency)
        with desk.database.read() as session:
            counted = _counted(desk, session, who, rule, precisely=typed().get("do") == _PRECISELY)
        return pages.render("segments/count.html", who, counted=counted)

    @pages.post("/app/segments/rows", role="viewer")
    def rows(who: Visitor) -> Response:
        """Only the rows, after another field or comparison was chosen, or a button pressed."""
        group = sheet.press(sheet.read(_pairs()), typed().get("do", ""))
        return pages.render("segments/rows.html", who, group=group, **_vocabulary())

    return pages


def _posted(pages: Pages, who: Visitor, slug: str) -> Response:
    do, desk = typed().get("do", _SAVE), pages.desk  # an admin's own save bar presses none of the buttons
    form = Form(
        typed().get("name", ""), typed().get("description", ""), sheet.press(sheet.read(_pairs()), do), typed().get("version", "")
    )
    rule, marked = to_rule(form.group, who.currency)
    if do != _SAVE:
        with desk.database.read() as session:
            return _shown(pages, session, who, slug, form, precisely=do == _PRECISELY)
    form = form._replace(group=marked)
    if rule is None:
        with desk.database.read() as session:
            return _shown(pages, session, who, slug, form, status=400)
    try:
        with desk.database.write() as session:
            saved = _save(session, who, slug, form, rule, desk.clock())
    except NotFound:
        raise
    except InvalidInput as problem:
        with desk.database.read() as session:
            return _shown(pages, session, who, slug, form, status=400, problem=problem)
    return pages.back(f"/app/segments/{saved}", note="changed" if slug else "made")


def _save(session: Session, who: Visitor, slug: str, form: Form, rule: Rule, now: int) -> str:
    store = session.get_one(Store, who.store_id)
    if not slug:
        return own.create(session, store, form.name, rule, description=form.description, actor=who.user, now=now).slug
    seen = int(form.version) if form.version.isdecimal() and len(form.version) < 9 else None
    wanted = own.Wanted(form.name, rule, form.description)
    return own.change(session, store, slug, wanted, seen=seen, actor=who.user, now=now).slug


def _shown(
    pages: Pages,
    session: Session,
    who: Visitor,
    slug: str,
    form: Form,
    *,
    status: int = 200,
    precisely: bool = False,
    **more: Any,
) -> Response:
    rule, _marked = to_rule(form.group, who.currency)
    counted = _counted(pages.desk, session, who, rule, precisely=precisely)
    return pages.render(
        "segments/builder.html", who, status=status, slug=slug, form=form, group=form.group, counted=counted,
        unfinished=status != 200 and "problem" not in more, **_vocabulary(), **more,
    )  # fmt: skip


def _counted(desk: Desk, session: Session, who: Visitor, rule: Rule | None, *, precisely: bool) -> Counted:
    if rule is None:
        return Counted(None, [])
    store = session.get_one(Store, who.store_id)
    count = (exact if precisely else quick)(session, store, rule, now=desk.clock())
    return Counted(count, faces(session, store, count.sample))


def _vocabulary() -> dict[str, Any]:
    return {"words": rule_words, "fields": FIELDS, "typed_freely": sheet.typed_freely, "lines": sheet.lines}


def _pairs() -> Iterable[tuple[str, str]]:
    return typed().items(multi=True)
