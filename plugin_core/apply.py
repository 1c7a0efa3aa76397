"""The one way in: records of any kind, one (a webhook) or five thousand (an import page), in any order, any number of times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core.customers.identity import People
from plugin_core.customers.upsert import apply_customers, forget_accounts
from plugin_core.orders import stale
from plugin_core.orders.checkouts import apply_checkouts
from plugin_core.orders.upsert import apply_orders, remove_orders
from plugin_core.products.upsert import apply_products, retire_products
from plugin_core.records import CheckoutRecord, CustomerRecord, Deletion, OrderRecord, ProductRecord, Record
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import StoreSettings


class Applied(NamedTuple):
    """How many records came, and how many of them changed anything."""

    received: int
    changed: int


def upsert_many(session: Session, store: Store, settings: StoreSettings, records: Iterable[Record], *, now: int) -> Applied:
    """Newest wins by the platform's modified time; the same again changes nothing. Marks people stale; works out no numbers."""
    customers: list[CustomerRecord] = []
    orders: list[OrderRecord] = []
    products: list[ProductRecord] = []
    checkouts: list[CheckoutRecord] = []
    deletions: list[Deletion] = []
    kinds: dict[type, list[Record]] = {
        CustomerRecord: customers,  # type: ignore[dict-item]
        OrderRecord: orders,  # type: ignore[dict-item]
        ProductRecord: products,  # type: ignore[dict-item]
        CheckoutRecord: checkouts,  # type: ignore[dict-item]
        Deletion: deletions,  # type: ignore[dict-item]
    }
    received = 0
    for record in records:
        kinds[type(record)].append(record)
        received += 1
    changed = apply_products(session, store, products)
    if customers or orders or checkouts:
        people = People(session, session.get_one(Account, store.account_id))
        touched = apply_customers(session, store, people, customers, now=now)
        stale.mark(session, [(store.id, person) for person in sorted(touched)])
        changed += len(touched)
        changed += apply_orders(session, store, settings, people, orders, now=now)
        changed += apply_checkouts(session, store, people, checkouts)
    changed += _delete(session, store, deletions)
    return Applied(received, changed)


def _delete(session: Session, store: Store, deletions: list[Deletion]) -> int:
    by_resource: dict[str, list[Deletion]] = {}
    for deletion in deletions:
        by_resource.setdefault(deletion.resource, []).append(deletion)
    changed = remove_orders(session, store, by_resource.get("orders", [])) if "orders" in by_resource else 0
    changed += retire_products(session, store, by_resource.get("products", []))
    gone = forget_accounts(session, store, by_resource.get("customers", []))
    stale.mark(session, [(store.id, person) for person in gone])
    return changed + len(gone)
