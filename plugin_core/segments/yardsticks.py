"""What a store's people are measured against: its typical gap, its RFM cut points, its big spenders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from plugin_core.db import is_sqlite
from plugin_core.segments import dialect
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

QUINTILES = (20, 40, 60, 80)
ENOUGH_PEOPLE = 30  # with three visits, before their median speaks for the store
_GAP_STEPS = 2.0**32  # a gap in days times this is a whole number close enough to find the middle by

# Text that NumPy parses is the cheapest way out of the database for a million rows: a third of fetching them.
_COLUMNS = """SELECT {join}(CAST(last_order_at AS TEXT), ','), {join}(CAST(orders_count AS TEXT), ','),
{join}(CAST(net_spent AS TEXT), ','), {join}(CASE WHEN visits >= 3 THEN CAST({whole} AS TEXT) END, ',')
FROM customer_stats WHERE {everybody} AND orders_count > 0"""


def recompute_yardsticks(session: Session, store: Store, settings: StoreSettings, *, now: int) -> None:
    """Store the yardsticks of all people of ``store``. The people themselves are not judged anew here."""
    recency, frequency, monetary, gaps = _read(session, store.id)
    store.store_gap_days = (
        _median_gap(session, store.id, gaps) if len(gaps) >= ENOUGH_PEOPLE else float(settings.default_gap_days)
    )
    cuts: dict[str, Any] = {
        "r": cut_points(recency),
        "f": cut_points(frequency),
        "m": cut_points(monetary),
        "big": big_spent(monetary),
    }
    cuts |= {"judged": judged} if (judged := (store.rfm_cuts or {}).get("judged")) else {}
    if store.rfm_cuts != cuts:
        store.rfm_cuts = cuts
    store.yardsticks_at = now
    session.flush()


def cut_points(values: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    """Nearest-rank percentiles: the smallest value that at least p % of all don't exceed."""
    if not len(values):
        return []
    ranks = [max(math.ceil(percent * len(values) / 100), 1) - 1 for percent in QUINTILES]
    return [int(value) for value in np.partition(values, ranks)[ranks]]


def big_spent(values: np.ndarray[Any, np.dtype[np.int64]]) -> int | None:
    """The k-th highest, k = 10 % of all, rounded up."""
    if not len(values):
        return None
    rank = len(values) - (len(values) + 9) // 10
    return int(np.partition(values, rank)[rank])


def _read(session: Session, store_id: int) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    sqlite = is_sqlite(session)
    sql = _COLUMNS.format(
        join="group_concat" if sqlite else "string_agg", whole=_whole(sqlite=sqlite), everybody=_everybody(sqlite=sqlite)
    )
    (row,) = dialect.run(session, sql, {"store": store_id, "steps": _GAP_STEPS})
    return [np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, np.int64) for text in row]


def _median_gap(session: Session, store_id: int, gaps: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    """The mean of the middle two own gaps (of the middle one where their number is odd), exact to the last bit."""
    count = len(gaps)
    ranks = ((count - 1) // 2, count // 2)
    low, high = (int(value) for value in np.partition(gaps, ranks)[list(ranks)])
    sqlite = is_sqlite(session)
    near = dialect.run(
        session,
        f"SELECT own_gap_days FROM customer_stats WHERE {_everybody(sqlite=sqlite)} AND visits >= 3 "
        f"AND {_whole(sqlite=sqlite)} BETWEEN :low AND :high ORDER BY own_gap_days",
        {"store": store_id, "steps": _GAP_STEPS, "low": low, "high": high},
    )
    below = int(np.count_nonzero(gaps < low))
    first, second = (near[rank - below][0] for rank in ranks)
    return float((first + second) / 2)


def _whole(*, sqlite: bool) -> str:
    return "CAST(own_gap_days * :steps AS INTEGER)" if sqlite else "CAST(FLOOR(own_gap_days * :steps) AS BIGINT)"


def _everybody(*, sqlite: bool) -> str:
    # By the key SQLite would visit the rows one by one in another order than they lie.
    return "+store_id = :store" if sqlite else "store_id = :store"
