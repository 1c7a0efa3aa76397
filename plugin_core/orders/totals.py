"""The store's own totals of a person, where older orders can't be seen: they stand in until the orders themselves do.

What only orders can tell (lines, codes, refunds, the rhythm, the first order) stays as the orders seen tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.orders import stale
from plugin_core.orders.measures import MEASURES
from plugin_core.records import CustomerRecord
from plugin_core.stores.connect import SEEN_DAYS, TOTALS_KEPT
from plugin_core.stores.models import Store


class Totals(NamedTuple):
    orders: int
    spent: int | None
    last_order_at: int | None


def needed(store: Store) -> bool:
    facts = store.facts or {}
    return bool(facts.get(SEEN_DAYS) or facts.get(TOTALS_KEPT))


def all_taken_in(session: Session, store: Store) -> None:
    """The orders have come to their end. Where all of them can be seen now, they take the totals' place."""
    facts = store.facts or {}
    if facts.get(SEEN_DAYS) or not facts.get(TOTALS_KEPT):
        return
    store.facts = {name: value for name, value in facts.items() if name != TOTALS_KEPT}
    rows = bulk.select(
        session, "SELECT store_id, customer_id FROM customer_stats WHERE store_id = ? AND unseen_orders > 0", store.id
    )
    stale.mark(session, [(store_id, person) for store_id, person in rows])


def keep(session: Session, store: Store, records: Sequence[CustomerRecord]) -> None:
    """The newest word counts; a record without totals says nothing about them."""
    if not needed(store):
        return
    told = [(record, record.totals) for record in records if record.totals is not None]
    bulk.update_rows(
        session,
        "UPDATE store_customers SET totals_orders = ?, totals_spent = ?, totals_last_at = ?, totals_at = ? "
        "WHERE store_id = ? AND external_id = ? AND COALESCE(totals_at, 0) <= ?",
        [
            (*totals, record.modified_at, store.id, record.external_id, record.modified_at)
            for record, totals in sorted(told, key=lambda each: each[0].modified_at)
        ],
    )


def of(session: Session, store: Store, people: Sequence[int]) -> dict[int, Totals]:
    """Person -> what all their accounts in the store add up to."""
    if not needed(store):
        return {}
    rows = bulk.select(
        session,
        "SELECT customer_id, SUM(totals_orders), SUM(totals_spent), MAX(totals_last_at), COUNT(*) - COUNT(totals_spent) "
        f"FROM store_customers WHERE store_id = ? AND totals_orders > 0 AND customer_id IN ({bulk.listed(session, 'bigint')}) "
        "GROUP BY customer_id",
        store.id,
        bulk.values(session, people),
    )
    return {person: Totals(int(orders), None if untold else int(spent), last) for person, orders, spent, last, untold in rows}


def stand_in(measures: tuple[Any, ...], totals: Totals) -> tuple[Any, ...]:
    """``measures`` of the orders seen, in the order of MEASURES; unchanged where the store counts no more than those."""
    seen = dict(zip(MEASURES, measures, strict=True))
    unseen = totals.orders - seen["orders_count"]
    if unseen <= 0:
        return measures
    last = max((moment for moment in (seen["last_order_at"], totals.last_order_at) if moment is not None), default=None)
    if last is None:  # that somebody bought is known, but not when: nothing can be said of their rhythm
        return (*measures[:-1], unseen)
    seen |= {
        "orders_count": totals.orders,
        "last_order_at": last,
        "last_touch_order_at": max(seen["last_touch_order_at"] or last, last),
        "visits": max(seen["visits"], min(totals.orders, 2)),
        "last_visit_at": max(seen["last_visit_at"] or last, last),
        "first_order_at": seen["first_order_at"] or last,
        "unseen_orders": unseen,
    }
    if totals.spent is not None:
        seen["priced_orders"] = seen["priced_orders"] + unseen
        seen["net_spent"] = max(seen["net_spent"], totals.spent)
        seen["received"] = seen["net_spent"] + seen["refunded"]
    return tuple(seen[name] for name in MEASURES)
