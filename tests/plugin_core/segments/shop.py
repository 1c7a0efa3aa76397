"""A small shop for the segment tests: people with orders, and their metrics worked out from them by plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import tables
from plugin_core.clock import DAY_US
from plugin_core.stores.models import Account, Store

NOW = 1_795_348_800 * 1_000_000  # 2026-11-22T12:00Z
VISIT_US = 12 * 3600 * 1_000_000


class Bought(NamedTuple):
    at: int
    received: int = 5_000
    refunded: int = 0
    refunded_at: int | None = None
    with_code: bool = False
    known: bool = True  # its money is known in the store's currency
    products: tuple[str, ...] = ()
    counted: bool = True


class Person(NamedTuple):
    orders: tuple[Bought, ...] = ()
    country: str = ""
    birthday: str = ""
    tags: tuple[str, ...] = ()
    consents: tuple[tuple[str, str], ...] = ()
    points: int = 0
    points_pending: int = 0
    tier: str = ""
    may_email: bool = False


def days_ago(days: float, *, now: int = NOW) -> int:
    return now - round(days * DAY_US)


def open_store(session: Session, *, key: str = "ada-shop", zone: str = "Europe/Istanbul") -> Store:
    account = Account(key=f"{key}-account", name="Ada", secret="", reporting_currency="EUR", created_at=0)
    session.add(account)
    session.flush()
    store = Store(
        account_id=account.id, key=key, platform="shopify", address=key, name=key, currency="EUR", zone=zone, connected_at=0
    )
    session.add(store)
    session.flush()
    return store


def add_people(session: Session, store: Store, people: Sequence[Person], *, first_id: int = 1) -> list[int]:
    ids = list(range(first_id, first_id + len(people)))
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    for person_id, person in zip(ids, people, strict=True):
        key = f"{person_id:016x}"
        rows["customers"].append(
            {"id": person_id, "account_id": store.account_id, "key": key, "country": person.country, "birthday": person.birthday}
            | {"since": 0, "key_since": 0}
        )
        rows["store_customers"].append(
            {"store_id": store.id, "external_id": key, "customer_id": person_id, "tags": list(person.tags)}
        )
        rows["consents"] += [
            {"customer_id": person_id, "store_id": store.id, "channel": channel, "state": state, "source": "test", "at": 0}
            for channel, state in person.consents
        ]
        for number, order in enumerate(person.orders):
            order_id = person_id * 1000 + number
            rows["orders"].append(_order(store, person_id, order_id, order))
            rows["order_lines"] += [_line(order_id, position, product) for position, product in enumerate(order.products)]
        rows["customer_stats"].append({"store_id": store.id, "customer_id": person_id} | measure(person))
    for name in _TABLES:
        if rows[name]:
            session.execute(sa.insert(tables.metadata.tables[name]), rows[name])
    return ids


_TABLES = ("customers", "store_customers", "consents", "orders", "order_lines", "customer_stats")


def measure(person: Person) -> dict[str, Any]:
    """The metrics of the person's counted orders."""
    orders = sorted((order for order in person.orders if order.counted), key=lambda order: order.at)
    times = [order.at for order in orders]
    starts: list[int] = []
    for at in times:
        if not starts or at - starts[-1] > VISIT_US:
            starts.append(at)
    priced = [order for order in orders if order.known]
    refunds = [order.refunded_at for order in orders if order.refunded_at is not None]
    return {
        "orders_count": len(orders),
        "priced_orders": len(priced),
        "net_spent": sum(max(0, order.received - order.refunded) for order in priced),
        "net_merchandise": sum(max(0, order.received - order.refunded) for order in priced),
        "received": sum(order.received for order in priced),
        "refunded": sum(order.refunded for order in priced),
        "code_orders": sum(order.with_code for order in orders),
        "first_order_at": times[0] if times else None,
        "last_order_at": times[-1] if times else None,
        "previous_order_at": times[-2] if len(times) > 1 else None,
        "last_touch_order_at": max((order.at for order in person.orders), default=None),
        "last_refund_at": max(refunds, default=None),
        "visits": len(starts),
        "last_visit_at": starts[-1] if starts else None,
        "own_gap_days": (starts[-1] - starts[0]) / (len(starts) - 1) / DAY_US if len(starts) > 1 else None,
        "points": person.points,
        "points_pending": person.points_pending,
        "tier": person.tier,
        "may_email": person.may_email,
    }


def _order(store: Store, person_id: int, order_id: int, order: Bought) -> dict[str, Any]:
    net = max(0, order.received - order.refunded) if order.known else None
    return {
        "id": order_id,
        "store_id": store.id,
        "external_id": str(order_id),
        "customer_id": person_id,
        "placed_at": order.at,
        "modified_at": order.at,
        "content_hash": "",
        "status": "paid",
        "counted": order.counted,
        "void": False,
        "test": False,
        "currency": "EUR",
        "total": order.received,
        "refunded": order.refunded,
        "merchandise": order.received,
        "net": net,
        "received": order.received if order.known else None,
        "basis": net,
        "current_merchandise": net or 0,
        "with_code": order.with_code,
    }


def _line(order_id: int, position: int, product: str) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "position": position,
        "external_id": str(position),
        "product_id": product,
        "variant_id": "",
        "sku": "",
        "title": product,
        "quantity": 1,
        "current_quantity": 1,
        "net": 0,
        "current_net": 0,
        "gift_card": False,
    }
