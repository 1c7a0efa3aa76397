"""One person's purchase metrics in one store, from their orders there. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from plugin_core.clock import DAY_US
from plugin_core.orders.visits import visits

# Columns of customer_stats, in the order of what measure() returns.
MEASURES = (
    *("orders_count", "priced_orders", "foreign_orders", "net_spent", "net_merchandise", "received", "refunded", "code_orders"),
    *("first_order_at", "last_order_at", "previous_order_at", "last_touch_order_at", "last_refund_at", "visits", "last_visit_at"),
    *("own_gap_days", "unseen_orders"),
)
NOTHING = (*(0, 0, None, 0, 0, 0, 0, 0), *(None, None, None, None, None), 0, None, None, 0)

# customer, placed_at, counted, void, received, net, basis, refunded, with_code, currency
OrderRow = tuple[Any, ...]


def measure(orders: Sequence[OrderRow], last_refund: int | None, span: int) -> tuple[Any, ...]:
    """``orders`` by time, not counted ones included; ``span`` in microseconds: how long a visit lasts."""
    moments: list[int] = []
    touch: int | None = None
    priced = spent = merchandise = received = codes = 0
    foreign: list[str] = []
    for _, placed_at, counted, void, came_in, net, basis, _, with_code, currency in orders:
        if not void:
            touch = placed_at
        if not counted:
            continue
        moments.append(placed_at)
        if with_code:
            codes += 1
        if net is None:
            foreign.append(currency)
        else:
            priced += 1
            spent += net
            merchandise += basis
            received += came_in
    if not moments:
        return *NOTHING[:11], touch, *NOTHING[12:]
    starts = visits(moments, span)
    gaps = len(starts) - 1
    return (
        *(len(moments), priced, json.dumps(Counter(foreign), sort_keys=True) if foreign else None),
        *(spent, merchandise, received, received - spent, codes),
        *(moments[0], moments[-1], moments[-2] if len(moments) > 1 else None, touch, last_refund, len(starts), starts[-1]),
        *((starts[-1] - starts[0]) / gaps / DAY_US if gaps else None, 0),
    )
