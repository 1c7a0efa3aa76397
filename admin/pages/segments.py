"""Segments: how many people are in each and how that moves; one in detail; taken back, duplicated, removed, brought back."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Response
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from admin import asked, rule_words
from admin.charts import Line, line
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.visitor import Visitor
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.lookup import find_person
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.insights import figures
from plugin_core.segments import own
from plugin_core.segments.explain import explain
from plugin_core.segments.export import Clause, tag_of, terms
from plugin_core.segments.history import History, histories, history, size
from plugin_core.segments.members import every, find
from plugin_core.segments.models import Segment
from plugin_core.segments.rules import Rule, parse
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

_DAYS = 30
_LONG = 90
_NOTES = {
    "made": lazy_gettext("The segment is saved. People come into it within a minute or two."),
    "changed": lazy_gettext("The change is saved. People move within a minute or two."),
    "undone": lazy_gettext("The earlier state is back. People move within a minute or two."),
    "removed": lazy_gettext("The segment is removed. You can bring it back from the list of removed ones."),
    "restored": lazy_gettext("The segment is back. People come into it within a minute or two."),
}
# Why a condition has no counterpart in the platform's own language; how far one that has means the same.
_REASONS = {
    "ranking": lazy_gettext("The store can't rank people. Show the segment as a tag instead."),
    "rhythm": lazy_gettext("The store doesn't know anybody's own rhythm of buying."),
    "refunds": lazy_gettext("The store can't look at refunds in a segment."),
    "points": lazy_gettext("The store's segments can't compare points."),
    "category": lazy_gettext("The store's segments know products, not categories."),
    "codes": lazy_gettext("The store's segments don't tell orders with a code from others."),
    "birthday": lazy_gettext("The store's segments don't know birthdays."),
    "groups": lazy_gettext("The store has RFM groups of its own, with limits it doesn't tell."),
    "average": lazy_gettext("The store's segments know no average order."),
    "basis": lazy_gettext("The store counts tax and shipping in."),
    "text": lazy_gettext("This text can't be written in a query of the store."),
}
_LOSSES = {
    "day": lazy_gettext("The store goes by whole days, we by the exact moment."),
    "addresses": lazy_gettext("The store looks at all addresses of a person, we at one."),
    "consent": lazy_gettext("We also leave out who may not be written to for other reasons."),
}


class Listed(NamedTuple):
    segment: Segment
    history: History
    spark: Line
    tag: str  # "" where the store doesn't show it


class Query(NamedTuple):
    """The segment in the platform's own language."""

    by_tag: str
    whole: str
    clauses: list[tuple[str, Clause]]  # a condition in words, and what became of it


def create_pages(desk: Desk) -> Pages:
    pages = Pages("segments", desk, notes=_NOTES)

    @pages.get("/app/segments")
    def listing(who: Visitor) -> Response:
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            settings, _version = store_settings.current(session, store)
            told, at = _histories(session, store, desk.clock())
            segments = [
                (one, told.get(one.slug) or history(session, store, one, days=_DAYS, now=at)) for one in every(session, store)
            ]
            rows = [Listed(one, how, line([day.people for day in how.days]), tag_of(settings, one.slug)) for one, how in segments]
            gone, room = own.archived(session, store), own.room(session, store)
        return pages.render("segments/list.html", who, rows=rows, gone=gone, room=room, at=at, waiting=store.yardsticks_due)

    @pages.get("/app/segments/<slug>")
    def detail(who: Visitor, slug: str) -> Response:
        with desk.database.read() as session:
            shown = _detail(pages, session, who, slug, typed().get("who", ""))
        return pages.render("segments/detail.html", who, **shown)

    @pages.post("/app/segments/<slug>/duplicate")
    def duplicate(who: Visitor, slug: str) -> Response:
        name = typed().get("name", "")
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                made = own.duplicate(session, store, slug, name, actor=who.user, now=desk.clock()).slug
        except NotFound:
            raise
        except InvalidInput as problem:
            with desk.database.read() as session:
                shown = _detail(pages, session, who, slug, "")
            return pages.refused("segments/detail.html", who, problem, **shown | {"copy_name": name})
        return pages.back(f"/app/segments/{made}", note="made")

    @pages.get("/app/segments/<slug>/remove", role="editor")
    def ask_remove(who: Visitor, slug: str) -> Response:
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            segment = find(session, store, slug)
            people = size(session, segment)
            settings, _version = store_settings.current(session, store)
        return pages.render("segments/remove.html", who, segment=segment, people=people, tag=tag_of(settings, slug))

    @pages.post("/app/segments/<slug>/remove")
    def remove(who: Visitor, slug: str) -> Response:
        with desk.database.write() as session:
            own.archive(session, session.get_one(Store, who.store_id), slug, actor=who.user, now=desk.clock())
        return pages.back("/app/segments", note="removed")

    @pages.post("/app/segments/<slug>/restore")
    def restore(who: Visitor, slug: str) -> Response:
        with desk.database.write() as session:
            own.restore(session, session.get_one(Store, who.store_id), slug, actor=who.user, now=desk.clock())
        return pages.back(f"/app/segments/{slug}", note="restored")

    @pages.post("/app/segments/<slug>/undo")
    def undo(who: Visitor, slug: str) -> Response:
        version = typed().get("version", "")
        with desk.database.write() as session:
            store = session.get_one(Store, who.store_id)
            number = int(version) if version.isdecimal() and len(version) < 9 else 0
            own.undo(session, store, slug, number, actor=who.user, now=desk.clock())
        return pages.back(f"/app/segments/{slug}", note="undone")

    return pages


def _histories(session: Session, store: Store, now: int) -> tuple[dict[str, History], int]:
    """Of every segment, and as of when."""
    kept = figures.for_page(session, store.id, figures.SEGMENTS)
    if kept is None:
        return histories(session, store, days=_DAYS, now=now), now
    return {slug: History.from_json(body).last(_DAYS) for slug, body in kept.body.items()}, kept.at


def _history(session: Session, store: Store, segment: Segment, now: int) -> tuple[History, int]:
    """Of one segment, and as of when. One that was made since the figures were kept is looked at."""
    kept = figures.for_page(session, store.id, figures.SEGMENTS)
    if kept is None or segment.slug not in kept.body:
        return history(session, store, segment, days=_LONG, now=now), now
    return History.from_json(kept.body[segment.slug]), kept.at


def _detail(pages: Pages, session: Session, who: Visitor, slug: str, email: str) -> dict[str, Any]:
    desk, store = pages.desk, session.get_one(Store, who.store_id)
    settings, _version = store_settings.current(session, store)
    segment = find(session, store, slug)
    rule = parse(segment.rule)
    told, at = _history(session, store, segment, desk.clock())
    kept = [(one, rule_words.tree(parse(one.rule), store.currency)) for one in own.versions(session, segment)]
    return {
        "segment": segment,
        "rule": rule_words.tree(rule, store.currency),
        "history": told,
        "month": sum(day.entered - day.left for day in told.days[-_DAYS:]),
        "curve": line([day.people for day in told.days]),
        "versions": kept,
        "tag": tag_of(settings, slug),
        "query": _query(desk, who, store, settings, slug, rule),
        "at": at,
        "waiting": store.yardsticks_due,
        "asked": email,
        "reasons": _REASONS,
        "losses": _LOSSES,
        "copy_name": "",
        "file": pages.download(who, f"{asked.PATH}/export.csv", segment=slug) if who.may_edit else "",
        **_why(desk, session, store, settings, rule, email),
    }


def _why(
    desk: Desk, session: Session, store: Store, settings: store_settings.StoreSettings, rule: Rule, email: str
) -> dict[str, Any]:
    """How the rule stands for the person asked about."""
    if not email.strip():
        return {"why": None, "nobody": False}
    person = find_person(session, store.account_id, normalise_email(email))
    try:
        told = None if person is None else explain(session, store, settings, person, rule, now=desk.clock())
    except NotFound:
        told = None
    return {"why": None if told is None else rule_words.tree(rule, store.currency, told), "nobody": told is None}


def _query(desk: Desk, who: Visitor, store: Store, settings: store_settings.StoreSettings, slug: str, rule: Rule) -> Query | None:
    """None where the platform has no such language."""
    express = desk.door(who.platform).segment_query
    if express is None:
        return None
    kept = terms(store, settings)
    by_tag = (
        express(parse({"field": "tags", "op": "in", "value": [tag_of(settings, slug)]}), kept).query
        if slug in kept.tagged
        else ""
    )
    said = express(rule, kept)
    clauses = [(rule_words.sentence(clause.leaf, store.currency), clause) for clause in said.clauses]
    return Query(by_tag, said.query, clauses)
