"""What offers brought: orders that used our codes, and beside them what those who were held out did.

A person enters a campaign's comparison at the moment they were first drawn in it, whatever became of the offer afterwards (also
where it was not sent because they ordered by themselves): that is what makes the two sides alike. Watched are the 30 days after
each moment at which a step was decided for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.insights import lift
from plugin_core.insights.purchases import UNKNOWN, Column, Orders

WATCHED_DAYS = 30

# A "no" given when a step was first judged is no draw; one given later came after it.
_DRAWN = """
    SELECT o.campaign_id, o.customer_id, o.planned_at, o.state FROM offers o JOIN campaigns c ON c.id = o.campaign_id
    WHERE c.store_id = ? AND (o.state <> 'skipped' OR o.decided_at > o.planned_at)
    ORDER BY o.campaign_id, o.customer_id, o.planned_at, o.id
"""
_REDEEMED = """
    SELECT o.campaign_id, o.customer_id, o.code, x.id, x.net, x.codes
    FROM offers o JOIN campaigns c ON c.id = o.campaign_id
    JOIN orders x ON x.customer_id = o.customer_id AND x.store_id = c.store_id AND x.placed_at >= o.minted_at
    WHERE c.store_id = ? AND o.minted_at IS NOT NULL AND o.code <> '' AND x.counted AND x.with_code
    ORDER BY x.id, o.id
"""


def results(session: Session, store_id: int, orders: Orders) -> dict[str, Any]:
    """JSON-able: ``campaigns`` (those that ever decided anything), and all of them together."""
    won = _won_back(session, store_id)
    lifts = dict(_lifts(session, store_id, orders))
    names = bulk.select(session, "SELECT id, key, name FROM campaigns WHERE store_id = ? ORDER BY id", store_id)
    rows = []
    for campaign_id, key, name in names:
        if campaign_id in lifts or campaign_id in won:
            rows.append({"key": key, "name": name, **won.get(campaign_id, _NOTHING), "lift": _shown(lifts.get(campaign_id))})
    measured = [(each.treated.people, each.money) for each in lifts.values() if each.money is not None]
    return {
        "campaigns": rows,
        "orders": sum(row["orders"] for row in rows),
        "net": sum(row["net"] for row in rows),
        "incremental": list(lift.total(measured)) if measured else None,
        "treated": sum(each.treated.people for each in lifts.values()),
        "held_out": sum(each.held_out.people for each in lifts.values()),
    }


_NOTHING = {"orders": 0, "net": 0}


def _won_back(session: Session, store_id: int) -> dict[int, dict[str, int]]:
    """Campaign -> orders of the person a code was made for, with that code, and their money where it is known."""
    found: dict[int, dict[str, int]] = {}
    counted: set[int] = set()
    for campaign_id, _person, code, order_id, net, codes in bulk.select(session, _REDEEMED, store_id):
        used = json.loads(codes) if isinstance(codes, str) else codes
        if order_id in counted or code.casefold() not in {str(each).casefold() for each in used}:
            continue
        counted.add(order_id)
        row = found.setdefault(campaign_id, dict(_NOTHING))
        row["orders"] += 1
        row["net"] += net or 0
    return found


def _lifts(session: Session, store_id: int, orders: Orders) -> Iterator[tuple[int, lift.Lift]]:
    begins = np.searchsorted(orders.person, np.arange(orders.people + 1))
    for campaign_id, drawn in groupby(bulk.select(session, _DRAWN, store_id), key=itemgetter(0)):
        sides: dict[bool, list[tuple[int, bool]]] = {False: [], True: []}
        for customer_id, rows in groupby(drawn, key=itemgetter(1)):
            moments = list(rows)
            held = moments[0][3] == "held_out"
            sides[held].append(_spent(orders, begins, customer_id, [row[2] for row in moments]))
        treated, held_out = (
            (np.array([net for net, _ in people], dtype=np.int64), np.array([bought for _, bought in people], dtype=np.bool_))
            for people in (sides[False], sides[True])
        )
        yield campaign_id, lift.compare(*treated, *held_out)


def _spent(orders: Orders, begins: Column, customer_id: int, moments: list[int]) -> tuple[int, bool]:
    """(money, whether they ordered) within the days watched after any of ``moments``."""
    place = int(np.searchsorted(orders.ids, customer_id))
    if place == orders.people or orders.ids[place] != customer_id:
        return 0, False
    mine = slice(int(begins[place]), int(begins[place + 1]))
    at, net = orders.at[mine], orders.net[mine]
    inside = np.zeros(len(at), dtype=np.bool_)
    for moment in moments:
        inside |= (at > moment) & (at <= moment + WATCHED_DAYS * DAY_US)
    return int(net[inside & (net != UNKNOWN)].sum()), bool(inside.any())


def _shown(found: lift.Lift | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "treated": found.treated._asdict(),
        "held_out": found.held_out._asdict(),
        "share": list(found.share) if found.share else None,
        "money": list(found.money) if found.money else None,
    }
