"""Accounts in a store -> people: one set-based path for one record (webhook) and for a page of thousands (import)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent, merge
from plugin_core.customers.identity import People, normalise_email
from plugin_core.customers.models import StoreCustomer
from plugin_core.records import CustomerRecord, Deletion
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

_TABLE = metadata.tables[StoreCustomer.__tablename__]
_COLUMNS = (
    *("store_id", "external_id", "customer_id", "email", "tags", "role", "platform_group", "created_at", "modified_at"),
    *("content_hash", "placeholder", "deleted_at"),
)


class KnownAccount(NamedTuple):
    customer_id: int
    modified_at: int
    content_hash: str
    placeholder: bool
    email: str


def known_accounts(session: Session, store: Store, external_ids: Sequence[str]) -> dict[str, KnownAccount]:
    rows = bulk.select(
        session,
        f"SELECT external_id, customer_id, modified_at, content_hash, placeholder, email FROM store_customers "
        f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        store.id,
        bulk.values(session, external_ids),
    )
    return {row[0]: KnownAccount(*row[1:]) for row in rows}


def apply_customers(session: Session, store: Store, people: People, records: Sequence[CustomerRecord], *, now: int) -> set[int]:
    """Take in accounts; returns the ids of people touched. Older than what is stored: only its address link is kept."""
    known = known_accounts(session, store, [record.external_id for record in records])
    fresh = [record for record in records if not _same(record, known.get(record.external_id))]
    if not fresh:
        return set()
    addresses = {record.external_id: _addresses(record) for record in fresh}
    people.load_addresses(address for found in addresses.values() for address in found)
    persons = {external_id: account.customer_id for external_id, account in known.items()}
    rows: dict[str, tuple[object, ...]] = {}
    newest: dict[str, CustomerRecord] = {}
    nameless = []
    for record in sorted(fresh, key=lambda record: record.modified_at):
        ext = record.external_id
        person = persons.get(ext)
        found = addresses[ext]
        if person is None:
            owner = next((people.by_address[address] for address in found if address in people.by_address), None)
            person = owner if owner is not None else people.new(found[0] if found else f"{store.key}:{ext}", _since(record))
            persons[ext] = person
        if ext in known and known[ext].placeholder and found:
            people.confirm(person, found[0])
        for address in found:
            people.link(person, address)
        email = normalise_email(record.email)
        people.describe(
            person,
            record.modified_at,
            email=email,
            phone=record.phone,
            first_name=record.first_name,
            last_name=record.last_name,
            locale=record.locale,
            country=record.country,
            birthday=record.birthday,
        )
        people.seen(person, _since(record))
        stored = known.get(ext)
        if stored is not None and not stored.placeholder and record.modified_at < stored.modified_at:
            continue
        if stored is not None and stored.placeholder and not email:
            nameless.append(ext)
        newest[ext] = record
        rows[ext] = (
            *(store.id, ext, person, record.email, json.dumps(record.tags), record.role, record.platform_group),
            *(record.created_at, record.modified_at, record.content_hash, False, None),
        )
    people.save()
    bulk.upsert(session, _TABLE, _COLUMNS, list(rows.values()), key=("store_id", "external_id"), update=_COLUMNS[3:])
    _link_billing_addresses(session, store, people, nameless, persons)
    statements = [
        consent.Statement(
            persons[ext],
            store.id,
            said.channel,
            said.state,
            said.source,
            said.text_version,
            _consent_at(record, said.state, said.at),
        )
        for ext, record in newest.items()
        for said in record.consents
    ]
    consent.record_many(session, statements, recorded_at=now)
    touched = {persons[ext] for ext in addresses}
    return merge.settle(session, people, touched, now=now)


def forget_accounts(session: Session, store: Store, deletions: Sequence[Deletion]) -> set[int]:
    """The store says these accounts are gone; people and their orders stay."""
    touched = set()
    for deletion in deletions:
        rows = bulk.select(
            session,
            "SELECT id, customer_id FROM store_customers WHERE store_id = ? AND external_id = ?",
            store.id,
            deletion.external_id,
        )
        for row_id, customer_id in rows:
            bulk.execute(
                session, "UPDATE store_customers SET deleted_at = ?, content_hash = '' WHERE id = ?", deletion.at, row_id
            )
            touched.add(customer_id)
    return touched


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


def _since(record: CustomerRecord) -> int:
    return record.created_at if record.created_at is not None else record.modified_at


def _consent_at(record: CustomerRecord, state: str, at: int | None) -> int:
    """An undated opt-in counts from the account's beginning, so that it never overrides a refusal; an undated refusal from now on."""
    if at is not None:
        return at
    return record.modified_at if state == "unsubscribed" else record.created_at or 0


def _link_billing_addresses(
    session: Session, store: Store, people: People, external_ids: Sequence[str], persons: dict[str, int]
) -> None:
    """An account that turns out to have no e-mail is known by the addresses given with its orders."""
    if not external_ids:
        return
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
