"""RFM scores and groups in SQL: they are not stored but follow from a person's numbers and the store's cut points.

So a night that moves a cut point has nothing to write for the thousands whose score moves with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plugin_core.segments import rfm


class Scored(NamedTuple):
    """SQL over one row of customer_stats. The scores are NULL for prospects, and for everybody until there are cut points."""

    recency: str
    frequency: str
    monetary: str
    group: str


def scored(cuts: Mapping[str, Any], alias: str = "s") -> Scored:
    """``cuts``: the store's ``rfm_cuts``; ``alias``: of customer_stats in the statement these are put into."""
    if not cuts.get("r"):
        return Scored("NULL", "NULL", "NULL", f"'{rfm.PROSPECTS}'")
    recency, frequency, monetary = (
        f"({score(alias, column, [str(int(cut)) for cut in cuts[name]])})"
        for column, name in (("last_order_at", "r"), ("orders_count", "f"), ("net_spent", "m"))
    )
    return Scored(recency, frequency, monetary, f"({group(recency, frequency, monetary)})")


def score(alias: str, column: str, cuts: Sequence[str]) -> str:
    over = [f"{alias}.{column} > {cut}" for cut in cuts]
    upper = f"CASE WHEN {over[2]} THEN CASE WHEN {over[3]} THEN 5 ELSE 4 END ELSE 3 END"
    return f"CASE WHEN {alias}.orders_count = 0 THEN NULL WHEN {over[1]} THEN {upper} WHEN {over[0]} THEN 2 ELSE 1 END"


def group(recency: str, frequency: str, monetary: str) -> str:
    rows = []
    for value, names in rfm.GROUPS.items():
        columns = " ".join(
            f"WHEN {frequency} + {monetary} <= {last} THEN '{name}'" for last, name in zip(rfm.COLUMNS, names, strict=True)
        )
        rows.append(f"WHEN {value} THEN CASE {columns} END")
    return f"CASE {recency} {' '.join(rows)} ELSE '{rfm.PROSPECTS}' END"
