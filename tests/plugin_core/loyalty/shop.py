"""A shop with its people and orders, as short as a test wants to say it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.clock import to_us
from plugin_core.customers.models import Customer
from plugin_core.loyalty.models import PointsEntry, TierState
from plugin_core.orders.models import CustomerStats, Order
from plugin_core.stores.models import Account, Store


def us(text: str) -> int:
    """2026-05-01, or 2026-05-01 10:00; UTC."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def open_store(session: Session, key: str = "tea", *, zone: str = "UTC", currency: str = "EUR") -> Store:
    account = session.scalars(select(Account)).first()
    if account is None:
        account = Account(key="acme", name="Acme", secret="sealed", reporting_currency="EUR", created_at=0)
        session.add(account)
        session.flush()
    store = Store(
        account_id=account.id,
        key=key,
        platform="shopify",
        address=f"{key}.example",
        name=key.title(),
        currency=currency,
        zone=zone,
        capabilities=["customer_tags"],
        connected_at=0,
        first_import_at=None,
        yardsticks_at=None,
    )
    session.add(store)
    session.flush()
    return store


def meet(session: Session, store: Store, name: str) -> int:
    """A new person with a profile in the store; the customer's id."""
    key = f"{name:0>16}"
    person = Customer(account_id=store.account_id, key=key, since=0, merged_into=None, paused_until=None, erased_at=None)
    session.add(person)
    session.flush()
    session.add(
        CustomerStats(
            **dict.fromkeys(
                (
                    *("foreign_orders", "first_order_at", "last_order_at", "previous_order_at", "last_touch_order_at"),
                    *("last_refund_at", "last_visit_at", "own_gap_days", "expected_gap_days", "next_crossing_at"),
                )
            ),
            store_id=store.id,
            customer_id=person.id,
        )
    )
    session.flush()
    return person.id


def buy(session: Session, store: Store, customer_id: int | None, when: str | int, goods: int, **more: Any) -> Order:
    """``goods`` in minor units, nothing refunded of it unless ``basis`` says so."""
    placed_at = us(when) if isinstance(when, str) else when
    number = more.pop("external_id", None) or f"o{len(session.scalars(select(Order.id)).all()) + 1}"
    facts: dict[str, Any] = {"basis": goods, "counted": True, "currency": store.currency, "fx_rate": None, **more}
    order = Order(
        store_id=store.id,
        external_id=number,
        customer_id=customer_id,
        placed_at=placed_at,
        modified_at=placed_at,
        content_hash="",
        status="paid",
        void=False,
        test=False,
        total=goods,
        refunded=0,
        merchandise=goods,
        current_merchandise=goods,
        received=goods,
        net=goods,
        **facts,
    )
    session.add(order)
    session.flush()
    return order


def balance(session: Session, store: Store, customer_id: int) -> tuple[int, int, str]:
    """(points, pending points, tier) as everybody reads them."""
    session.flush()
    session.expire_all()
    stats = session.get_one(CustomerStats, (store.id, customer_id))
    return stats.points, stats.points_pending, stats.tier


def ledger(session: Session, store: Store, customer_id: int) -> list[tuple[str, str, int]]:
    rows = session.execute(
        select(PointsEntry.kind, PointsEntry.cause, PointsEntry.points)
        .where(PointsEntry.store_id == store.id, PointsEntry.customer_id == customer_id)
        .order_by(PointsEntry.id)
    )
    return [tuple(row) for row in rows]


def state(session: Session, store: Store, customer_id: int) -> TierState:
    session.flush()
    session.expire_all()
    return session.get_one(TierState, (store.id, customer_id))
