"""The figures a page shows, worked out in the background and kept: read in a moment whatever the size of the store.

::

    standing   \
    loyalty     | from people's numbers: anew every ten minutes
    segments    |
    overview   /
    months     \
    cohorts     | from every order: anew whenever the store's yardsticks are (nightly, and after an import)
    results    /
    lifecycle_days   the past year worked out once from orders, then one row a day

Reading and writing are apart: the long reading holds no lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.insights import months, purchases, results
from plugin_core.insights.models import InsightFigures, LifecycleDay
from plugin_core.insights.overview import counted
from plugin_core.insights.periods import day_of, day_start, months_up_to, weeks_before
from plugin_core.insights.standing import standing
from plugin_core.insights.stays import STAGES, stages_at, stays
from plugin_core.loyalty import programme
from plugin_core.segments.history import histories
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

STANDING, MONTHS, COHORTS, RESULTS, HISTORY = "standing", "months", "cohorts", "results", "history"
LOYALTY, SEGMENTS, OVERVIEW = "loyalty", "segments", "overview"
_HISTORY_DAYS = 90  # of each segment
LIVE_UP_TO = 20_000  # people; what pages show of a smaller store is worked out as they ask
STANDING_US = 600 * SECOND_US
MONTHS_SHOWN = 13  # the current one and a whole year before it
WEEKS_SHOWN = 52


class Figures(NamedTuple):
    """``body`` of one group, as of ``at``."""

    body: Mapping[str, Any]
    at: int


class Due(NamedTuple):
    standing: bool
    orders: bool  # months, cohorts, results and the history


def read(session: Session, store_id: int) -> dict[str, Figures]:
    """All groups there are."""
    rows = session.scalars(select(InsightFigures).where(InsightFigures.store_id == store_id))
    return {row.name: Figures(row.body, row.computed_at) for row in rows}


def people(session: Session, store_id: int, stage: str = "") -> int | None:
    """How many people the store had (in ``stage``) when they were last counted; None before."""
    kept = session.get(InsightFigures, (store_id, STANDING))
    if kept is None:
        return None
    return int(kept.body["stages"].get(stage, {"people": 0})["people"] if stage else kept.body["people"])


def for_page(session: Session, store_id: int, name: str) -> Figures | None:
    """What was kept for a page of a large store; None where the page had better look for itself."""
    if (people(session, store_id) or 0) <= LIVE_UP_TO:
        return None
    row = session.get(InsightFigures, (store_id, name))
    return None if row is None else Figures(row.body, row.computed_at)


def due(session: Session, store: Store, *, now: int) -> Due:
    """Nothing before the people have been judged for the first time."""
    if store.first_import_at is None or store.yardsticks_at is None:
        return Due(standing=False, orders=False)
    at = {name: figures.at for name, figures in read(session, store.id).items()}
    since = at.get(STANDING)
    return Due(
        standing=since is None or since < store.yardsticks_at or now - since >= STANDING_US,
        orders=RESULTS not in at or at[RESULTS] < store.yardsticks_at,
    )


def keep(session: Session, store: Store, bodies: Mapping[str, Mapping[str, Any]], *, now: int) -> None:
    for name, body in bodies.items():
        row = session.get(InsightFigures, (store.id, name))
        if row is None:
            session.add(InsightFigures(store_id=store.id, name=name, body=dict(body), computed_at=now))
        else:
            row.body, row.computed_at = dict(body), now
    session.flush()


def keep_today(session: Session, store: Store, body: Mapping[str, Any], *, now: int) -> None:
    """Today's row of the lifecycle, from the figures of the people's standing; the last look of a day is the one that stays."""
    people = {stage: body["stages"].get(stage, {"people": 0})["people"] for stage in STAGES}
    row = (store.id, day_of(now, ZoneInfo(store.zone)).isoformat(), now, "seen", people)
    _put_days(session, [row], again=True)


def from_people(session: Session, store: Store, settings: StoreSettings, *, now: int) -> dict[str, dict[str, Any]]:
    return {
        STANDING: standing(session, store),
        LOYALTY: programme.programme(session, store, settings),
        SEGMENTS: {slug: told.to_json() for slug, told in histories(session, store, days=_HISTORY_DAYS, now=now).items()},
        OVERVIEW: counted(session, store),
    }


def from_orders(session: Session, store: Store, settings: StoreSettings, *, now: int) -> dict[str, dict[str, Any]]:
    """``history`` holds days that are to be kept by :func:`keep_history`."""
    zone = ZoneInfo(store.zone)
    orders = purchases.read(session, store.id)
    span = settings.visit_hours * 3600 * SECOND_US
    found = stays(orders, span=span, store_gap_days=store.store_gap_days, boundaries=settings.lifecycle_boundaries)
    shown = months_up_to(now, MONTHS_SHOWN, zone)
    days = weeks_before(now, WEEKS_SHOWN, zone)
    counts = stages_at(found, [day_start(day, zone) for day in days])
    return {
        MONTHS: {"months": months.monthly(orders, found, shown, zone)},
        COHORTS: {"cohorts": months.cohorts(orders, shown, zone)},
        RESULTS: results.results(session, store.id, orders),
        HISTORY: {
            "rules": [span, *settings.lifecycle_boundaries],
            "gap_days": store.store_gap_days,
            "imported_at": _imported_at(session, store),
            "days": [
                {"day": day.isoformat(), "at": day_start(day, zone), "people": people}
                for day, people in zip(days, counts, strict=True)
            ],
        },
    }


def keep_history(session: Session, store: Store, body: Mapping[str, Any], *, now: int) -> None:
    """Once; and anew where a whole import brought other orders or the stages mean something else now."""
    before = read(session, store.id).get(HISTORY)
    basis = {name: body[name] for name in ("rules", "imported_at")}
    again = before is None or {name: before.body[name] for name in basis} != basis
    if again:
        today = day_of(now, ZoneInfo(store.zone)).isoformat()
        bulk.execute(session, "DELETE FROM lifecycle_days WHERE store_id = ? AND day < ?", store.id, today)
    if again or before is None:
        rows = [(store.id, each["day"], each["at"], "history", each["people"]) for each in body["days"]]
        _put_days(session, rows, again=False)
        keep(session, store, {HISTORY: {**basis, "gap_days": body["gap_days"]}}, now=now)


def lifecycle_weeks(session: Session, store: Store, *, now: int) -> list[LifecycleDay]:
    """One day a week over the past year, oldest first; the last is the newest there is."""
    today = day_of(now, ZoneInfo(store.zone))
    since = weeks_before(now, WEEKS_SHOWN, ZoneInfo(store.zone))[0].isoformat()
    query = select(LifecycleDay).where(LifecycleDay.store_id == store.id, LifecycleDay.day >= since).order_by(LifecycleDay.day)
    by_week: dict[int, LifecycleDay] = {}
    for row in session.scalars(query):
        by_week[(today - type(today).fromisoformat(row.day)).days // 7] = row
    return [by_week[week] for week in sorted(by_week, reverse=True)]


def _imported_at(session: Session, store: Store) -> int | None:
    sql = "SELECT MAX(finished_at) FROM runs WHERE store_id = ? AND kind = 'import' AND state = 'done'"
    at: int | None = bulk.select(session, sql, store.id)[0][0]
    return at


_DAYS = ("store_id", "day", "at", "origin", "people")


def _put_days(session: Session, rows: list[tuple[Any, ...]], *, again: bool) -> None:
    for row in rows:
        values = dict(zip(_DAYS, row, strict=True))
        kept = session.get(LifecycleDay, (values["store_id"], values["day"]))
        if kept is None:
            session.add(LifecycleDay(**values))
        elif again:
            kept.at, kept.origin, kept.people = values["at"], values["origin"], values["people"]
    session.flush()
