"""What a store's people are measured against: its typical gap, its RFM cut points, its big spenders.

Each is a value at a rank. The indexes people are listed by hold the values in order, so a rank is walked to from the nearer end
of its index and no row is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core.segments import dialect
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

QUINTILES = (20, 40, 60, 80)
ENOUGH_PEOPLE = 30  # with three visits, before their median speaks for the store
_THREE_VISITS = "visits >= 3"  # in these words, or the index of own gaps can't serve


class _Order(NamedTuple):
    """A store's values of ``column`` in ascending order, those in ``where``; the first ``before`` of them don't count."""

    column: str
    where: str
    size: int
    before: int = 0

    def at(self, session: Session, store_id: int, rank: int) -> Any:
        """The value at ``rank``, 0 for the lowest."""
        forwards = self.before + rank < self.size - rank
        sql = (
            f"SELECT {self.column} FROM customer_stats WHERE store_id = :store AND {self.where} "
            f"ORDER BY {self.column}{'' if forwards else ' DESC'} LIMIT 1 OFFSET :skip"
        )
        skip = self.before + rank if forwards else self.size - 1 - rank
        ((value,),) = dialect.run(session, sql, {"store": store_id, "skip": skip})
        return value


def recompute_yardsticks(session: Session, store: Store, settings: StoreSettings, *, now: int) -> None:
    """Store the yardsticks of all people of ``store``. The people themselves are not judged anew here."""
    frequencies = _frequencies(session, store.id)
    prospects, shoppers = frequencies.pop(0, 0), sum(frequencies.values())
    recency = _Order("last_order_at", "last_order_at IS NOT NULL", shoppers)
    # Whoever never ordered has spent 0, and nobody less: they come first.
    monetary = _Order("net_spent", "net_spent >= 0", shoppers, before=prospects)
    store.store_gap_days = _typical_gap(session, store.id, settings)
    cuts: dict[str, Any] = {
        "r": [recency.at(session, store.id, rank) for rank in cut_ranks(shoppers)],
        "f": [_frequency_at(frequencies, rank) for rank in cut_ranks(shoppers)],
        "m": [monetary.at(session, store.id, rank) for rank in cut_ranks(shoppers)],
        # The k-th highest, k = 10 % of all, rounded up.
        "big": monetary.at(session, store.id, shoppers - (shoppers + 9) // 10) if shoppers else None,
    }
    cuts |= {"judged": judged} if (judged := (store.rfm_cuts or {}).get("judged")) else {}
    if store.rfm_cuts != cuts:
        store.rfm_cuts = cuts
    store.yardsticks_at = now
    session.flush()


def cut_ranks(count: int) -> Iterator[int]:
    """Nearest-rank percentiles: of the smallest value that at least p % of all don't exceed."""
    return (max(math.ceil(percent * count / 100), 1) - 1 for percent in QUINTILES if count)


def _frequencies(session: Session, store_id: int) -> dict[int, int]:
    """Number of orders -> how many people have so many."""
    sql = "SELECT orders_count, COUNT(*) FROM customer_stats WHERE store_id = :store GROUP BY orders_count ORDER BY orders_count"
    return dict(dialect.run(session, sql, {"store": store_id}))


def _frequency_at(frequencies: dict[int, int], rank: int) -> int:
    for value, people in frequencies.items():
        if rank < people:
            return value
        rank -= people
    raise IndexError(rank)


def _typical_gap(session: Session, store_id: int, settings: StoreSettings) -> float:
    """The mean of the middle two own gaps, of the middle one where their number is odd."""
    sql = f"SELECT COUNT(own_gap_days) FROM customer_stats WHERE store_id = :store AND own_gap_days >= 0 AND {_THREE_VISITS}"
    ((count,),) = dialect.run(session, sql, {"store": store_id})
    if count < ENOUGH_PEOPLE:
        return float(settings.default_gap_days)
    gaps = _Order("own_gap_days", f"own_gap_days >= 0 AND {_THREE_VISITS}", count)
    low, high = (gaps.at(session, store_id, rank) for rank in ((count - 1) // 2, count // 2))
    return float((low + high) / 2)
