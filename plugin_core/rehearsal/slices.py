"""Which people a rehearsal looks at: everybody a slice at a time, or a sample drawn evenly from the oldest to the newest."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from plugin_core import bulk

SLICE = 50_000  # people; bounds what the copies take
_RUNS = 100  # a sample is so many runs of neighbours, spread over all


def total(session: Session, store_id: int) -> int:
    return int(bulk.select(session, "SELECT COUNT(*) FROM customer_stats WHERE store_id = ?", store_id)[0][0])


def slices(session: Session, store_id: int, *, real: str, after: int = -1, size: int = SLICE) -> Iterator[list[int]]:
    """Customer ids above ``after``, ascending; ``real`` is the schema of the real tables."""
    last = after
    while True:
        rows = bulk.select(
            session,
            f"SELECT customer_id FROM {real}.customer_stats WHERE store_id = ? AND customer_id > ? ORDER BY customer_id LIMIT ?",
            *(store_id, last, size),
        )
        if not rows:
            return
        last = rows[-1][0]
        yield [row[0] for row in rows]


def sample(session: Session, store_id: int, size: int) -> list[int]:
    """About ``size`` people, always the same ones as long as nobody comes or goes."""
    first, last = bulk.select(
        session, "SELECT MIN(customer_id), MAX(customer_id) FROM customer_stats WHERE store_id = ?", store_id
    )[0]
    if first is None:
        return []
    chosen: set[int] = set()
    for run in range(_RUNS):
        start = first + (last - first) * run // _RUNS
        rows = bulk.select(
            session,
            "SELECT customer_id FROM customer_stats WHERE store_id = ? AND customer_id >= ? ORDER BY customer_id LIMIT ?",
            *(store_id, start, max(1, size // _RUNS)),
        )
        chosen.update(row[0] for row in rows)
    return sorted(chosen)
