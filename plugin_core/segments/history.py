"""How a segment grew and shrank: its size at the end of each day, and who came and went, by the days of the store's zone."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import from_us, to_us
from plugin_core.segments.models import Segment
from plugin_core.stores.models import Store

_QUARTER_US = 900_000_000  # every zone's midnight falls on a quarter of an hour


class Day(NamedTuple):
    day: date
    people: int  # at its end; on the last day: now
    entered: int
    left: int


class History(NamedTuple):
    """``days``: oldest first, today last; none before the day on which people first came into the segment.

    Who stood in it on that day already did before anybody looked: they are counted, but have not come.
    """

    people: int
    days: tuple[Day, ...]

    def to_json(self) -> list[Any]:
        return [self.people, [[each.day.isoformat(), each.people, each.entered, each.left] for each in self.days]]

    @classmethod
    def from_json(cls, body: list[Any]) -> History:
        people, days = body
        return cls(people, tuple(Day(date.fromisoformat(day), *moves) for day, *moves in days))

    def last(self, days: int) -> History:
        return History(self.people, self.days[-days:])

    @property
    def change(self) -> int:
        """Against the end of the day before the first one."""
        return sum(day.entered - day.left for day in self.days)


def histories(session: Session, store: Store, *, days: int = 30, now: int) -> dict[str, History]:
    """Of every segment of the store, by slug."""
    return _read(session, store, days, now, "g.store_id = ? AND g.archived_at IS NULL", store.id)


def history(session: Session, store: Store, segment: Segment, *, days: int = 90, now: int) -> History:
    """A segment nobody was ever in has a history of zeros."""
    return _read(session, store, days, now, "g.store_id = ? AND g.id = ?", store.id, segment.id)[segment.slug]


def size(session: Session, segment: Segment) -> int:
    """How many people are in it now."""
    sql = "SELECT COUNT(*) FROM memberships WHERE segment_id = ? AND left_at IS NULL"
    return int(bulk.select(session, sql, segment.id)[0][0])


def _read(session: Session, store: Store, days: int, now: int, chosen: str, *chosen_by: int) -> dict[str, History]:
    zone = ZoneInfo(store.zone)
    today = from_us(now).astimezone(zone).date()
    shown = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    begin = to_us(datetime(shown[0].year, shown[0].month, shown[0].day, tzinfo=zone))
    known = bulk.select(session, f"SELECT g.id, g.slug FROM segments g WHERE {chosen} ORDER BY g.id", *chosen_by)
    inside = dict(
        bulk.select(
            session,
            f"SELECT m.segment_id, COUNT(*) FROM memberships m JOIN segments g ON g.id = m.segment_id "
            f"WHERE {chosen} AND m.left_at IS NULL GROUP BY m.segment_id",
            *chosen_by,
        )
    )
    firsts = dict(
        bulk.select(
            session,
            "SELECT m.segment_id, MIN(m.entered_at) FROM memberships m JOIN segments g ON g.id = m.segment_id "
            f"WHERE {chosen} GROUP BY m.segment_id",
            *chosen_by,
        )
    )
    entered, left = (_moves(session, column, begin, zone, chosen, chosen_by) for column in ("entered_at", "left_at"))
    found = {}
    for number, slug in known:
        people = size = int(inside.get(number, 0))
        backwards: list[Day] = []
        first = from_us(firsts[number]).astimezone(zone).date() if number in firsts else shown[0]
        for day in reversed([each for each in shown if each >= first]):
            came, went = (entered[number][day], left[number][day]) if number not in firsts or day > first else (0, 0)
            backwards.append(Day(day, size, came, went))
            size += went - came
        found[slug] = History(people, tuple(reversed(backwards)))
    return found


def _moves(
    session: Session, column: str, begin: int, zone: ZoneInfo, chosen: str, chosen_by: tuple[int, ...]
) -> dict[int, Counter[date]]:
    """Segment id -> people by day."""
    rows = bulk.select(
        session,
        f"SELECT m.segment_id, m.{column} / {_QUARTER_US} AS quarter, COUNT(*) FROM memberships m "
        f"JOIN segments g ON g.id = m.segment_id WHERE {chosen} AND m.{column} >= ? GROUP BY m.segment_id, quarter",
        *(*chosen_by, begin),
    )
    days: dict[int, date] = {}
    found: dict[int, Counter[date]] = defaultdict(Counter)
    for number, quarter, people in rows:
        if quarter not in days:
            days[quarter] = from_us(quarter * _QUARTER_US).astimezone(zone).date()
        found[number][days[quarter]] += people
    return found
