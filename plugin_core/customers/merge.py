"""Two people that turn out to be one, and parting them again.

The older one survives with its key; every row that moves is recorded, so that :func:`unmerge` puts it back.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.fields import PersonFields
from plugin_core.customers.identity import People
from plugin_core.customers.models import Customer, CustomerMerge, MergeBlock
from plugin_core.errors import InvalidInput
from plugin_core.orders import stale

# table -> (columns that name a row, columns that must stay unique per person: such a row is left where the survivor has its own)
_MOVED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "customer_addresses": (("account_id", "address"), ()),
    "store_customers": (("id",), ()),
    "orders": (("id",), ()),
    "checkouts": (("id",), ()),
    "consent_entries": (("id",), ()),
    "consents": (("store_id", "channel"), ("store_id", "channel")),
    "points_entries": (("id",), ()),
    "tier_states": (("store_id",), ("store_id",)),
    "offers": (("id",), ("campaign_id", "step", "round", "subject")),
    "touches": (("id",), ()),
    "referral_codes": (("id",), ("store_id",)),
}


def settle(session: Session, people: People, touched: set[int], *, now: int) -> set[int]:
    """Carry out the joins a batch found; ``touched`` with the absorbed replaced by their survivors."""
    final: dict[int, int] = {}

    def current(person: int) -> int:
        while person in final:
            person = final[person]
        return person

    for left, right in people.joined:
        a, b = current(left), current(right)
        if a == b or _blocked(session, a, b):
            continue
        survivor, absorbed = _older(session, a, b, people.provisional)
        merge(session, survivor, absorbed, reason="same address", now=now)
        final[absorbed.id] = survivor.id
    people.joined = []
    if final:
        people.by_address = {address: current(person) for address, person in people.by_address.items()}
    return {current(person) for person in touched}


def _older(session: Session, a: int, b: int, provisional: set[int]) -> tuple[Customer, Customer]:
    pair = list(session.scalars(select(Customer).where(Customer.id.in_([a, b])).execution_options(populate_existing=True)))
    pair.sort(key=lambda person: (person.id in provisional, person.since, person.key))
    return pair[0], pair[1]


def _blocked(session: Session, a: int, b: int) -> bool:
    rows = bulk.select(session, "SELECT account_id, key FROM customers WHERE id IN (?, ?)", a, b)
    key_a, key_b = sorted(row[1] for row in rows)
    return session.get(MergeBlock, (rows[0][0], key_a, key_b)) is not None


def merge(session: Session, survivor: Customer, absorbed: Customer, *, reason: str, now: int) -> CustomerMerge:
    if survivor.id == absorbed.id or survivor.account_id != absorbed.account_id:
        raise InvalidInput("These are not two people of one account.", mend="Choose two different customers.")
    moved: dict[str, Any] = {}
    for table, (names, unique) in _MOVED.items():
        clash = " AND ".join(f"kept.{name} = {table}.{name}" for name in unique)
        only = f" AND NOT EXISTS (SELECT 1 FROM {table} kept WHERE kept.customer_id = ? AND {clash})" if unique else ""
        extra = (survivor.id,) if unique else ()
        if table == "consents":
            moved["survivor_consents"] = _rows(
                session, "consents", ("store_id", "channel", "state", "source", "text_version", "at"), survivor.id
            )
            _strictest_consents(session, survivor.id, absorbed.id)
        moved[table] = [
            list(row)
            for row in bulk.select(
                session, f"SELECT {', '.join(names)} FROM {table} WHERE customer_id = ?{only}", absorbed.id, *extra
            )
        ]
        bulk.execute(session, f"UPDATE {table} SET customer_id = ? WHERE customer_id = ?{only}", survivor.id, absorbed.id, *extra)
    moved["survivor_fields"] = {name: getattr(survivor, name) for name in (*PersonFields.NAMES, "field_times", "since")}
    stores = [
        row[0]
        for row in bulk.select(
            session, "SELECT store_id FROM customer_stats WHERE customer_id IN (?, ?)", survivor.id, absorbed.id
        )
    ]
    _close_memberships(session, absorbed.id, now)
    bulk.execute(session, "DELETE FROM customer_stats WHERE customer_id = ?", absorbed.id)
    bulk.execute(session, "DELETE FROM stale_customers WHERE customer_id = ?", absorbed.id)
    _join_fields(survivor, absorbed)
    absorbed.merged_into = survivor.id
    entry = CustomerMerge(
        account_id=survivor.account_id, survivor_id=survivor.id, absorbed_id=absorbed.id, reason=reason, moved=moved, at=now
    )
    session.add(entry)
    session.flush()
    stale.mark(session, [(store, survivor.id) for store in stores])
    return entry


def unmerge(session: Session, entry: CustomerMerge, *, now: int) -> tuple[Customer, Customer]:
    """Put every row of ``entry`` back where it was and keep the two apart from now on."""
    if entry.undone_at is not None:
        raise InvalidInput("This merge has been undone already.", mend="Look at the customer's history.")
    survivor, absorbed = session.get_one(Customer, entry.survivor_id), session.get_one(Customer, entry.absorbed_id)
    for table, (names, _) in _MOVED.items():
        where = " AND ".join(f"{name} = ?" for name in names)
        bulk.update_rows(
            session,
            f"UPDATE {table} SET customer_id = ? WHERE {where} AND customer_id = ?",
            [(absorbed.id, *row, survivor.id) for row in entry.moved[table]],
        )
    for store_id, channel, state, source, version, at in entry.moved["survivor_consents"]:
        bulk.execute(
            session,
            "UPDATE consents SET state = ?, source = ?, text_version = ?, at = ? WHERE customer_id = ? AND store_id = ? AND channel = ? AND at <= ?",
            *(state, source, version, at, survivor.id, store_id, channel, entry.at),
        )
    for name, value in entry.moved["survivor_fields"].items():
        setattr(survivor, name, value)
    absorbed.merged_into = None
    entry.undone_at = now
    key_a, key_b = sorted((survivor.key, absorbed.key))
    session.merge(MergeBlock(account_id=survivor.account_id, key_a=key_a, key_b=key_b, at=now))
    session.flush()
    stores = {
        row[0]
        for row in bulk.select(
            session, "SELECT store_id FROM store_customers WHERE customer_id IN (?, ?)", survivor.id, absorbed.id
        )
    }
    stores |= {
        row[0]
        for row in bulk.select(session, "SELECT store_id FROM orders WHERE customer_id IN (?, ?)", survivor.id, absorbed.id)
    }
    stale.mark(session, [(store, person) for store in stores for person in (survivor.id, absorbed.id)])
    return survivor, absorbed


def _join_fields(survivor: Customer, absorbed: Customer) -> None:
    mine = PersonFields.stored([getattr(survivor, name) for name in PersonFields.NAMES], survivor.field_times)
    theirs = PersonFields.stored([getattr(absorbed, name) for name in PersonFields.NAMES], absorbed.field_times)
    mine.take(theirs, survivor.edited)
    for name, value in zip(PersonFields.NAMES, mine.values(), strict=True):
        setattr(survivor, name, value)
    survivor.field_times = mine.times()
    survivor.since = min(survivor.since, absorbed.since)


def _strictest_consents(session: Session, survivor: int, absorbed: int) -> None:
    """Where both have a word in the same store and channel, a refusal wins, else the newer one."""
    bulk.execute(
        session,
        """
        UPDATE consents SET state = theirs.state, source = theirs.source, text_version = theirs.text_version, at = theirs.at
        FROM consents theirs
        WHERE consents.customer_id = ? AND theirs.customer_id = ? AND theirs.store_id = consents.store_id AND theirs.channel = consents.channel
          AND ((theirs.state = 'unsubscribed' AND consents.state <> 'unsubscribed')
               OR (consents.state <> 'unsubscribed' AND theirs.at > consents.at))
        """,
        *(survivor, absorbed),
    )


def _close_memberships(session: Session, person: int, now: int) -> None:
    bulk.execute(session, "UPDATE memberships SET left_at = ? WHERE customer_id = ? AND left_at IS NULL", now, person)


def _rows(session: Session, table: str, names: tuple[str, ...], person: int) -> list[list[Any]]:
    return [list(row) for row in bulk.select(session, f"SELECT {', '.join(names)} FROM {table} WHERE customer_id = ?", person)]
