"""Begun checkouts -> table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk, tombstones
from plugin_core.customers import ghosts
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.people import People
from plugin_core.customers.upsert import known_accounts
from plugin_core.orders import stale
from plugin_core.orders.models import Checkout
from plugin_core.records import CheckoutRecord, Deletion
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

_TABLE = metadata.tables[Checkout.__tablename__]
_COLUMNS = (
    *("store_id", "external_id", "customer_id", "account_external_id", "email", "first_name", "locale", "created_at"),
    *("completed_at", "modified_at", "content_hash", "currency", "total", "recovery_url", "offer_url", "items"),
    "covered_by_platform",
)
_Stored = tuple[int, str, int | None, str]  # modified time, content hash, person, account


def apply_checkouts(session: Session, store: Store, people: People, records: Sequence[CheckoutRecord]) -> int:
    """Newest wins; the number that changed anything. The person is found, or made, as for an order."""
    newest: dict[str, CheckoutRecord] = {}
    for record in records:
        if record.external_id not in newest or record.modified_at >= newest[record.external_id].modified_at:
            newest[record.external_id] = record
    if not newest:
        return 0
    stored = _stored(session, store, newest)
    deleted = tombstones.moments(session, store.id, "checkouts", newest)
    fresh = [
        record
        for ext, record in newest.items()
        if _is_news(record, stored.get(ext)) and deleted.get(ext, record.modified_at - 1) < record.modified_at
    ]
    persons = _persons(session, store, people, fresh)
    rows = [_row(store, record, person) for record, person in zip(fresh, persons, strict=True)]
    people.save()
    bulk.upsert(session, _TABLE, _COLUMNS, rows, key=_COLUMNS[:2], update=_COLUMNS[2:])
    former = {stored[record.external_id][2] for record in fresh if record.external_id in stored} - {None, *persons}
    gone = ghosts.bereave(session, {person for person in former if person is not None})
    ghosts.drop_unnamed(session, store, {each[3] for each in stored.values()} - {"", *(record.customer_id for record in fresh)})
    people.gone(gone)
    touched = {person for person in former.union(persons) if person is not None} - gone
    stale.mark(session, [(store.id, person) for person in sorted(touched)])
    return len(fresh)


def remove_checkouts(session: Session, store: Store, deletions: Sequence[Deletion]) -> int:
    """The store no longer has them: there is nothing left to be reminded of."""
    changed = 0
    for deletion in deletions:
        where = "store_id = ? AND external_id = ? AND modified_at <= ?"
        key = (store.id, deletion.external_id, deletion.at)
        people = {
            row[0] for row in bulk.select(session, f"SELECT customer_id FROM checkouts WHERE {where}", *key) if row[0] is not None
        }
        changed += bulk.execute(session, f"DELETE FROM checkouts WHERE {where}", *key)
        stale.mark(session, [(store.id, person) for person in people - ghosts.bereave(session, people)])
    return changed


def _stored(session: Session, store: Store, external_ids: dict[str, CheckoutRecord]) -> dict[str, _Stored]:
    rows = bulk.select(
        session,
        f"SELECT external_id, modified_at, content_hash, customer_id, account_external_id FROM checkouts "
        f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        store.id,
        bulk.values(session, external_ids),
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def _is_news(record: CheckoutRecord, stored: _Stored | None) -> bool:
    if stored is None or record.modified_at > stored[0]:
        return True
    return record.modified_at == stored[0] and record.content_hash != stored[1]


def _persons(session: Session, store: Store, people: People, records: Sequence[CheckoutRecord]) -> list[int | None]:
    accounts = known_accounts(session, store, {record.customer_id for record in records} - {""})
    persons = {ext: account.customer_id for ext, account in accounts.items()}
    people.load_addresses(normalise_email(record.email) for record in records if not record.customer_id)
    found: list[int | None] = []
    for record in records:
        ext, email = record.customer_id, normalise_email(record.email)
        if ext:
            if ext not in persons:
                persons[ext] = people.placeholder(store, ext, record.created_at)
            people.seen(persons[ext], record.created_at)
            found.append(persons[ext])
        elif email:
            person = people.guest(email, record.created_at)
            people.describe(
                person,
                record.created_at,
                email=email,
                first_name=record.first_name,
                last_name=record.last_name,
                locale=record.locale,
            )
            found.append(person)
        else:
            found.append(None)
    return found


def _row(store: Store, record: CheckoutRecord, person: int | None) -> tuple[Any, ...]:
    return (
        *(store.id, record.external_id, person, record.customer_id, normalise_email(record.email), record.first_name),
        *(record.locale, record.created_at, record.completed_at, record.modified_at, record.content_hash, record.currency),
        *(record.total, record.recovery_url, record.offer_url, json.dumps(record.items), record.covered_by_platform),
    )
