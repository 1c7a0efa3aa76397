"""The door behind which somebody erased stays: every record passes here before it is taken in.

about a time before they were erased    kept with the pseudonym, for the store's figures: without any address or name
later, no new opt-in                    an order counts as nobody's; accounts and checkouts are left out
from a day before a new opt-in on       somebody new, with a key and history of their own
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.models import Customer, StoreCustomer
from plugin_core.customers.privacy import identities
from plugin_core.customers.privacy.identities import Erasure, account_identity
from plugin_core.customers.privacy.traces import accounts_named, decoded
from plugin_core.records import CheckoutRecord, ConsentRecord, CustomerRecord, Deletion, OrderRecord, Rejected
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

# In a record that can't be translated anything may stand anywhere.
_ADDRESS = re.compile(r"[^\s\"'<>,;:\\()\[\]{}]+@[^\s\"'<>,;:\\()\[\]{}]+")
_PSEUDONYM = ("store_id", "external_id", "customer_id", "email", "tags", "role", "platform_group", "modified_at")
_REST = ("content_hash", "placeholder", "nameless", "deleted_at")

Found = Mapping[str, list[Erasure]]


class _Door(NamedTuple):
    session: Session
    store: Store
    found: Found
    known: Collection[str]  # external ids of the accounts we hold
    pseudonyms: dict[int, str]  # person -> account the orders are kept under
    learned: list[tuple[int, str, int]]  # person, identity, when erased


def pass_through(session: Session, store: Store, kinds: dict[type, list[Any]]) -> Mapping[str, str]:
    """Changes ``kinds`` in place. Identity -> what to draw the key from instead, of those who came back."""
    key = identities.key_of(session, store.account_id)
    if key is None:
        return {}
    wanted = {each for records in kinds.values() for record in records for each in _identities(store, record)}
    found = identities.erasures(session, store.account_id, key, wanted)
    if not found:
        return {}
    if _note_returns(session, store, kinds, found):
        found = identities.erasures(session, store.account_id, key, wanted)
    door = _Door(session, store, found, _known(session, store, kinds[OrderRecord]), {}, [])
    kinds[CustomerRecord] = [each for one in kinds[CustomerRecord] if (each := _account(door, one)) is not None]
    kinds[OrderRecord] = [_order(door, one) for one in kinds[OrderRecord]]
    kinds[CheckoutRecord] = [one for one in kinds[CheckoutRecord] if _passes(door, one)]
    kinds[Deletion] = [one for one in kinds[Deletion] if not _erased(door, _identities(store, one))]
    for customer_id, identity, erased_at in door.learned:
        identities.remember(session, store.account_id, customer_id, [identity], erased_at=erased_at)
    return {identity: f"{identity}#{past[-1].erased_at}" for identity, past in found.items() if past[-1].returned_at is not None}


def pseudonym(session: Session, store_id: int, customer: Customer, *, now: int) -> str:
    """The account under which an erased person's orders are kept in a store."""
    name = f"erased:{customer.key}"
    row = (store_id, name, customer.id, "", "[]", "", "", now, "", False, False, now)
    bulk.upsert(
        session, metadata.tables[StoreCustomer.__tablename__], (*_PSEUDONYM, *_REST), [row], key=("store_id", "external_id")
    )
    return name


def _identities(store: Store, record: object) -> list[str]:
    if isinstance(record, CustomerRecord):
        phone = f"tel:{record.phone}" if record.phone else ""
        return [account_identity(store.key, record.external_id), *_some(normalise_email(record.email), phone)]
    if isinstance(record, OrderRecord | CheckoutRecord):
        account = account_identity(store.key, record.customer_id) if record.customer_id else ""
        return _some(account, normalise_email(record.email))
    if isinstance(record, Deletion) and record.resource == "customers":
        return [account_identity(store.key, record.external_id)]
    return []


def _some(*identities: str) -> list[str]:
    return [each for each in identities if each]


def _erased(door: _Door, identities: Iterable[str]) -> list[Erasure]:
    """Of the first identity that is known to be erased."""
    return next((door.found[each] for each in identities if each in door.found), [])


def _account(door: _Door, record: CustomerRecord) -> CustomerRecord | None:
    names = _identities(door.store, record)
    past = _erased(door, names)
    if not past:
        return record
    last = past[-1]
    if last.returned_at is None:
        # Reached by an address: from now on their orders are known by the account, too.
        door.learned.append((last.customer_id, names[0], last.erased_at))
        return None
    said = tuple(each for each in record.consents if each.at is not None and each.at > last.erased_at)
    return record._replace(created_at=max(record.created_at or 0, last.returned_at), consents=said)


def _order(door: _Door, record: OrderRecord) -> OrderRecord:
    account, email = record.customer_id, normalise_email(record.email)
    past = door.found.get(account_identity(door.store.key, account), []) if account else []
    if not past:
        past = door.found.get(email, [])
        if past and account in door.known:  # somebody else's order, sent to the address of the one erased
            return record._replace(email="", first_name="", last_name="", phone="")
        if past and account:
            door.learned.append((past[-1].customer_id, account_identity(door.store.key, account), past[-1].erased_at))
    if not past:
        return record
    bare = record._replace(customer_id="", email="", first_name="", last_name="", phone="", consents=(), cart_token="")
    before = next((each for each in past if record.placed_at <= each.erased_at), None)
    if before is not None:
        return bare._replace(customer_id=_kept_under(door, before))
    returned_at = past[-1].returned_at
    return record if returned_at is not None and record.placed_at >= returned_at - DAY_US else bare


def _kept_under(door: _Door, erasure: Erasure) -> str:
    if erasure.customer_id not in door.pseudonyms:
        person = door.session.get_one(Customer, erasure.customer_id)
        door.pseudonyms[person.id] = pseudonym(door.session, door.store.id, person, now=erasure.erased_at)
    return door.pseudonyms[erasure.customer_id]


def _passes(door: _Door, record: CheckoutRecord) -> bool:
    past = _erased(door, _identities(door.store, record))
    return not past or (past[-1].returned_at is not None and record.created_at > past[-1].erased_at)


def _note_returns(session: Session, store: Store, kinds: Mapping[type, list[Any]], found: Found) -> bool:
    """Only their own word, given later, makes them known again; a purchase alone does not."""
    returned = False
    for record in (*kinds[CustomerRecord], *kinds[OrderRecord]):
        past = next((found[each] for each in _identities(store, record) if each in found), [])
        if past and past[-1].returned_at is None:
            when = [at for each in record.consents if (at := _opted_in(record, each)) > past[-1].erased_at]
            if when:
                identities.came_back(session, past[-1].customer_id, at=min(when))
                returned = True
    return returned


def _opted_in(record: CustomerRecord | OrderRecord, said: ConsentRecord) -> int:
    """When; 0 for any other word, and for an account's opt-in without a time: that may be an old one."""
    if said.state != "subscribed":
        return 0
    undated = record.placed_at if isinstance(record, OrderRecord) else 0
    return undated if said.at is None else said.at


def _known(session: Session, store: Store, orders: Iterable[OrderRecord]) -> set[str]:
    rows = bulk.select(
        session,
        f"SELECT external_id FROM store_customers WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        *(store.id, bulk.values(session, {each.customer_id for each in orders} - {""})),
    )
    return {row[0] for row in rows}


def names_erased(session: Session, store: Store, rejected: Rejected) -> bool:
    """Whether a record that can't be translated names somebody erased: such a one is not kept."""
    key = identities.key_of(session, store.account_id)
    if key is None:
        return False
    wanted = {normalise_email(each) for each in _ADDRESS.findall(rejected.raw.replace("\\/", "/"))}
    named = accounts_named(decoded(rejected.raw)) | ({rejected.external_id} if rejected.resource == "customers" else set())
    wanted |= {account_identity(store.key, each) for each in named if each}
    past = identities.erasures(session, store.account_id, key, wanted)
    return any(each[-1].returned_at is None for each in past.values())
