"""Erasing a whole store: all that came from it or was made for it, and the people known nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent, terms
from plugin_core.customers.models import Customer, CustomerMerge
from plugin_core.orders import stale
from plugin_core.stores.models import Account, AuditEntry, Store
from plugin_core.tables import metadata

# Rows of these say that somebody is known to a store.
_TRACES = ("store_customers", "orders", "checkouts", "customer_stats", "points_entries")
_BATCH = 5_000


class StoreErased(NamedTuple):
    people: int  # gone altogether
    kept: int  # known to another store of the account, too
    message_ids: tuple[str, ...]  # of mails whose copies are still to be removed


def erase_store(session: Session, store: Store, *, reason: str, now: int) -> StoreErased:
    """The row of the store goes, too. Nobody else may be working for it. Whether it may be erased is the caller's to judge."""
    account = session.get_one(Account, store.account_id)
    mails = bulk.select(
        session,
        "SELECT t.message_id FROM touches t JOIN offers o ON o.id = t.offer_id JOIN campaigns c ON c.id = o.campaign_id "
        "WHERE c.store_id = ? ORDER BY t.id",
        store.id,
    )
    people = _people(session, store.id)
    key, store_id = store.key, store.id
    session.flush()
    _delete_rows(session, store_id)
    bulk.execute(session, "DELETE FROM webhook_counts WHERE store = ?", key)
    session.expunge(store)
    bulk.execute(session, "DELETE FROM stores WHERE id = ?", store_id)
    session.expire_all()
    elsewhere = _known_elsewhere(session, people)
    gone = people - elsewhere
    _forget(session, account.id, gone)
    for person in session.scalars(select(Customer).where(Customer.id.in_(elsewhere)).order_by(Customer.id)):
        _keep_what_is_left(session, person, store_id)
    session.flush()
    terms.follow_everywhere(session, elsewhere)
    consent.settle(session, sorted(elsewhere))
    consent.refresh_may_email(session, sorted(elsewhere))
    session.add(
        AuditEntry(
            account_id=account.id, store_id=None, actor=reason, action="store.erased", subject=key, before={}, after={}, at=now
        )
    )
    session.flush()
    return StoreErased(len(gone), len(elsewhere), tuple(row[0] for row in mails))


def _people(session: Session, store_id: int) -> set[int]:
    found: set[int] = set()
    for table in _TRACES:
        sql = f"SELECT DISTINCT customer_id FROM {table} WHERE store_id = ? AND customer_id IS NOT NULL"
        found |= {row[0] for row in bulk.select(session, sql, store_id)}
    sql = (
        "SELECT DISTINCT o.customer_id FROM offers o JOIN campaigns c ON c.id = o.campaign_id WHERE c.store_id = ? "
        "UNION SELECT m.customer_id FROM memberships m JOIN segments g ON g.id = m.segment_id WHERE g.store_id = ?"
    )
    found |= {row[0] for row in bulk.select(session, sql, store_id, store_id)}
    # Whoever was merged into them goes, or stays, with them.
    fresh = set(found)
    while fresh:
        rows = bulk.select(
            session,
            f"SELECT id FROM customers WHERE merged_into IN ({bulk.listed(session, 'bigint')})",
            bulk.values(session, sorted(fresh)),
        )
        fresh = {row[0] for row in rows} - found
        found |= fresh
    return found


def _delete_rows(session: Session, store_id: int) -> None:
    """Of every table that names the store, children first; what hangs on those rows goes by cascade."""
    for table in reversed(metadata.sorted_tables):
        if "store_id" in table.c:
            session.execute(sa.delete(table).where(table.c.store_id == store_id))


def _known_elsewhere(session: Session, people: Collection[int]) -> set[int]:
    """A person merged into another is known where that one is."""
    chosen, some = bulk.values(session, sorted(people)), bulk.listed(session, "bigint")
    known: set[int] = set()
    for table in (*_TRACES, "offers", "memberships"):
        rows = bulk.select(session, f"SELECT DISTINCT customer_id FROM {table} WHERE customer_id IN ({some})", chosen)
        known |= {row[0] for row in rows}
    parents = dict(bulk.select(session, f"SELECT id, merged_into FROM customers WHERE id IN ({some})", chosen))

    def root(person: int) -> int:
        while parents.get(person) is not None:
            person = parents[person]
        return person

    roots = {root(person) for person in known}
    return {person for person in people if root(person) in roots}


def _forget(session: Session, account_id: int, people: Collection[int]) -> None:
    for batch in _batches(sorted(people)):
        chosen, some = bulk.values(session, batch), bulk.listed(session, "bigint")
        bulk.execute(
            session,
            f"DELETE FROM suppressions WHERE account_id = ? AND address IN (SELECT address FROM customer_addresses "
            f"WHERE customer_id IN ({some}))",
            *(account_id, chosen),
        )
        for side in ("survivor_id", "absorbed_id"):
            bulk.execute(session, f"DELETE FROM customer_merges WHERE {side} IN ({some})", chosen)
        keys = f"(SELECT key FROM customers WHERE id IN ({some}))"
        bulk.execute(
            session,
            f"DELETE FROM merge_blocks WHERE account_id = ? AND (key_a IN {keys} OR key_b IN {keys})",
            *(account_id, chosen, chosen),
        )
        bulk.execute(session, f"UPDATE privacy_requests SET result = ?, subject = '' WHERE customer_id IN ({some})", b"", chosen)
        terms.forget(session, batch)
        for table in reversed(metadata.sorted_tables):
            if "customer_id" in table.c and table.name not in {"privacy_requests", "person_terms"}:
                session.execute(sa.delete(table).where(table.c.customer_id.in_(batch)))
        bulk.execute(session, f"DELETE FROM customers WHERE id IN ({some})", chosen)


def _keep_what_is_left(session: Session, person: Customer, store_id: int) -> None:
    """Addresses that only the erased store gave go; the record of a merge forgets the store."""
    own = bulk.select(session, "SELECT address FROM customer_addresses WHERE customer_id = ? ORDER BY address", person.id)
    left = [row[0] for row in own if row[0].startswith("tel:") or _given(session, person.id, row[0])]
    gone = [(person.account_id, row[0]) for row in own if row[0] not in left]
    bulk.update_rows(session, "DELETE FROM customer_addresses WHERE account_id = ? AND address = ?", gone)
    if person.email and person.email not in left:
        person.email = next((each for each in left if not each.startswith("tel:")), "")
    either = (CustomerMerge.survivor_id == person.id) | (CustomerMerge.absorbed_id == person.id)
    for entry in session.scalars(select(CustomerMerge).where(either)):
        moved: dict[str, Any] = dict(entry.moved)
        moved["stats"] = [row for row in moved.get("stats", []) if row["store_id"] != store_id]
        entry.moved = moved
    rows = bulk.select(session, "SELECT store_id FROM customer_stats WHERE customer_id = ?", person.id)
    stale.mark(session, [(row[0], person.id) for row in rows])


def _given(session: Session, person: int, address: str) -> bool:
    sql = (
        "SELECT 1 FROM store_customers WHERE customer_id = ? AND LOWER(TRIM(email)) = ? "
        "UNION ALL SELECT 1 FROM orders WHERE customer_id = ? AND email = ? "
        "UNION ALL SELECT 1 FROM checkouts WHERE customer_id = ? AND email = ?"
    )
    return bool(bulk.select(session, sql, *(person, address) * 3))


def _batches(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
