"""The one way in: records of any kind, one (a webhook) or five thousand (an import page), in any order, any number of times."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import tombstones
from plugin_core.customers import merge
from plugin_core.customers.people import People
from plugin_core.customers.privacy import door
from plugin_core.customers.upsert import apply_customers, forget_accounts
from plugin_core.locks import hold_account
from plugin_core.orders import stale
from plugin_core.orders.checkouts import apply_checkouts, remove_checkouts
from plugin_core.orders.upsert import apply_orders, remove_orders
from plugin_core.products.upsert import apply_products, retire_products
from plugin_core.records import CheckoutRecord, CustomerRecord, Deletion, OrderRecord, ProductRecord, Record
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import StoreSettings

_PAGE = 500  # records; fewer leave the garbage collector alone


class Applied(NamedTuple):
    """How many records came, and how many of them changed anything."""

    received: int
    changed: int


def upsert_many(session: Session, store: Store, settings: StoreSettings, records: Iterable[Record], *, now: int) -> Applied:
    """Newest wins by the platform's modified time; the same again changes nothing. Marks people stale; works out no numbers.

    One account's records are taken in one transaction after the other (SQLite has one writer anyway).
    """
    kinds: dict[type, list[Any]] = {CustomerRecord: [], OrderRecord: [], ProductRecord: [], CheckoutRecord: [], Deletion: []}
    received = 0
    for record in records:
        kinds[type(record)].append(record)
        received += 1
    if not received:
        return Applied(0, 0)
    with _no_collection(received):
        return Applied(received, _apply(session, store, settings, kinds, now))


@contextmanager
def _no_collection(records: int) -> Iterator[None]:
    """A page makes some hundred thousand tuples and no cycle: looking for cycles meanwhile costs a fifth of its time."""
    if records < _PAGE or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _apply(session: Session, store: Store, settings: StoreSettings, kinds: dict[type, list[Any]], now: int) -> int:
    # Two imports of one account at once would both make the person behind a new address.
    hold_account(session, store.account_id)
    reborn = door.pass_through(session, store, kinds)
    deletions: list[Deletion] = kinds[Deletion]
    tombstones.note(session, store.id, deletions)
    changed = apply_products(session, store, kinds[ProductRecord])
    people = People(session, session.get_one(Account, store.account_id), reborn)
    touched = apply_customers(session, store, people, kinds[CustomerRecord], now=now)
    stale.mark(session, [(store.id, person) for person in sorted(touched)])
    changed += len(touched)
    changed += apply_orders(session, store, settings, people, kinds[OrderRecord], now=now)
    changed += apply_checkouts(session, store, people, kinds[CheckoutRecord])
    changed += _join_merged(session, store, people, kinds, now)
    return changed + _delete(session, store, deletions)


def _join_merged(session: Session, store: Store, people: People, kinds: dict[type, list[Any]], now: int) -> int:
    """Accounts that the store itself merged are one person, whatever came first."""
    accounts = {record.external_id for record in kinds[CustomerRecord]}
    accounts |= {record.customer_id for kind in (OrderRecord, CheckoutRecord) for record in kinds[kind] if record.customer_id}
    accounts |= {name for each in kinds[Deletion] if each.heir for name in (each.external_id, each.heir)}
    people.joined += tombstones.inherited(session, store.id, accounts) if accounts else []
    joined = {person for pair in people.joined for person in pair}
    merge.settle(session, people, joined, now=now, reason="merged in the store")
    return len(joined)


def _delete(session: Session, store: Store, deletions: list[Deletion]) -> int:
    by_resource: dict[str, list[Deletion]] = {}
    for deletion in deletions:
        by_resource.setdefault(deletion.resource, []).append(deletion)
    changed = remove_orders(session, store, by_resource["orders"]) if "orders" in by_resource else 0
    changed += retire_products(session, store, by_resource.get("products", []))
    changed += remove_checkouts(session, store, by_resource.get("checkouts", []))
    gone = forget_accounts(session, store, by_resource.get("customers", []))
    stale.mark(session, [(store.id, person) for person in sorted(gone)])
    return changed + len(gone)
