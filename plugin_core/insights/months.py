"""A store's months: orders, money, people, how many of those who were still with it came; and cohorts by first order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from plugin_core.insights.periods import month_start
from plugin_core.insights.purchases import UNKNOWN, Column, Flags, Orders
from plugin_core.insights.stays import Stays, not_lapsed_at


def month_numbers(at: Column, months: Sequence[str], zone: ZoneInfo) -> Column:
    """For each moment the place of its month in ``months``; -1 where it is earlier."""
    starts = np.array([month_start(month, zone) for month in months], dtype=np.int64)
    return np.searchsorted(starts, at, side="right").astype(np.int64) - 1


def monthly(orders: Orders, found: Stays, months: Sequence[str], zone: ZoneInfo) -> list[dict[str, Any]]:
    """One row a month, oldest first. ``net`` counts the orders whose money is known (``priced``)."""
    place = month_numbers(orders.at, months, zone)
    nobodys = month_numbers(orders.nobodys_at, months, zone)
    first = _firsts(orders.person)
    rows = []
    for number, month in enumerate(months):
        mine, theirs = place == number, nobodys == number
        net = np.concatenate([orders.net[mine], orders.nobodys_net[theirs]])
        priced = net != UNKNOWN
        came = np.zeros(orders.people, dtype=np.bool_)
        came[orders.person[mine]] = True
        before = not_lapsed_at(found, month_start(month, zone))
        rows.append(
            {
                "month": month,
                "orders": len(net),
                "priced": int(priced.sum()),
                "net": int(net[priced].sum()),
                "people": int(came.sum()),
                "new_people": int((mine & first).sum()),
                "with_us": len(before),
                "came_back": int(came[before].sum()),
            }
        )
    return rows


def cohorts(orders: Orders, months: Sequence[str], zone: ZoneInfo) -> list[dict[str, Any]]:
    """People by the month of their first order: how many ordered in that month and in each later one; what they have spent."""
    place = month_numbers(orders.at, months, zone)
    first = _firsts(orders.person)
    joined = place[first]  # by person
    net = np.where(orders.net == UNKNOWN, 0, orders.net)
    spent = np.bincount(orders.person, weights=net, minlength=orders.people)
    rows = []
    active = np.zeros((len(months), len(months)), dtype=np.int64)
    inside = place >= 0
    pairs = np.unique(orders.person[inside] * len(months) + place[inside])
    np.add.at(active, (joined[pairs // len(months)], pairs % len(months)), np.where(joined[pairs // len(months)] >= 0, 1, 0))
    for number, month in enumerate(months):
        members = joined == number
        rows.append(
            {
                "month": month,
                "people": int(members.sum()),
                "ordered": [int(count) for count in active[number, number:]],
                "net": int(spent[members].sum()),
            }
        )
    return rows


def _firsts(person: Column) -> Flags:
    first = np.ones(len(person), dtype=np.bool_)
    first[1:] = person[1:] != person[:-1]
    return first
