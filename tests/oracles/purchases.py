"""Purchase metrics worked out a second time, straight from the definitions, over plain orders. Slow and obvious on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

VISIT = timedelta(hours=12)


@dataclass(frozen=True)
class Purchase:
    """One order as the shop holds it; money in minor units, ``None`` in a foreign currency without a rate."""

    at: datetime
    received: int | None
    refunded: int | None
    merchandise_left: int | None
    counted: bool = True
    void: bool = False
    coded: bool = False
    currency: str = "EUR"
    refunds_at: tuple[datetime, ...] = ()


@dataclass
class Metrics:
    orders_count: int = 0
    net_spent: int = 0
    net_merchandise: int = 0
    received: int = 0
    refunded: int = 0
    code_orders: int = 0
    priced_orders: int = 0
    foreign_orders: dict[str, int] = field(default_factory=dict)
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    previous_order_at: datetime | None = None
    last_touch_order_at: datetime | None = None
    last_refund_at: datetime | None = None
    visits: int = 0
    last_visit_at: datetime | None = None
    own_gap_days: Fraction | None = None


def metrics(purchases: list[Purchase]) -> Metrics:
    found = Metrics()
    found.last_touch_order_at = max((one.at for one in purchases if not one.void), default=None)
    counted = sorted((one for one in purchases if one.counted), key=lambda one: one.at)
    if not counted:
        return found
    for one in counted:
        found.orders_count += 1
        found.code_orders += one.coded
        if one.received is None or one.refunded is None or one.merchandise_left is None:
            found.foreign_orders[one.currency] = found.foreign_orders.get(one.currency, 0) + 1
            continue
        kept = max(0, one.received - one.refunded)
        found.priced_orders += 1
        found.net_spent += kept
        found.net_merchandise += one.merchandise_left
        found.received += one.received
        found.refunded += one.received - kept
    found.first_order_at, found.last_order_at = counted[0].at, counted[-1].at
    found.previous_order_at = counted[-2].at if len(counted) > 1 else None
    found.last_refund_at = max((moment for one in counted for moment in one.refunds_at), default=None)
    starts = visit_starts([one.at for one in counted])
    found.visits, found.last_visit_at = len(starts), starts[-1]
    gaps = [(later - earlier) for earlier, later in pairwise(starts)]
    if gaps:
        found.own_gap_days = sum((_days(gap) for gap in gaps), Fraction(0)) / len(gaps)
    return found


def visit_starts(moments: list[datetime]) -> list[datetime]:
    starts: list[datetime] = []
    for moment in sorted(moments):
        if not starts or moment > starts[-1] + VISIT:
            starts.append(moment)
    return starts


def _days(gap: timedelta) -> Fraction:
    return Fraction(gap // timedelta(microseconds=1), 86_400_000_000)
