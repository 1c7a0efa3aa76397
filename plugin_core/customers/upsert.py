"""Accounts in a store -> people: one set-based path for one record (webhook) and for a page of thousands (import)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk, tombstones
from plugin_core.customers import consent, merge
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.models import StoreCustomer
from plugin_core.customers.people import People
from plugin_core.orders import totals
from plugin_core.records import ConsentRecord, CustomerRecord, Deletion
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

_TABLE = metadata.tables[StoreCustomer.__tablename__]
_COLUMNS = (
    *("store_id", "external_id", "customer_id", "email", "tags", "role", "platform_group", "created_at", "modified_at"),
    *("content_hash", "placeholder", "nameless", "deleted_at"),
)


class KnownAccount(NamedTuple):
    customer_id: int
    modified_at: int
    content_hash: str
    placeholder: bool
    nameless: bool


def known_accounts(session: Session, store: Store, external_ids: Iterable[str]) -> dict[str, KnownAccount]:
    rows = bulk.select(
        session,
        f"SELECT external_id, customer_id, modified_at, content_hash, placeholder, nameless FROM store_customers "
        f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        store.id,
        bulk.values(session, external_ids),
    )
    return {row[0]: KnownAccount(*row[1:]) for row in rows}


def apply_customers(session: Session, store: Store, people: People, records: Sequence[CustomerRecord], *, now: int) -> set[int]:
    """Take in accounts; returns the ids of people touched. Of an older version only addresses, fields and consent are kept."""
    known = known_accounts(session, store, {record.external_id for record in records}) if records else {}
    fresh = [record for record in records if not _same(record, known.get(record.external_id))]
    if not fresh:
        return set()
    persons = _persons(people, store, fresh, known)
    gone = tombstones.moments(session, store.id, "customers", persons)
    nameless = {ext for ext, account in known.items() if account.nameless}
    newly_nameless: set[str] = set()
    rows: dict[str, tuple[object, ...]] = {}
    at = {ext: account.modified_at for ext, account in known.items() if not account.placeholder}
    # Equal times: the one that came last is the fresher answer.
    for record in sorted(fresh, key=lambda record: record.modified_at):
        ext = record.external_id
        if not normalise_email(record.email) and ext not in nameless:
            nameless.add(ext)
            newly_nameless.add(ext)
        if record.modified_at >= at.get(ext, record.modified_at):
            deleted_at = gone.get(ext)
            rows[ext] = (
                *(store.id, ext, persons[ext], record.email, json.dumps(record.tags), record.role, record.platform_group),
                *(record.created_at, record.modified_at, record.content_hash, False, False),
                deleted_at if deleted_at is not None and deleted_at >= record.modified_at else None,
            )
    people.save()
    complete = [(*row[:-2], ext in nameless, row[-1]) for ext, row in rows.items()]
    bulk.upsert(session, _TABLE, _COLUMNS, complete, key=("store_id", "external_id"), update=_COLUMNS[3:])
    totals.keep(session, store, fresh)
    _mark_nameless(session, store, newly_nameless - rows.keys())
    _link_billing_addresses(session, store, people, newly_nameless & known.keys(), persons)
    consent.record_many(session, _statements(store, fresh, persons), recorded_at=now)
    return merge.settle(session, people, {persons[record.external_id] for record in fresh}, now=now)


def forget_accounts(session: Session, store: Store, deletions: Sequence[Deletion]) -> set[int]:
    """The store says these accounts are gone; people and their orders stay."""
    touched = set()
    for deletion in deletions:
        where = "store_id = ? AND external_id = ? AND modified_at <= ? AND COALESCE(deleted_at, 0) < ?"
        key = (store.id, deletion.external_id, deletion.at, deletion.at)
        touched |= {row[0] for row in bulk.select(session, f"SELECT customer_id FROM store_customers WHERE {where}", *key)}
        bulk.execute(session, f"UPDATE store_customers SET deleted_at = ? WHERE {where}", deletion.at, *key)
    return touched


def _persons(people: People, store: Store, fresh: Sequence[CustomerRecord], known: Mapping[str, KnownAccount]) -> dict[str, int]:
    """Who each account is: by its platform id, else by its address, else somebody new. Tells ``people`` all the records say."""
    addresses = [_addresses(record) for record in fresh]
    people.load_addresses(address for found in addresses for address in found)
    persons = {ext: account.customer_id for ext, account in known.items()}
    for record, found in zip(fresh, addresses, strict=True):
        ext = record.external_id
        person = persons.get(ext)
        if person is None:
            owner = next((people.by_address[address] for address in found if address in people.by_address), None)
            person = persons[ext] = people.new() if owner is None else owner
        for address in found:
            people.link(person, address)
        made = record.modified_at if record.created_at is None else record.created_at
        # The address's person: where that is somebody else, the two are about to become one.
        owner = people.by_address[found[0]] if found else person
        people.claim(owner, found[0] if found else f"{store.key}:{ext}", made, record.modified_at)
        people.seen(person, made)
        people.describe(
            person,
            record.modified_at,
            email=normalise_email(record.email),
            phone=record.phone,
            first_name=record.first_name,
            last_name=record.last_name,
            locale=record.locale,
            country=record.country,
            birthday=record.birthday,
        )
    return persons


def _same(record: CustomerRecord, stored: KnownAccount | None) -> bool:
    return stored is not None and stored.modified_at == record.modified_at and stored.content_hash == record.content_hash


def _addresses(record: CustomerRecord) -> list[str]:
    """Addresses that prove identity: the account's e-mail, and a phone only when verified and in E.164."""
    found = []
    email = normalise_email(record.email)
    if email:
        found.append(email)
    if record.phone_verified and record.phone.startswith("+") and record.phone[1:].isdigit():
        found.append(f"tel:{record.phone}")
    return found


def _statements(store: Store, records: Sequence[CustomerRecord], persons: Mapping[str, int]) -> list[consent.Statement]:
    return [
        consent.Statement(
            persons[record.external_id],
            store.id,
            said.channel,
            said.state,
            said.source,
            said.text_version,
            _consent_at(record, said),
            record.external_id,
        )
        for record in records
        for said in record.consents
        if said.state != "unknown" or said.at is not None  # "unknown" without a time: nobody ever said anything
    ]


def _consent_at(record: CustomerRecord, said: ConsentRecord) -> int:
    """An undated opt-in counts from the account's beginning and overrides no refusal; an undated refusal counts from now on."""
    if said.at is not None:
        return said.at
    return record.modified_at if said.state == "unsubscribed" else record.created_at or 0


def _mark_nameless(session: Session, store: Store, external_ids: Iterable[str]) -> None:
    bulk.update_rows(
        session,
        "UPDATE store_customers SET nameless = ? WHERE store_id = ? AND external_id = ?",
        [(True, store.id, ext) for ext in external_ids],
    )


def _link_billing_addresses(
    session: Session, store: Store, people: People, external_ids: Iterable[str], persons: Mapping[str, int]
) -> None:
    """An account that turns out to have no e-mail is known by the addresses given with its orders."""
    rows = bulk.select(
        session,
        f"SELECT account_external_id, email, MAX(placed_at) FROM orders WHERE store_id = ? AND email <> '' "
        f"AND account_external_id IN ({bulk.listed(session, 'text')}) GROUP BY account_external_id, email",
        store.id,
        bulk.values(session, external_ids),
    )
    people.load_addresses(row[1] for row in rows)
    for ext, email, at in rows:
        people.link(persons[ext], email)
        people.describe(persons[ext], at, email=email)
    people.save()
