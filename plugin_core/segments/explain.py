"""Why somebody is, or is not, in a segment: condition by condition, with what was found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.db import is_sqlite
from plugin_core.errors import NotFound
from plugin_core.segments.facts import Facts, Purchase
from plugin_core.segments.frame import Frame
from plugin_core.segments.reading import found, leaf_holds
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule
from plugin_core.segments.words import describe, found_in_words
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node of the rule. ``value`` and ``found`` (the same in words) only for a condition."""

    truth: bool
    words: str
    found: str = ""
    value: Any = None
    parts: tuple[Explanation, ...] = ()
    joined_by: str = ""  # "all" | "any" | "not" | ""

    def lines(self, indent: int = 0) -> list[str]:
        """The tree as indented text."""
        mark = "yes" if self.truth else "no"
        own = {"all": "all of:", "any": "any of:", "not": "not:"}.get(self.joined_by, f"{self.words} (found: {self.found})")
        return [f"{'  ' * indent}{mark}: {own}", *(line for part in self.parts for line in part.lines(indent + 1))]


def explain(session: Session, store: Store, settings: StoreSettings, customer_id: int, rule: Rule, *, now: int) -> Explanation:
    """NotFound where the store does not know the person."""
    return judge(rule, load(session, store, customer_id), Frame.of(store, settings, now=now))


def judge(rule: Rule, facts: Facts, frame: Frame) -> Explanation:
    words = describe(rule, frame.currency)
    match rule:
        case Leaf():
            value = found(rule, facts, frame)
            return Explanation(leaf_holds(rule, value, frame), words, found_in_words(rule, value, frame), value)
        case Not(child):
            part = judge(child, facts, frame)
            return Explanation(not part.truth, words, parts=(part,), joined_by="not")
        case AllOf(rules) | AnyOf(rules):
            parts = tuple(judge(child, facts, frame) for child in rules)
            whole = isinstance(rule, AllOf)
            truth = all(part.truth for part in parts) if whole else any(part.truth for part in parts)
            return Explanation(truth, words, parts=parts, joined_by="all" if whole else "any")


_STATS = (
    *("orders_count", "priced_orders", "net_spent", "net_merchandise", "received", "refunded", "code_orders", "first_order_at"),
    *(
        "last_order_at",
        "last_refund_at",
        "visits",
        "last_visit_at",
        "own_gap_days",
        "points",
        "points_pending",
        "tier",
        "may_email",
    ),
)
_PURCHASES = """SELECT o.id, o.placed_at, l.product_id, pc.category FROM orders o
LEFT JOIN order_lines l ON l.order_id = o.id
LEFT JOIN product_categories pc ON pc.store_id = o.store_id AND pc.product_id = l.product_id
WHERE o.customer_id = ? AND o.store_id = ? AND o.counted ORDER BY o.placed_at, o.id"""


def load(session: Session, store: Store, customer_id: int) -> Facts:
    columns = ", ".join(f"s.{name}" for name in _STATS)
    rows = bulk.select(
        session,
        f"SELECT c.country, c.birthday, {columns} FROM customer_stats s JOIN customers c ON c.id = s.customer_id "
        "WHERE s.store_id = ? AND s.customer_id = ?",
        store.id,
        customer_id,
    )
    if not rows:
        raise NotFound(f"{store.key}: this store knows no customer {customer_id}.")
    country, birthday, *stats = rows[0]
    facts = Facts(country=country, birthday=birthday, **dict(zip(_STATS, stats, strict=True)))
    tags = bulk.select(
        session,
        "SELECT tags FROM store_customers WHERE customer_id = ? AND store_id = ? AND deleted_at IS NULL",
        customer_id,
        store.id,
    )
    consents = bulk.select(
        session, "SELECT channel, state FROM consents WHERE customer_id = ? AND store_id = ?", customer_id, store.id
    )
    orders: dict[int, tuple[int, set[str], set[str]]] = {}
    for order_id, placed_at, product, category in bulk.select(session, _PURCHASES, customer_id, store.id):
        _, products, categories = orders.setdefault(order_id, (placed_at, set(), set()))
        products.update([product] if product is not None else [])
        categories.update([category] if category is not None else [])
    return facts._replace(
        may_email=bool(facts.may_email),
        tags=frozenset(tag for (listed,) in tags for tag in (json.loads(listed) if is_sqlite(session) else listed)),
        consents=tuple(sorted(consents)),
        purchases=tuple(Purchase(at, frozenset(products), frozenset(categories)) for at, products, categories in orders.values()),
    )
