"""The table of everything a rule can ask about: name, kind, where SQL finds it, how it is read from one person's facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugin_core.segments import lifecycle, rfm
from plugin_core.segments.facts import Facts
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import MAX_CHOICES

COMPARE = ("=", "!=", ">", ">=", "<", "<=")
ORDER = (">", ">=", "<", "<=")
CHOOSE = ("=", "!=", "in", "not in")
OPS = {
    "number": COMPARE,
    "orders": COMPARE,
    "elapsed": ORDER,  # days of 24 hours since a moment
    "lateness": ORDER,
    "choice": CHOOSE,
    "flag": ("=",),
    "bought": ("in", "not in"),
    "tags": ("in", "not in"),
    "dates": ("between",),  # two days in the store's zone, both included
}
CONSENT_STATES = ("subscribed", "pending", "unsubscribed", "unknown")
_PERCENT = "s.refunded * CAST(100 AS DOUBLE PRECISION) / NULLIF(s.received, 0)"
_AVERAGE = "s.net_spent * CAST(1 AS DOUBLE PRECISION) / NULLIF(s.priced_orders, 0)"
_CONSENT = (
    "COALESCE((SELECT n.state FROM consents n WHERE n.customer_id = s.customer_id AND n.store_id = :store "
    "AND n.channel = '{}'), 'unknown')"
)
_COUNTRY = "(SELECT c.country FROM customers c WHERE c.id = s.customer_id)"


@dataclass(frozen=True, slots=True)
class Field:
    kind: str
    words: str  # as it stands in a sentence: "{words} is at least 3"
    sql: str  # an expression over `s` (see source.py); what it means depends on the kind
    read: Callable[[Facts, Frame], Any]  # the same from one person's facts; None where unknown
    choices: tuple[str, ...] = ()  # allowed values, where they are known beforehand
    money: bool = False
    windowed: bool = False

    @property
    def ops(self) -> tuple[str, ...]:
        return OPS[self.kind]

    def check(self, op: str, value: Any) -> Any:
        """``value`` in its canonical form. ValueError says what is expected instead."""
        if self.kind in ("number", "lateness"):
            return _number(value)
        if self.kind in ("orders", "elapsed"):
            return _whole(value)
        if self.kind == "flag":
            if isinstance(value, bool):
                return value
            raise ValueError("true or false")
        if self.kind == "dates":
            return _dates(value)
        if op in ("in", "not in"):
            if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MAX_CHOICES:
                raise ValueError(f"a list of 1 to {MAX_CHOICES} texts")
            return tuple(self._choice(item) for item in value)
        return self._choice(value)

    def _choice(self, value: Any) -> str:
        # PostgreSQL holds no NUL in a text.
        if isinstance(value, str) and "\0" not in value and (not self.choices or value in self.choices):
            return value
        raise ValueError("one of " + ", ".join(self.choices) if self.choices else "text")


def _number(value: Any) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 2**53:
        return value
    raise ValueError("a number")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 36_500:
        return value
    raise ValueError("a whole number from 0 to 36500")


def _dates(value: Any) -> tuple[str, str]:
    try:
        first, last = value
        if date(1970, 1, 2) <= date.fromisoformat(first) <= date.fromisoformat(last) <= date(2999, 12, 31):
            return (first, last)
    except (TypeError, ValueError) as problem:
        raise ValueError("two days, as in 2026-01-31") from problem
    raise ValueError("two days from 1970 to 2999, the earlier one first")


def _score(index: int) -> Callable[[Facts, Frame], int | None]:
    def read(facts: Facts, frame: Frame) -> int | None:
        scores = facts.scores(frame)
        return None if scores is None else scores[index]

    return read


def _consent(channel: str) -> Callable[[Facts, Frame], str]:
    return lambda facts, _: dict(facts.consents).get(channel, "unknown")


def _lateness(facts: Facts, frame: Frame) -> tuple[int, float] | None:
    """Time since the last visit and the expected gap, both in microseconds."""
    gap = facts.expected_gap_days(frame)
    if gap is None or facts.last_visit_at is None:
        return None
    return frame.now - facts.last_visit_at, gap * 86_400_000_000.0


def _big(facts: Facts, frame: Frame) -> bool:
    return frame.big_spent is not None and facts.orders_count > 0 and facts.net_spent >= frame.big_spent


FIELDS: dict[str, Field] = {
    "orders": Field("orders", "number of orders", "s.orders_count", lambda f, _: f.orders_count, windowed=True),
    "orders_with_code": Field("number", "orders with a discount code", "s.code_orders", lambda f, _: f.code_orders),
    "orders_without_code": Field(
        "number", "orders without a code", "(s.orders_count - s.code_orders)", lambda f, _: f.orders_count - f.code_orders
    ),
    "net_spent": Field("number", "net spent", "s.net_spent", lambda f, _: f.net_spent, money=True),
    "net_merchandise": Field("number", "net merchandise", "s.net_merchandise", lambda f, _: f.net_merchandise, money=True),
    "average_order": Field(
        "number", "average order", _AVERAGE, lambda f, _: f.net_spent / f.priced_orders if f.priced_orders else None, money=True
    ),
    "refunded_share": Field(
        "number", "refunded share (%)", _PERCENT, lambda f, _: f.refunded * 100.0 / f.received if f.received else None
    ),
    "big_spender": Field("flag", "among the 10 % who spent most", "(s.orders_count > 0 AND s.net_spent >= :big)", _big),
    "days_since_last_order": Field("elapsed", "days since the last order", "s.last_order_at", lambda f, _: f.last_order_at),
    "days_since_first_order": Field("elapsed", "days since the first order", "s.first_order_at", lambda f, _: f.first_order_at),
    "days_since_last_refund": Field("elapsed", "days since the last refund", "s.last_refund_at", lambda f, _: f.last_refund_at),
    "visits": Field("number", "visits", "s.visits", lambda f, _: f.visits),
    "own_gap_days": Field("number", "own days between visits", "s.own_gap_days", lambda f, _: f.own_gap_days),
    "expected_gap_days": Field(
        "number", "expected days between visits", "s.gap_days", lambda f, frame: f.expected_gap_days(frame)
    ),
    "lateness": Field("lateness", "lateness", "s.gap_us", _lateness),
    "ordered": Field(
        "dates", "an order placed", "o.placed_at", lambda f, _: tuple(purchase.placed_at for purchase in f.purchases)
    ),
    "first_ordered": Field(
        "dates",
        "the first order placed",
        "s.first_order_at",
        lambda f, _: (f.first_order_at,) if f.first_order_at is not None else (),
    ),
    "last_ordered": Field(
        "dates",
        "the last order placed",
        "s.last_order_at",
        lambda f, _: (f.last_order_at,) if f.last_order_at is not None else (),
    ),
    "product": Field("bought", "bought product", "l.product_id", lambda f, _: f.purchases, windowed=True),
    "category": Field("bought", "bought from category", "pc.category", lambda f, _: f.purchases, windowed=True),
    "country": Field("choice", "country", _COUNTRY, lambda f, _: f.country),
    "tags": Field("tags", "store tags", "tags", lambda f, _: f.tags),
    "consent_email": Field("choice", "e-mail consent", _CONSENT.format("email"), _consent("email"), choices=CONSENT_STATES),
    "consent_sms": Field("choice", "SMS consent", _CONSENT.format("sms"), _consent("sms"), choices=CONSENT_STATES),
    "may_email": Field("flag", "may be e-mailed", "s.may_email", lambda f, _: f.may_email),
    "points": Field("number", "points", "s.points", lambda f, _: f.points),
    "points_pending": Field("number", "pending points", "s.points_pending", lambda f, _: f.points_pending),
    "tier": Field("choice", "tier", "s.tier", lambda f, _: f.tier),
    "lifecycle": Field("choice", "lifecycle", "s.lifecycle", lambda f, frame: f.lifecycle(frame), choices=lifecycle.STAGES),
    "rfm": Field("choice", "RFM group", "s.rfm_group", lambda f, frame: rfm.group(f.scores(frame)), choices=rfm.GROUP_NAMES),
    "recency_score": Field("number", "recency score", "s.r", _score(0)),
    "frequency_score": Field("number", "frequency score", "s.f", _score(1)),
    "monetary_score": Field("number", "monetary score", "s.m", _score(2)),
    "birthday_month": Field(
        "flag", "birthday this month", "(substr(s.birthday, 1, 2) = :month)", lambda f, frame: f.birthday[:2] == frame.month
    ),
}
