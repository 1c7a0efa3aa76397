"""How a store's people stand now: who is where in the lifecycle, what they have spent, and what they are worth a year.

Yearly worth of a person = net_spent / visits x 365 / expected gap: what a year brings if they go on coming as often as we expect
them to and spend as much each time. In whole minor units, rounded half up for each person, so that any list of people adds up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.db import is_sqlite
from plugin_core.segments.lifecycle import PROSPECT, STAGES
from plugin_core.segments.source import GAP_DAYS
from plugin_core.stores.models import Store

YEAR_DAYS = 365
SLIPPING_AWAY = ("slipping", "at_risk")

_COLUMNS = ("people", "orders", "priced", "net", "several", "worth")


def standing(session: Session, store: Store) -> dict[str, Any]:
    """JSON-able. ``stages`` in the order in which people pass through them; money in minor units of the store's currency."""
    floor = "CAST({0} AS INTEGER)" if is_sqlite(session) else "FLOOR({0})::bigint"
    gap = GAP_DAYS.replace(":store_gap", "CAST(? AS DOUBLE PRECISION)")
    worth = floor.format(f"net_spent * {float(YEAR_DAYS)} / (visits * ({gap})) + 0.5")
    rows = bulk.select(
        session,
        f"SELECT lifecycle, COUNT(*), SUM(orders_count), SUM(priced_orders), SUM(net_spent), "
        f"SUM(CASE WHEN orders_count >= 2 THEN 1 ELSE 0 END), SUM(CASE WHEN visits > 0 THEN {worth} ELSE 0 END) "
        f"FROM customer_stats WHERE {'+' if is_sqlite(session) else ''}store_id = ? GROUP BY lifecycle",
        *[store.store_gap_days] * GAP_DAYS.count(":store_gap"),
        store.id,
    )
    found = {row[0]: dict(zip(_COLUMNS, map(int, row[1:]), strict=True)) for row in rows}
    stages = {stage: found[stage] for stage in STAGES if stage in found}
    nobodys = bulk.select(
        session,
        "SELECT COUNT(*), COUNT(net), COALESCE(SUM(net), 0) FROM orders WHERE store_id = ? AND counted AND customer_id IS NULL",
        store.id,
    )[0]
    buyers = [row for stage, row in stages.items() if stage != PROSPECT]
    totals = {name: sum(row[name] for row in buyers) for name in ("people", "orders", "priced", "net", "several")}
    return {
        "stages": stages,
        "people": sum(row["people"] for row in stages.values()),
        "buyers": totals["people"],
        "repeat_buyers": totals["several"],
        "orders": totals["orders"] + int(nobodys[0]),
        "priced": totals["priced"] + int(nobodys[1]),
        "net": totals["net"] + int(nobodys[2]),
        "buyers_net": totals["net"],
    }


def at_stake(figures: Mapping[str, Any]) -> tuple[int, int]:
    """(people, their yearly worth) of those who are slipping or at risk."""
    rows = [figures["stages"][stage] for stage in SLIPPING_AWAY if stage in figures["stages"]]
    return sum(row["people"] for row in rows), sum(row["worth"] for row in rows)


def ratio(part: int, whole: int) -> float | None:
    """None where there is nothing to divide by."""
    return part / whole if whole else None
