"""Whom new yardsticks may move, found by index: the night looks at these and at nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.db import is_sqlite
from plugin_core.segments import dialect
from plugin_core.segments.frame import Frame
from plugin_core.segments.reading import leaf_holds
from plugin_core.segments.rules import Leaf

CHOSEN = "k.store_id = :store AND k.customer_id IN (SELECT customer_id FROM moved_people)"
_CREATE = "CREATE TEMPORARY TABLE IF NOT EXISTS moved_people (customer_id {id} PRIMARY KEY)"
_ADD = "INSERT INTO moved_people SELECT k.customer_id FROM customer_stats k WHERE {scope} AND {condition} ON CONFLICT DO NOTHING"
_SCALES = (
    ("last_order_at", "recency_score", "r"),
    ("orders_count", "frequency_score", "f"),
    ("net_spent", "monetary_score", "m"),
)


class Late(NamedTuple):
    """Every lateness at which something flips; how much of itself a stored expected gap may be off; how far to look ahead."""

    edges: Sequence[float]
    drift: float
    ahead_us: int


class Stretch(NamedTuple):
    """Values of ``column`` above ``low`` and up to ``high``: those of everybody whom a moved cut point passed."""

    column: str
    low: int
    high: int


def gather(session: Session, frame: Frame, stretches: Sequence[Stretch], late: Late) -> None:
    """Fills moved_people: for whom a moment has passed, who lies in a stretch, who is near an edge of lateness."""
    spelling = dialect.of(session)
    store = {"store": frame.store_id}
    dialect.run(session, _CREATE.format(id=spelling.id), {})
    dialect.run(session, "DELETE FROM moved_people", {})
    if late.drift > 0:
        params: dict[str, Any] = {"now": frame.now, **store}
        near = _near(sorted(late.edges), late, params)
        _add(session, spelling.every, near, params)
    _add(session, "k.store_id = :store", "k.next_crossing_at <= :now", {"now": frame.now, **store})
    for column, low, high in stretches:
        _add(session, "k.store_id = :store", f"k.{column} > :low AND k.{column} <= :high", {"low": low, "high": high, **store})
    if not is_sqlite(session):
        dialect.run(session, "ANALYZE moved_people", {})


def _near(edges: Sequence[float], late: Late, params: dict[str, Any]) -> str:
    """Whether the elapsed time has just passed one of ``edges``, or will soon: halving the edges left at each step.

    The stored gap is off by ``drift`` of itself at most, so what lies below one edge's reach lies below that of all later ones.
    """
    if not edges:
        return "FALSE"
    middle = len(edges) // 2
    name = f"edge{len(params)}"
    params |= {
        f"{name}from": edges[middle] * (1 - late.drift) * DAY_US,
        f"{name}to": edges[middle] * (1 + late.drift) * DAY_US,
        "ahead": late.ahead_us + 2,  # the moments themselves are whole microseconds
    }
    below, above = (_near(part, late, params) for part in (edges[:middle], edges[middle + 1 :]))
    elapsed = ":now - k.last_visit_at"
    return (
        f"CASE WHEN {elapsed} < k.expected_gap_days * :{name}from - :ahead THEN {below} "
        f"WHEN {elapsed} <= k.expected_gap_days * :{name}to + 2 THEN TRUE ELSE {above} END"
    )


def _add(session: Session, scope: str, condition: str, params: dict[str, Any]) -> None:
    dialect.run(session, _ADD.format(scope=scope, condition=condition), params)


def passed(judged: dict[str, Any], frame: Frame, asked: Sequence[Leaf]) -> Iterator[Stretch]:
    """What each cut point has passed since everybody was ``judged``, as far as a rule asks on which side of it somebody is."""
    new = {"r": frame.recency_cuts, "f": frame.frequency_cuts, "m": frame.monetary_cuts}
    for column, field, scale in _SCALES:
        for index, (before, after) in enumerate(zip(judged[scale], new[scale], strict=True)):
            if before != after and any(_splits(leaf, field, index, frame) for leaf in asked):
                yield Stretch(column, min(before, after), max(before, after))
    if any(leaf.field == "big_spender" for leaf in asked) and judged["big"] != frame.big_spent:
        # Big spenders reach the mark itself; a cut point has to be exceeded.
        marks = [mark - 1 for mark in (judged["big"], frame.big_spent) if mark is not None]
        yield Stretch("net_spent", min(marks), max(marks))


def _splits(leaf: Leaf, field: str, index: int, frame: Frame) -> bool:
    """Whether ``leaf`` may tell people below cut point ``index`` (scores up to index + 1) from those above it."""
    if leaf.field == "rfm":
        return True
    return leaf.field == field and leaf_holds(leaf, index + 1, frame) != leaf_holds(leaf, index + 2, frame)
