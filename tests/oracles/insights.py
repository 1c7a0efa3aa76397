"""A store's figures worked out a second time, person by person and day by day, from plain orders. Slow and obvious on purpose."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracles.segments import DAY, Purchase, lifecycle, visits

STILL_THERE = {"new", "active", "slipping", "at_risk"}


class Month(NamedTuple):
    orders: int
    net: int
    people: int
    new_people: int
    with_us: int
    came_back: int


def stages_at(people: list[list[Purchase]], store_gap: float, moment: int) -> dict[str, int]:
    """Of everybody who had ordered before ``moment``."""
    found = Counter(_stage(purchases, store_gap, moment) for purchases in people)
    del found["prospect"]
    return dict(found)


def yearly_worth(purchases: list[Purchase], store_gap: float) -> int:
    starts = visits(purchases)
    gaps = len(starts) - 1
    own = (starts[-1] - starts[0]) / gaps / DAY if gaps else 0.0
    expected = (gaps * own + 2 * store_gap) / (gaps + 2)
    spent = sum(max(0, each.received - each.refunded) for each in purchases)
    return math.floor(spent * 365 / (len(starts) * expected) + 0.5)


def month_of(at: int, zone: str) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def month(people: list[list[Purchase]], store_gap: float, name: str, zone: str) -> Month:
    year, number = map(int, name.split("-"))
    begins = datetime(year, number, 1, tzinfo=ZoneInfo(zone))
    start = (begins - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    orders = net = bought = new = with_us = came_back = 0
    for purchases in people:
        inside = [each for each in purchases if month_of(each.at, zone) == name]
        orders += len(inside)
        net += sum(max(0, each.received - each.refunded) for each in inside)
        bought += bool(inside)
        new += bool(inside) and min(purchases) in inside
        there = _stage(purchases, store_gap, start) in STILL_THERE
        with_us += there
        came_back += there and bool(inside)
    return Month(orders, net, bought, new, with_us, came_back)


def cohort(people: list[list[Purchase]], name: str, later: list[str], zone: str) -> tuple[int, list[int], int]:
    """(people whose first order fell in the month, how many of them ordered in each of ``later``, what they spent to date)."""
    members = [purchases for purchases in people if purchases and month_of(min(purchases).at, zone) == name]
    ordered = [sum(any(month_of(each.at, zone) == month for each in mine) for mine in members) for month in later]
    return len(members), ordered, sum(max(0, each.received - each.refunded) for mine in members for each in mine)


def _stage(purchases: list[Purchase], store_gap: float, moment: int) -> str:
    before = [each for each in purchases if each.at < moment]
    return lifecycle(visits(before), store_gap, moment)
