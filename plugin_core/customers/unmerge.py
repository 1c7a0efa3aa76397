"""Part two people that were made one, each with what was theirs, and keep them apart from now on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent, moving, terms
from plugin_core.customers.fields import PersonFields
from plugin_core.customers.models import Customer, CustomerMerge, MergeBlock
from plugin_core.errors import InvalidInput
from plugin_core.orders import stale


def unmerge(session: Session, entry: CustomerMerge, *, now: int) -> tuple[Customer, Customer]:
    """``(survivor, absorbed)`` as they were; numbers are marked to be worked out again."""
    survivor, absorbed = session.get_one(Customer, entry.survivor_id), session.get_one(Customer, entry.absorbed_id)
    session.refresh(survivor)
    session.refresh(absorbed)
    if entry.undone_at is not None:
        raise InvalidInput("This merge has been undone already.", mend="Look at the customer's history.")
    if survivor.merged_into is not None:
        raise InvalidInput("The customer became part of another one later.", mend="Undo the later merge first.")
    moving.take_back(session, entry.moved, absorbed.id, survivor.id)
    _restore_stats(session, entry.moved["stats"])
    bulk.update_rows(
        session, "UPDATE memberships SET left_at = NULL WHERE id = ?", [(row_id,) for row_id in entry.moved["memberships"]]
    )
    consent.settle(session, [survivor.id, absorbed.id])
    _restore_fields(session, survivor, absorbed, entry.moved)
    absorbed.merged_into = None
    entry.undone_at = now
    key_a, key_b = sorted((survivor.key, absorbed.key))
    session.merge(MergeBlock(account_id=survivor.account_id, key_a=key_a, key_b=key_b, at=now))
    session.flush()
    for person in (survivor.id, absorbed.id):
        rows = bulk.select(
            session,
            "SELECT store_id FROM store_customers WHERE customer_id = ? UNION SELECT store_id FROM orders WHERE customer_id = ? "
            "UNION SELECT store_id FROM customer_stats WHERE customer_id = ?",
            *[person] * 3,
        )
        stale.mark(session, [(row[0], person) for row in rows])
    terms.follow_everywhere(session, [survivor.id, absorbed.id])
    return survivor, absorbed


def _restore_stats(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(Customer.metadata.tables["customer_stats"]), rows)


def _restore_fields(session: Session, survivor: Customer, absorbed: Customer, moved: dict[str, Any]) -> None:
    """Back to what it was, but for what has been learnt or edited since; an address only if it is the survivor's own."""
    before, theirs = moved["survivor"], moved["absorbed"]
    own = {row[0] for row in bulk.select(session, "SELECT address FROM customer_addresses WHERE customer_id = ?", survivor.id)}
    times = dict(survivor.field_times)
    for name in PersonFields.NAMES:
        value = getattr(survivor, name)
        known = {(one[name], one["field_times"].get(name)) for one in (before, theirs)}
        if (value, times.get(name)) in known or (name == "email" and value not in own):
            setattr(survivor, name, before[name])
            times.pop(name, None)
            if name in before["field_times"]:
                times[name] = before["field_times"][name]
    survivor.field_times = times
    taken = {name for name in theirs["edited"] if name not in before["edited"]}
    survivor.edited = {name: value for name, value in survivor.edited.items() if name not in taken}
    survivor.since = before["since"]
    if survivor.paused_until == max(before["paused_until"] or 0, theirs["paused_until"] or 0):
        survivor.paused_until = before["paused_until"]
    if (survivor.key, absorbed.key) == (theirs["key"], before["key"]):
        _swap_keys(session, survivor, absorbed, before, theirs)


def _swap_keys(session: Session, survivor: Customer, absorbed: Customer, before: dict[str, Any], theirs: dict[str, Any]) -> None:
    """The survivor had taken on the other's key because an earlier record of theirs came late."""
    survivor.key = f"{before['key']}-parting"
    session.flush()
    absorbed.key = theirs["key"]
    session.flush()
    survivor.key, survivor.key_since, survivor.key_at = before["key"], before["key_since"], before["key_at"]
