"""Two people that turn out to be one. The older one survives with its key; every row that moves is recorded (see unmerge.py)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent, moving, terms
from plugin_core.customers.fields import PersonFields
from plugin_core.customers.models import Customer, CustomerMerge
from plugin_core.customers.people import People
from plugin_core.errors import InvalidInput
from plugin_core.orders import stale

KEPT_FIELDS = (*PersonFields.NAMES, "field_times", "since", "edited", "paused_until", "key", "key_since", "key_at")


def settle(session: Session, people: People, touched: set[int], *, now: int, reason: str = "same address") -> set[int]:
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
        survivor, absorbed = older(session, a, b)
        merge(session, survivor, absorbed, reason=reason, now=now)
        final[absorbed.id] = survivor.id
    people.settled({person: current(person) for person in final})
    return {current(person) for person in touched}


def merge(session: Session, survivor: Customer, absorbed: Customer, *, reason: str, now: int) -> CustomerMerge:
    session.refresh(survivor)
    session.refresh(absorbed)
    if survivor.id == absorbed.id or survivor.account_id != absorbed.account_id:
        raise InvalidInput("These are not two people of one account.", mend="Choose two different customers.")
    if survivor.merged_into is not None or absorbed.merged_into is not None:
        raise InvalidInput("One of these people is part of another already.", mend="Choose the one it became part of.")
    moved: dict[str, Any] = {"survivor": _kept(survivor), "absorbed": _kept(absorbed)}
    stores = _stores(session, survivor.id, absorbed.id)
    moved["stats"] = _take_stats(session, absorbed.id)
    terms.forget(session, [absorbed.id])
    moved["memberships"] = _close_memberships(session, absorbed.id, now)
    moved |= moving.give(session, absorbed.id, survivor.id)
    consent.settle(session, [survivor.id, absorbed.id])
    _join(survivor, absorbed)
    absorbed.merged_into = survivor.id
    entry = CustomerMerge(
        account_id=survivor.account_id, survivor_id=survivor.id, absorbed_id=absorbed.id, reason=reason, moved=moved, at=now
    )
    session.add(entry)
    session.flush()
    stale.mark(session, [(store, survivor.id) for store in sorted(stores)])
    return entry


def older(session: Session, a: int, b: int) -> tuple[Customer, Customer]:
    """Who survives, and who is absorbed."""
    pair = list(session.scalars(select(Customer).where(Customer.id.in_([a, b])).execution_options(populate_existing=True)))
    pair.sort(key=lambda person: (person.key_since, person.key_at, person.key))
    return pair[0], pair[1]


def _blocked(session: Session, a: int, b: int) -> bool:
    """Whether anybody who became part of ``a`` was parted by hand from anybody who became part of ``b``."""
    family = (
        "WITH RECURSIVE family(root, id) AS (SELECT id, id FROM customers WHERE id IN (?, ?) "
        "UNION ALL SELECT family.root, c.id FROM customers c JOIN family ON c.merged_into = family.id) "
    )
    if not bulk.select(
        session, "SELECT 1 FROM merge_blocks WHERE account_id = (SELECT account_id FROM customers WHERE id = ?) LIMIT 1", a
    ):
        return False
    rows = bulk.select(
        session,
        family + "SELECT 1 FROM family left_one JOIN customers l ON l.id = left_one.id "
        "JOIN family right_one ON right_one.root <> left_one.root JOIN customers r ON r.id = right_one.id "
        "JOIN merge_blocks b ON b.account_id = l.account_id AND b.key_a = l.key AND b.key_b = r.key",
        *(a, b),
    )
    return bool(rows)


def _kept(person: Customer) -> dict[str, Any]:
    return {name: getattr(person, name) for name in KEPT_FIELDS}


def _join(survivor: Customer, absorbed: Customer) -> None:
    mine = PersonFields.stored([getattr(survivor, name) for name in PersonFields.NAMES], survivor.field_times)
    theirs = PersonFields.stored([getattr(absorbed, name) for name in PersonFields.NAMES], absorbed.field_times)
    mine.take(theirs, {**survivor.edited, **absorbed.edited})
    for name, value in zip(PersonFields.NAMES, mine.values(), strict=True):
        setattr(survivor, name, value)
    by_hand = {name: value for name, value in absorbed.edited.items() if name not in survivor.edited}
    for name in by_hand:
        if name in PersonFields.NAMES:
            setattr(survivor, name, getattr(absorbed, name))
    survivor.edited = {**survivor.edited, **by_hand}
    times = mine.times()
    survivor.field_times = {**times, **{name: absorbed.field_times[name] for name in by_hand if name in absorbed.field_times}}
    survivor.since = min(survivor.since, absorbed.since)
    if absorbed.paused_until is not None:
        survivor.paused_until = max(survivor.paused_until or 0, absorbed.paused_until)


def _stores(session: Session, *people: int) -> set[int]:
    """Where either of them has numbers, or will have once they are worked out."""
    found: set[int] = set()
    for table in ("customer_stats", "stale_customers", "store_customers", "orders"):
        rows = bulk.select(
            session, f"SELECT DISTINCT store_id FROM {table} WHERE customer_id IN ({', '.join('?' * len(people))})", *people
        )
        found |= {row[0] for row in rows}
    return found


def _take_stats(session: Session, person: int) -> list[dict[str, Any]]:
    rows = session.execute(select(_stats()).where(_stats().c.customer_id == person)).mappings().all()
    for table in ("customer_stats", "stale_customers"):
        bulk.execute(session, f"DELETE FROM {table} WHERE customer_id = ?", person)
    return [dict(row) for row in rows]


def _stats() -> Any:
    return Customer.metadata.tables["customer_stats"]


def _close_memberships(session: Session, person: int, now: int) -> list[int]:
    rows = bulk.select(session, "SELECT id FROM memberships WHERE customer_id = ? AND left_at IS NULL", person)
    bulk.execute(session, "UPDATE memberships SET left_at = ? WHERE customer_id = ? AND left_at IS NULL", now, person)
    return [row[0] for row in rows]
