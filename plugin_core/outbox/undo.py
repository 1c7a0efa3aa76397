"""Leaving a store as it was: what we wrote there, in steps that can be cut off anywhere and gone on with.

What people said about marketing is theirs and stays; codes that were redeemed are part of orders and stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.outbox import journal
from plugin_core.outbox.desired import FIELDS
from plugin_core.outbox.models import OutboxEntry
from plugin_core.outbox.own_tags import own_tags
from plugin_core.platforms import Capability, MadeCode, ProfileWrite
from plugin_core.stores.connect import disconnect_store
from plugin_core.stores.models import AuditEntry, Store

UNINSTALLING = "uninstalling"  # Store.state: nothing else is done for the store
UNDONE = "undone"  # kind of journal lines about what was taken back
_PROFILES, _CODES = "profile", "code"


class Traces(NamedTuple):
    """What we know to have left in a store."""

    accounts: int  # that carry our fields or tags
    tags: int
    codes: int  # not expressly removed yet
    redeemed: int  # of these, by the orders we know


class Step(NamedTuple):
    account_id: int  # store_customers.id
    write: ProfileWrite


def traces(session: Session, store: Store) -> Traces:
    accounts = tags = 0
    last = 0
    while steps := profiles(session, store, after=last, limit=5_000):
        last = steps[-1].account_id
        accounts += len(steps)
        tags += sum(len(step.write.remove_tags) for step in steps)
    made = codes(session, store)
    used = redeemed(session, store) if made else set()
    return Traces(accounts, tags, len(made), len(used & {each.code.upper() for each in made}))


def begin(session: Session, store: Store, *, actor: str, now: int) -> None:
    """From now on nothing is written for the store but what takes back. Repeatable."""
    if store.state != UNINSTALLING:
        _audit(session, store, actor, "store.uninstalling", now)
    store.state = UNINSTALLING
    store.problem = f"It is being left as it was. To go on: comeback uninstall {store.key} --apply"
    kinds = ("profile", "consent")
    session.execute(delete(OutboxEntry).where(OutboxEntry.store_id == store.id, OutboxEntry.kind.in_(kinds)))


def profiles(session: Session, store: Store, *, after: int, limit: int) -> list[Step]:
    """Accounts beyond ``after`` that carry anything of ours: all fields go, and the tags we wrote or may have written.

    A tag that came along when the store merged two customers is known by being one that we could have given.
    """
    with_tags = Capability.CUSTOMER_TAGS in store.capabilities
    prefixes, could = own_tags(session, store) if with_tags else ([], set())
    shown = " OR ".join(["1 = 0", *("CAST(a.tags AS TEXT) LIKE ?" for _ in prefixes)])
    found: list[Step] = []
    while len(found) < limit:
        rows = bulk.select(
            session,
            f"SELECT a.id, a.external_id, a.tags, w.tags FROM store_customers a "
            f"LEFT JOIN written_states w ON w.store_customer_id = a.id "
            f"WHERE a.store_id = ? AND a.id > ? AND a.deleted_at IS NULL AND NOT a.placeholder "
            f"AND (w.store_customer_id IS NOT NULL OR {shown}) ORDER BY a.id LIMIT ?",
            *(store.id, after, *(f"%{_like(each)}%" for each in prefixes), limit),
        )
        for number, external_id, store_tags, written in rows:
            ours = set(_loaded(written) or ()) | (set(_loaded(store_tags)) & could)
            if written is not None or ours:
                found.append(Step(number, ProfileWrite(external_id, dict.fromkeys(FIELDS), (), tuple(sorted(ours)))))
        if len(rows) < limit:
            break
        after = rows[-1][0]
    return found[:limit]


def undone(session: Session, store: Store, steps: Sequence[Step], *, now: int) -> None:
    """The store no longer shows anything of ours on these accounts (or the accounts are gone)."""
    bulk.update_rows(session, "DELETE FROM written_states WHERE store_customer_id = ?", [(step.account_id,) for step in steps])
    ids = [step.account_id for step in steps]
    some = bulk.listed(session, "bigint")
    held = dict(bulk.select(session, f"SELECT id, tags FROM store_customers WHERE id IN ({some})", bulk.values(session, ids)))
    kept = []
    for step in steps:
        left = [tag for tag in _loaded(held[step.account_id]) if tag not in step.write.remove_tags]
        kept.append((json.dumps(left), step.account_id))
    bulk.update_rows(session, "UPDATE store_customers SET tags = ? WHERE id = ?", kept)
    changes: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        (step.write.customer_id, {"tags": list(step.write.remove_tags)}, {}) for step in steps
    ]
    journal.record_many(session, store.id, f"{UNDONE}_{_PROFILES}", changes, at=now)


def codes(session: Session, store: Store) -> list[MadeCode]:
    """Those we made and those we may have made (their making got no answer), less those taken back already."""
    rows = bulk.select(
        session, "SELECT target, after FROM write_journal WHERE store_id = ? AND kind = ? ORDER BY id", store.id, _CODES
    )
    made = {
        external_id: MadeCode(_loaded(after)["code"], _loaded(after)["reference"], external_id) for external_id, after in rows
    }
    rows = bulk.select(
        session,
        "SELECT o.code, o.code_external_id, g.key, o.step, c.key, o.round FROM offers o JOIN campaigns g ON g.id = o.campaign_id "
        "JOIN customers c ON c.id = o.customer_id WHERE g.store_id = ? AND o.code <> '' ORDER BY o.id",
        store.id,
    )
    unsure = []
    for code, external_id, campaign, step, customer, number in rows:
        reference = f"{store.key}/{campaign}:{step}:{customer}:{number}"
        if not external_id:
            unsure.append(MadeCode(code, reference))
        else:
            made.setdefault(external_id, MadeCode(code, reference, external_id))
    sql = "SELECT target FROM write_journal WHERE store_id = ? AND kind = ?"
    over = {row[0] for row in bulk.select(session, sql, store.id, f"{UNDONE}_{_CODES}")}
    return [*(each for each in made.values() if each.external_id not in over), *(one for one in unsure if one.code not in over)]


def codes_undone(session: Session, store: Store, done: Sequence[MadeCode], *, now: int) -> None:
    """Deleted, or found to be gone."""
    changes: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        (each.external_id or each.code, {"code": each.code}, {}) for each in done
    ]
    journal.record_many(session, store.id, f"{UNDONE}_{_CODES}", changes, at=now)


def redeemed(session: Session, store: Store) -> set[str]:
    """Codes in upper case that orders we know were placed with: a store may count its own a little late."""
    first = "(SELECT COALESCE(MIN(o.planned_at), 0) FROM offers o JOIN campaigns g ON g.id = o.campaign_id WHERE g.store_id = ?)"
    sql = f"SELECT codes FROM orders WHERE store_id = ? AND with_code AND placed_at >= {first}"
    rows = bulk.select(session, sql, store.id, store.id)
    return {str(code).upper() for (stored,) in rows for code in _loaded(stored)}


def finish(session: Session, store: Store, *, actor: str, now: int) -> None:
    """The credentials are forgotten; what we know stays until it is erased."""
    disconnect_store(session, store, actor=actor, now=now)
    _audit(session, store, actor, "store.left_as_it_was", now)


def _like(text: str) -> str:
    return json.dumps(text)[1:-1].replace("%", "_")


def _audit(session: Session, store: Store, actor: str, action: str, now: int) -> None:
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action=action,
            subject=store.key,
            before={},
            after={},
            at=now,
        )
    )


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
