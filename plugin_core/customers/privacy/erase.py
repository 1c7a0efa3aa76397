"""Erasing a person: what they are called, where they live on the net and what they said is gone; the store's figures stay.

Their numbers, points and orders remain under a key that leads to nobody, so that sums and the ledger stay right.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent, terms
from plugin_core.customers.fields import PersonFields
from plugin_core.customers.privacy import door, effects, identities, sweep
from plugin_core.customers.privacy.traces import Traces, stores_of, survivor_of, traces_of
from plugin_core.orders import stale
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Account, AuditEntry


class Erased(NamedTuple):
    """What it was about, for the words said to people. Counts only."""

    customer_key: str
    accounts: int
    orders: int
    planned: effects.Planned  # what is left to do outside the tables


def erase_person(session: Session, vault: Vault, account: Account, customer_id: int, *, reason: str, now: int) -> Erased:
    """In all stores of the account. Repeatable. ``reason`` says who wanted it ("platform request", "cli").

    What lies outside the tables is queued: see jobs/privacy.py. Nobody else may be working for the account's stores meanwhile.
    """
    traces = traces_of(session, customer_id)
    person = survivor_of(session, customer_id)
    stores = stores_of(session, account.id)
    if person.erased_at is None:
        identities.remember(session, account.id, person.id, traces.identities(), erased_at=now)
    planned = effects.plan(session, traces, now=now)
    orders = _orders(session, traces, person.id, now=now)
    _accounts(session, traces)
    _words(session, account, traces)
    terms.forget(session, traces.family)
    _offers(session, traces, now=now)
    sweep.remove_sealed(session, vault, stores, traces)
    sweep.sweep_texts(session, traces)
    blank = ", ".join(f"{name} = ''" for name in PersonFields.NAMES)
    some, family = bulk.listed(session, "bigint"), bulk.values(session, traces.family)
    bulk.execute(
        session,
        f"UPDATE customers SET {blank}, field_times = '{{}}', edited = '{{}}', paused_until = NULL, "
        f"erased_at = COALESCE(erased_at, ?) WHERE id IN ({some})",
        *(now, family),
    )
    bulk.execute(session, f"UPDATE privacy_requests SET result = ?, subject = '' WHERE customer_id IN ({some})", b"", family)
    session.expire_all()
    consent.refresh_may_email(session, list(traces.family))
    rows = bulk.select(session, "SELECT store_id FROM customer_stats WHERE customer_id = ?", person.id)
    stale.mark(session, [(row[0], person.id) for row in rows])
    _audit(session, account, person.key, reason, now)
    return Erased(person.key, len(traces.accounts), orders, planned)


def _orders(session: Session, traces: Traces, survivor: int, *, now: int) -> int:
    """Theirs go under the pseudonym; of others that were sent to an address of theirs only the address goes."""
    some, family = bulk.listed(session, "bigint"), bulk.values(session, traces.family)
    ours = _our_codes(session, traces)
    rows = bulk.select(session, f"SELECT id, store_id, codes FROM orders WHERE customer_id IN ({some})", family)
    person = survivor_of(session, survivor)
    places = {each.store_id for each in traces.accounts} | {row[1] for row in rows}
    names = {store_id: door.pseudonym(session, store_id, person, now=now) for store_id in sorted(places)}
    updates = []
    for order_id, store_id, stored in rows:
        codes = json.loads(stored) if isinstance(stored, str) else stored
        updates.append((names[store_id], json.dumps([each for each in codes if each.upper() in ours]), order_id))
    bulk.update_rows(
        session, "UPDATE orders SET account_external_id = ?, codes = ?, email = '', cart_token = '' WHERE id = ?", updates
    )
    if traces.addresses:
        texts, addresses = bulk.listed(session, "text"), bulk.values(session, traces.addresses)
        within = "store_id IN (SELECT id FROM stores WHERE account_id = (SELECT account_id FROM customers WHERE id = ?))"
        bulk.execute(session, f"UPDATE orders SET email = '' WHERE {within} AND email IN ({texts})", survivor, addresses)
        bulk.execute(session, f"DELETE FROM checkouts WHERE {within} AND email IN ({texts})", survivor, addresses)
    bulk.execute(session, f"DELETE FROM checkouts WHERE customer_id IN ({some})", family)
    return len(rows)


def _our_codes(session: Session, traces: Traces) -> set[str]:
    """Drawn by us from a secret; any other code may have their name in it."""
    some, family = bulk.listed(session, "bigint"), bulk.values(session, traces.family)
    rows = bulk.select(session, f"SELECT code FROM offers WHERE customer_id IN ({some}) AND code <> ''", family)
    return {row[0].upper() for row in rows}


def _accounts(session: Session, traces: Traces) -> None:
    rows: list[tuple[Any, ...]] = [(each.store_id, each.external_id) for each in traces.accounts]
    bulk.update_rows(
        session, "DELETE FROM write_journal WHERE store_id = ? AND target = ? AND kind IN ('profile', 'consent')", rows
    )
    bulk.update_rows(session, "DELETE FROM tombstones WHERE resource = 'customers' AND store_id = ? AND external_id = ?", rows)
    keys = [(each.store_id, str(each.id)) for each in traces.accounts]
    bulk.update_rows(session, "DELETE FROM outbox WHERE store_id = ? AND kind = 'profile' AND key = ?", keys)
    channels = [(store_id, f"{key}:{channel}") for store_id, key in keys for channel in ("email", "sms")]
    bulk.update_rows(session, "DELETE FROM outbox WHERE store_id = ? AND kind = 'consent' AND key = ?", channels)
    ids = [(each.id,) for each in traces.accounts]
    bulk.update_rows(session, "DELETE FROM written_states WHERE store_customer_id = ?", ids)
    bulk.update_rows(session, "DELETE FROM store_customers WHERE id = ?", ids)


def _words(session: Session, account: Account, traces: Traces) -> None:
    """Addresses, what they said, and how they were put together. What may be sent to them is settled by the hashes."""
    some, family = bulk.listed(session, "bigint"), bulk.values(session, traces.family)
    for table in ("customer_addresses", "consents", "consent_entries", "referral_codes", "customer_notes"):
        bulk.execute(session, f"DELETE FROM {table} WHERE customer_id IN ({some})", family)
    for column in ("survivor_id", "absorbed_id"):
        bulk.execute(session, f"DELETE FROM customer_merges WHERE {column} IN ({some})", family)
    bulk.execute(
        session,
        f"UPDATE audit_entries SET before = '{{}}', after = '{{}}' WHERE account_id = ? AND action LIKE ? "
        f"AND subject IN (SELECT key FROM customers WHERE id IN ({some}))",
        *(account.id, "customer.%", family),
    )
    every = {*traces.addresses, *traces.spellings, *traces.phones, *(f"tel:{each}" for each in traces.phones)}
    bulk.update_rows(
        session, "DELETE FROM suppressions WHERE account_id = ? AND address = ?", [(account.id, each) for each in sorted(every)]
    )


def _offers(session: Session, traces: Traces, *, now: int) -> None:
    """Nothing more is made or sent; what was measured stays."""
    some, family = bulk.listed(session, "bigint"), bulk.values(session, traces.family)
    bulk.execute(
        session,
        f"UPDATE offers SET state = 'skipped', reason = 'erased', decided_at = ? "
        f"WHERE customer_id IN ({some}) AND state IN ('planned', 'minted', 'sending')",
        *(now, family),
    )
    bulk.execute(
        session,
        f"UPDATE touches SET state = 'unknown', settled_at = ? WHERE customer_id IN ({some}) AND state = 'sending'",
        *(now, family),
    )
    bulk.execute(session, f"UPDATE touches SET problem = '' WHERE customer_id IN ({some})", family)


def _audit(session: Session, account: Account, customer_key: str, reason: str, now: int) -> None:
    session.add(
        AuditEntry(
            account_id=account.id,
            store_id=None,
            actor=reason,
            action="customer.erased",
            subject=customer_key,
            before={},
            after={},
            at=now,
        )
    )
    session.flush()
