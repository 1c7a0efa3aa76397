"""Everything a rule may ask about one person in one store, as a plain record: the reading side of ``explain``."""

from __future__ import annotations

from typing import NamedTuple

from plugin_core.segments import lifecycle, rfm
from plugin_core.segments.frame import Frame


class Purchase(NamedTuple):
    placed_at: int
    products: frozenset[str]
    categories: frozenset[str]


class Facts(NamedTuple):
    """Money in minor units, times in microseconds; orders are counted ones, oldest first."""

    orders_count: int = 0
    priced_orders: int = 0
    net_spent: int = 0
    net_merchandise: int = 0
    received: int = 0
    refunded: int = 0
    code_orders: int = 0
    first_order_at: int | None = None
    last_order_at: int | None = None
    last_refund_at: int | None = None
    visits: int = 0
    last_visit_at: int | None = None
    own_gap_days: float | None = None
    points: int = 0
    points_pending: int = 0
    tier: str = ""
    may_email: bool = False
    country: str = ""
    birthday: str = ""
    tags: frozenset[str] = frozenset()
    consents: tuple[tuple[str, str], ...] = ()  # (channel, state) in this store
    purchases: tuple[Purchase, ...] = ()

    def expected_gap_days(self, frame: Frame) -> float | None:
        return lifecycle.expected_gap_days(self.visits, self.own_gap_days, frame.store_gap_days)

    def lifecycle(self, frame: Frame) -> str:
        gap = self.expected_gap_days(frame)
        return lifecycle.stage(self.visits, self.last_visit_at, gap, frame.boundaries, frame.now)

    def scores(self, frame: Frame) -> rfm.Scores | None:
        if self.orders_count == 0 or self.last_order_at is None:
            return None
        return rfm.Scores(
            rfm.score(self.last_order_at, frame.recency_cuts),
            rfm.score(self.orders_count, frame.frequency_cuts),
            rfm.score(self.net_spent, frame.monetary_cuts),
        )
