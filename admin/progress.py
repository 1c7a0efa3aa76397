"""How far a newly connected store is: from the first record taken in to "first insights ready"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, Response, g, jsonify, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import languages
from admin.desk import Desk, page, trouble
from admin.formats import money, number
from admin.people_words import LIFECYCLES
from admin.said import in_words
from admin.words import RESOURCES
from plugin_core.clock import DAY_US
from plugin_core.errors import NotFound
from plugin_core.insights.overview import store_row
from plugin_core.orders import stale
from plugin_core.stores.models import Run, Store

_PURPOSE = "install:progress"
_STAGES = {
    "waiting": lazy_gettext("Connected. The import begins in a moment."),
    "importing": lazy_gettext("Connected. Importing your customers and orders; nobody is written to about the past."),
    "working out": lazy_gettext("Imported. Working out segments and points."),
}


_INSIGHTS = ("people", "orders", "net_spent", "net_spent_minor", "currency", "lifecycle", "slipping")


class Progress(NamedTuple):
    store: str
    name: str
    stage: str  # waiting | importing | working out | ready | stopped
    counts: dict[str, int]
    insights: dict[str, Any]
    problem: str
    notes: Sequence[str]


def progress(desk: Desk, store_id: int) -> Progress:
    with desk.database.read() as session:
        store = session.get(Store, store_id)
        if store is None:
            raise NotFound(gettext("There is no such store any more."), mend=gettext("Connect it again."))
        run = session.scalars(select(Run).where(Run.store_id == store_id).order_by(Run.id.desc()).limit(1)).first()
        if store.state != "connected":
            stage = "stopped"
        elif store.first_import_at is None:
            stage = "waiting" if run is None else "importing"
        else:
            stage = "ready" if _worked_out(session, store) else "working out"
        insights = {}
        if stage == "ready":
            row = store_row(session, store)
            insights = {name: row[name] for name in _INSIGHTS}
        counts = {} if run is None else {name: int(count) for name, count in run.counts.items()}
        return Progress(store.key, store.name, stage, counts, insights, store.problem, tuple(store.notes))


def _worked_out(session: Session, store: Store) -> bool:
    """Everybody's numbers are those of the import, and so are the yardsticks they are measured by."""
    if store.yardsticks_at is None or stale.listed(session, store.id, 1):
        return False
    return not (store.yardsticks_due and store.yardsticks_at < (store.first_import_at or 0))


def show(desk: Desk, store_id: int) -> Response:
    """The page itself; it opens itself again, under a link good for a day, until the insights are ready."""
    g.locale = languages.asked_for()
    found = progress(desk, store_id)
    with desk.database.read() as session:
        store = session.get_one(Store, store_id)
    home = desk.door(store.platform).home
    ancestors = home.ancestors(store.address) if home else ()
    title = gettext("%(store)s is connected", store=found.name)
    notes = [in_words(each) for each in found.notes]
    if found.stage == "ready":
        lines = [gettext("First insights ready."), *notes]
        # Inside the store's admin the pages follow by themselves; elsewhere somebody may have no login here.
        inside = "/app" if request.headers.get("Sec-Fetch-Dest") == "iframe" else ""
        return page(title, lines, ancestors=ancestors, figures=_figures(found.insights), next_url=inside)
    if found.stage == "stopped":
        not_connected = gettext("%(store)s is not connected", store=found.name)
        return page(not_connected, [in_words(found.problem)], ancestors=ancestors)
    counts = [(str(RESOURCES.get(name, name)), number(count)) for name, count in found.counts.items()]
    ticket = desk.seal(_PURPOSE, {"store": store_id}, life_us=DAY_US)
    next_url = url_for("progress.watch", ticket=ticket, lang=request.args.get("lang") or request.args.get("locale"))
    lines = [str(_STAGES[found.stage]), in_words(found.problem), *notes]
    return page(title, lines, ancestors=ancestors, figures=counts, next_url=next_url)


def _figures(insights: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (gettext("People"), number(insights["people"])),
        (gettext("Orders"), number(insights["orders"])),
        (gettext("Net spent"), money(insights["net_spent_minor"], insights["currency"])),
        *((str(LIFECYCLES[stage]), number(count)) for stage, count in insights["lifecycle"].items()),
    ]


def create_blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("progress", __name__, template_folder="templates")

    @pages.get("/install/<ticket>")
    def watch(ticket: str) -> Response:
        try:
            return show(desk, desk.unseal(_PURPOSE, ticket)["store"])
        except NotFound as problem:
            return trouble(problem, status=404)

    return pages


def as_json(found: Progress) -> Response:
    return jsonify(found._asdict())
