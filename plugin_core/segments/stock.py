"""The segments every store begins with, each written in the rule language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput
from plugin_core.segments.models import Segment
from plugin_core.segments.rules import dump, parse
from plugin_core.stores.models import Store

MAX_SEGMENTS = 62  # bits of a signed 64-bit number, less the sign and one to spare


def _leaf(field: str, op: str, value: Any, **within: int) -> dict[str, Any]:
    body = {"field": field, "op": op, "value": value}
    return body | ({"within": within} if within else {})


def _all(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(rules)}


def _lapsed(days: int, until: int) -> dict[str, Any]:
    return _all(_leaf("days_since_last_order", ">=", days), _leaf("days_since_last_order", "<", until))


# slug, name, description, rule
STOCK: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("brand_advocates", "Brand advocates", "Two or more orders in the last 6 months.", _leaf("orders", ">=", 2, months=6)),
    ("lapsed_60", "Lapsed 60 days", "Last order 60 to 90 days ago.", _lapsed(60, 90)),
    ("lapsed_90", "Lapsed 90 days", "Last order 90 to 120 days ago.", _lapsed(90, 120)),
    ("lapsed_120", "Lapsed 120 days", "Last order 120 days ago or longer.", _leaf("days_since_last_order", ">=", 120)),
    ("big_spenders", "Big spenders", "Among the 10 % who spent most.", _leaf("big_spender", "=", True)),
    ("one_time_buyers", "One-time buyers", "Came once and has not come back.", _leaf("visits", "=", 1)),
    (
        "second_order_due",
        "Second order due",
        "Came once; the second visit is due now.",
        _all(_leaf("visits", "=", 1), _leaf("lateness", ">=", 1), _leaf("lateness", "<=", 2)),
    ),
    (
        "subscribed_never_bought",
        "Subscribed, never bought",
        "May be e-mailed and has not ordered yet.",
        _all(_leaf("orders", "=", 0), _leaf("may_email", "=", True)),
    ),
    (
        "discount_only",
        "Discount only",
        "Two or more orders, all with a code.",
        _all(_leaf("orders", ">=", 2), _leaf("orders_without_code", "=", 0)),
    ),
    (
        "full_price_loyal",
        "Full-price loyal",
        "Three or more orders, none with a code.",
        _all(_leaf("orders", ">=", 3), _leaf("orders_with_code", "=", 0)),
    ),
    (
        "serial_returners",
        "Serial returners",
        "Three or more orders, 40 percent or more of the money given back.",
        _all(_leaf("orders", ">=", 3), _leaf("refunded_share", ">=", 40)),
    ),
    ("recent_refund", "Recent refund", "A refund in the last 14 days.", _leaf("days_since_last_refund", "<=", 14)),
    ("birthday_month", "Birthday month", "Has a birthday this month.", _leaf("birthday_month", "=", True)),
    (
        "high_value_slipping",
        "High value, slipping",
        "Among those who spent most, and later than usual.",
        _all(_leaf("monetary_score", "=", 5), _leaf("lifecycle", "in", ["slipping", "at_risk"])),
    ),
)


def ensure_stock(session: Session, store: Store, *, now: int) -> None:
    """Create what is missing and correct what differs; a changed rule takes effect at the next evaluation of everybody."""
    present = {segment.slug: segment for segment in session.scalars(select(Segment).where(Segment.store_id == store.id))}
    for slug, name, description, rule in STOCK:
        segment = present.get(slug)
        if segment is None:
            bit = free_bit(present.values(), store)
            present[slug] = segment = Segment(store_id=store.id, slug=slug, bit=bit, stock=True, rule=rule, rule_changed_at=now)
            segment.name, segment.description = name, description
            session.add(segment)
        elif segment.rule != rule:
            segment.rule, segment.rule_changed_at = dump(parse(rule)), now
            store.yardsticks_due = True
        if (segment.name, segment.description, segment.stock) != (name, description, True):
            segment.name, segment.description, segment.stock = name, description, True
    session.flush()


def free_bit(present: Iterable[Segment], store: Store) -> int:
    """A removed segment keeps its bit until nobody carries it any more."""
    taken = {segment.bit for segment in present}
    free = next((bit for bit in range(MAX_SEGMENTS) if bit not in taken), None)
    if free is None:
        raise InvalidInput(f"{store.key}: there are {MAX_SEGMENTS} segments already.", mend="Remove one before adding another.")
    return free
