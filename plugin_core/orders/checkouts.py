"""Begun checkouts -> table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.identity import People, normalise_email
from plugin_core.customers.upsert import known_accounts
from plugin_core.orders.models import Checkout
from plugin_core.records import CheckoutRecord
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

_TABLE = metadata.tables[Checkout.__tablename__]
_COLUMNS = (
    *(
        "store_id",
        "external_id",
        "customer_id",
        "account_external_id",
        "email",
        "first_name",
        "locale",
        "created_at",
        "completed_at",
    ),
    *("modified_at", "content_hash", "currency", "total", "recovery_url", "items", "covered_by_platform"),
)


def apply_checkouts(session: Session, store: Store, people: People, records: Sequence[CheckoutRecord]) -> int:
    """Newest wins; the number that changed anything. A checkout makes no new person by itself unless it gives an address."""
    newest: dict[str, CheckoutRecord] = {}
    for record in records:
        if record.external_id not in newest or record.modified_at >= newest[record.external_id].modified_at:
            newest[record.external_id] = record
    if not newest:
        return 0
    stored = {
        row[0]: (row[1], row[2])
        for row in bulk.select(
            session,
            f"SELECT external_id, modified_at, content_hash FROM checkouts WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
            store.id,
            bulk.values(session, newest),
        )
    }
    fresh = [
        record
        for ext, record in newest.items()
        if ext not in stored
        or record.modified_at > stored[ext][0]
        or (record.modified_at == stored[ext][0] and record.content_hash != stored[ext][1])
    ]
    accounts = known_accounts(session, store, [record.customer_id for record in fresh if record.customer_id])
    people.load_addresses(normalise_email(record.email) for record in fresh)
    rows = []
    for record in fresh:
        email = normalise_email(record.email)
        account = accounts.get(record.customer_id)
        person: int | None = account.customer_id if account else None
        if person is None and email and not record.customer_id:
            person = people.by_address.get(email)
            if person is None:
                person = people.new(email, record.created_at)
                people.link(person, email)
            people.describe(
                person,
                record.created_at,
                email=email,
                first_name=record.first_name,
                last_name=record.last_name,
                locale=record.locale,
            )
        rows.append(
            (
                *(
                    store.id,
                    record.external_id,
                    person,
                    record.customer_id,
                    email,
                    record.first_name,
                    record.locale,
                    record.created_at,
                ),
                *(
                    record.completed_at,
                    record.modified_at,
                    record.content_hash,
                    record.currency,
                    record.total,
                    record.recovery_url,
                ),
                *(json.dumps(record.items), record.covered_by_platform),
            )
        )
    people.save()
    bulk.upsert(session, _TABLE, _COLUMNS, rows, key=_COLUMNS[:2], update=_COLUMNS[2:])
    return len(fresh)
