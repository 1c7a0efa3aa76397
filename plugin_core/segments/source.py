"""People as a rule sees them: the stored metrics and what follows from them now, as one SQL subquery named ``s``.

    customer_stats -> gap_days, gap_us, elapsed, scores -> lifecycle, rfm_group

Each level is kept apart by a barrier, so that a value is worked out once a row however many rules ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin_core.clock import DAY_US
from plugin_core.segments import lifecycle
from plugin_core.segments import scores as scores_sql
from plugin_core.segments.dialect import Dialect
from plugin_core.segments.frame import Frame

# Who is looked at; the alias of customer_stats is `k`.
EVERYBODY = "{every}"
LISTED = "k.store_id = :store AND k.customer_id IN ({listed})"

_INPUTS = (
    *("customer_id", "orders_count", "priced_orders", "net_spent", "net_merchandise", "received", "refunded", "code_orders"),
    *("first_order_at", "last_order_at", "previous_order_at", "last_refund_at", "visits", "last_visit_at", "own_gap_days"),
    *("points", "points_pending", "tier", "may_email"),
)
_BIRTHDAY = "(SELECT c.birthday FROM customers c WHERE c.id = k.customer_id)"
# Most stores know few birthdays: listing those once is cheaper than a look-up a row.
_BIRTHDAY_OF_ALL = (
    "CASE WHEN k.customer_id IN (SELECT b.id FROM customers b WHERE b.account_id = :account AND b.birthday <> '') "
    f"THEN {_BIRTHDAY} ELSE '' END"
)
STORED = {
    "lifecycle": "old_lifecycle",
    "segment_bits": "old_bits",
    "next_crossing_at": "old_crossing",
    "expected_gap_days": "old_gap_days",
}
GAP_DAYS = (
    f"CASE WHEN visits = 0 THEN NULL WHEN visits = 1 OR own_gap_days IS NULL THEN :store_gap "
    f"ELSE ((visits - 1) * own_gap_days + {lifecycle.STORE_WEIGHT} * :store_gap) / (visits - 1 + {lifecycle.STORE_WEIGHT}) END"
)


def people(dialect: Dialect, scope: str, used: str, *, stored: bool = False) -> str:
    """The subquery (without alias). ``used`` is the SQL that will read from it: only columns named there are carried along."""
    carried = ["customer_id", "visits", *(name for name in _INPUTS[1:] if name != "visits" and f"s.{name}" in used)]
    kept = [f"k.{name}" for name in dict.fromkeys([*carried, "last_visit_at", "own_gap_days"])]
    scores = [f"{_score(column, name)} AS {name}" for column, name in _SCORES if f"s.{name}" in used or "s.rfm_group" in used]
    extra = [f"k.{name} AS {alias}" for name, alias in STORED.items()] if stored else []
    if "s.birthday" in used:
        extra.append(f"{_BIRTHDAY_OF_ALL if scope == EVERYBODY else _BIRTHDAY} AS birthday")
    inner = (
        f"SELECT {', '.join([*kept, *extra, *scores])}, {GAP_DAYS} AS gap_days, :now - k.last_visit_at AS elapsed "
        f"FROM customer_stats k WHERE {scope.format(listed=dialect.listed, every=dialect.every)} {dialect.barrier}"
    )
    with_gap = f"SELECT *, gap_days * :day_us AS gap_us FROM ({inner}) AS measured {dialect.barrier}"
    group = f", {scores_sql.group('r', 'f', 'm')} AS rfm_group" if "s.rfm_group" in used else ""
    return f"SELECT *, {_STAGE} AS lifecycle{group} FROM ({with_gap}) AS scored {dialect.barrier}"


def params(frame: Frame) -> dict[str, Any]:
    values: dict[str, Any] = {
        "now": frame.now,
        "store": frame.store_id,
        "account": frame.account_id,
        "store_gap": float(frame.store_gap_days),
        "day_us": float(DAY_US),
        "big": frame.big_spent,
        "month": frame.month,
    }
    values |= {f"b{index}": float(boundary) for index, boundary in enumerate(frame.boundaries)}
    for name, cuts in (("r", frame.recency_cuts), ("f", frame.frequency_cuts), ("m", frame.monetary_cuts)):
        values |= {f"{name}{index}": cuts[index] if cuts else None for index in range(4)}
    return values


def bound(frame: Frame, build_params: Mapping[str, Any]) -> dict[str, Any]:
    return params(frame) | {name: read(frame) for name, read in build_params.items()}


_SCORES = (("last_order_at", "r"), ("orders_count", "f"), ("net_spent", "m"))


def _score(column: str, name: str) -> str:
    return scores_sql.score("k", column, [f"CAST(:{name}{index} AS BIGINT)" for index in range(4)])


def _stage() -> str:
    later = " ".join(f"WHEN elapsed <= gap_us * :b{index} THEN '{name}'" for index, name in enumerate(lifecycle.LATER[:-1], 1))
    return (
        f"CASE WHEN visits = 0 THEN '{lifecycle.PROSPECT}' "
        f"WHEN elapsed <= gap_us * :b0 THEN CASE WHEN visits = 1 THEN 'new' ELSE 'active' END {later} "
        f"ELSE '{lifecycle.LATER[-1]}' END"
    )


_STAGE = _stage()
