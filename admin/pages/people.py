"""Customers: everybody a store knows, searched while typing, filtered, ordered; and what can be done with all who are shown."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session

from admin import asked, formats
from admin import people_words as words
from admin.desk import Desk
from admin.routes import Pages, typed
from admin.said import named
from admin.visitor import Visitor
from plugin_core import bulk
from plugin_core.customers import editing, head_count, listing, search
from plugin_core.customers.search import Wanted
from plugin_core.errors import InvalidInput
from plugin_core.insights import figures
from plugin_core.stores.models import Store

_SIZE = 50
_PAUSED = "paused"
_NOTES = {
    _PAUSED: lazy_gettext("Marketing is paused. Nobody of them is written to until then."),
    "imported": lazy_gettext("The file is imported. Segments and points follow within a minute or two."),
}


def create_pages(desk: Desk) -> Pages:
    pages = Pages("people", desk, notes=_NOTES)

    @pages.get(asked.PATH)
    def customers(who: Visitor) -> Response:
        wanted, order = asked.read_wanted(request.args), asked.read_order(request.args)
        cut = listing.read_cut(request.args.get("at", ""), order)
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            segments = _segments(session, store)
            try:
                parts = search.ask(session, store, wanted, now=desk.clock())
                way = search.way(session, parts, by_name=order.by == "name")
                page = listing.page_of(session, store, way, order, cut=cut, size=_SIZE)
                count = _count(session, store, wanted, parts, search.way(session, parts) if order.by == "name" else way)
            except InvalidInput as problem:
                found = listing.Page([], earlier=False, later=False), head_count.Count(0, exact=True)
                values = _shown(pages, who, (wanted, order), *found, segments)
                return pages.refused("customers/list.html", who, problem, **values)
        return pages.render("customers/list.html", who, **_shown(pages, who, (wanted, order), page, count, segments))

    @pages.get(f"{asked.PATH}/pause", role="editor")
    def pause_form(who: Visitor) -> Response:
        wanted = asked.read_wanted(request.args)
        with desk.database.read() as session:
            count = head_count.count(session, session.get_one(Store, who.store_id), wanted, now=desk.clock())
        return pages.render(
            "customers/pause.html", who, wanted=wanted, query=asked.query(wanted), count=count, back=asked.link(wanted)
        )

    @pages.post(f"{asked.PATH}/pause")
    def pause(who: Visitor) -> Response:
        wanted, days = asked.read_wanted(typed()), typed().get("days", "")
        try:
            with desk.database.write() as session:
                store = session.get_one(Store, who.store_id)
                people = listing.everybody(session, store, wanted, now=desk.clock())
                if not days.isascii() or not days.isdigit():
                    raise InvalidInput("The days are missing.", mend="Write a whole number of days.")
                editing.pause(session, store, people, int(days[:6]), actor=who.user, now=desk.clock())
        except InvalidInput as problem:
            with desk.database.read() as session:
                count = head_count.count(session, session.get_one(Store, who.store_id), wanted, now=desk.clock())
            values: dict[str, Any] = {"wanted": wanted, "query": asked.query(wanted), "count": count, "days": days}
            return pages.refused("customers/pause.html", who, problem, back=asked.link(wanted), **values)
        return pages.back(asked.link(wanted), note=_PAUSED)

    return pages


def _count(session: Session, store: Store, wanted: Wanted, parts: tuple[search.Part, ...], way: search.Way) -> head_count.Count:
    """Of a large store's stage, as it was counted with the kept figures."""
    known = figures.people(session, store.id)
    if known is not None and known > figures.LIVE_UP_TO and wanted.lifecycle and wanted == Wanted(lifecycle=wanted.lifecycle):
        return head_count.Count(figures.people(session, store.id, wanted.lifecycle) or 0, exact=False)
    return head_count.count_of(session, store, way, parts, known=known)


def _segments(session: Session, store: Store) -> list[tuple[str, str]]:
    sql = "SELECT slug, name FROM segments WHERE store_id = ? AND bit IS NOT NULL ORDER BY name"
    return [(slug, named(name)) for slug, name in bulk.select(session, sql, store.id)]


def _shown(
    pages: Pages,
    who: Visitor,
    asked_for: tuple[Wanted, listing.Order],
    page: listing.Page,
    count: head_count.Count,
    segments: list[tuple[str, str]],
) -> dict[str, Any]:
    wanted, order = asked_for
    rows = page.rows
    previous = listing.write_cut(listing.Cut(rows[0].place, backwards=True), order) if page.earlier and rows else ""
    following = listing.write_cut(listing.Cut(rows[-1].place), order) if page.later and rows else ""
    return {
        "wanted": wanted,
        "order": order,
        "query": asked.query(wanted, order),
        "rows": rows,
        "count": count,
        "counted": _counted(count),
        "segments": segments,
        "words": words,
        "stages": {stage: str(name) for stage, name in words.LIFECYCLES.items()},
        "link": asked.link,
        "sorted_by": lambda by: asked.link(wanted, _turned(order, by)),
        "staged": lambda stage: asked.link(wanted._replace(lifecycle=stage), order),
        "without": [
            (name, asked.link(wanted._replace(**{name: ""}), order)) for name, value in wanted._asdict().items() if value
        ],
        "previous": asked.link(wanted, order, at=previous) if previous else "",
        "following": asked.link(wanted, order, at=following) if following else "",
        "export": pages.download(who, f"{asked.PATH}/export.csv", **asked.query(wanted, order)) if who.may_edit else "",
    }


def _counted(count: head_count.Count) -> str:
    shown = formats.number(count.people)
    if count.exact:
        return str(ngettext("%(shown)s person", "%(shown)s people", count.people, shown=shown))
    return str(
        ngettext("About %(shown)s person (an estimate)", "About %(shown)s people (an estimate)", count.people, shown=shown)
    )


def _turned(order: listing.Order, by: str) -> listing.Order:
    """The same column again turns it round."""
    return listing.Order(by, not order.descending) if order.by == by else listing.Order(by, descending=by != "name")
