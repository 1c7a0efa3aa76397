"""RFM scores and groups as pure arithmetic: what a person's three numbers mean against a store's cut points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

PROSPECTS = "prospects"


class Scores(NamedTuple):
    recency: int
    frequency: int
    monetary: int

    def __str__(self) -> str:
        return f"{self.recency}{self.frequency}{self.monetary}"


# Rows: recency score. Columns by F + M (twice the mean): up to 4, 5, 6 to 7, 8, 9 to 10.
COLUMNS = (4, 5, 7, 8, 10)
GROUPS: dict[int, tuple[str, str, str, str, str]] = {
    5: ("new", "active", "active", "champions", "champions"),
    4: ("promising", "active", "active", "loyal", "loyal"),
    3: ("almost_lost", "needs_attention", "needs_attention", "loyal", "loyal"),
    2: ("almost_lost", "almost_lost", "at_risk", "at_risk", "previously_loyal"),
    1: ("dormant", "dormant", "at_risk", "at_risk", "previously_loyal"),
}
GROUP_NAMES = tuple(sorted({name for row in GROUPS.values() for name in row} | {PROSPECTS}))


def score(value: int, cuts: Sequence[int]) -> int:
    """1 + the number of cut points that ``value`` is strictly greater than; equal values get equal scores."""
    return 1 + sum(value > cut for cut in cuts)


def scores(orders_count: int, last_order_at: int | None, net_spent: int, cuts: Mapping[str, Any]) -> Scores | None:
    """By a store's ``rfm_cuts``; None without an order, and for everybody until there are cut points."""
    if orders_count == 0 or last_order_at is None or not cuts.get("r"):
        return None
    return Scores(score(last_order_at, cuts["r"]), score(orders_count, cuts["f"]), score(net_spent, cuts["m"]))


def group(scores: Scores | None) -> str:
    if scores is None:
        return PROSPECTS
    both = scores.frequency + scores.monetary
    column = next(index for index, last in enumerate(COLUMNS) if both <= last)
    return GROUPS[scores.recency][column]
