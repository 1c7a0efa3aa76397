"""Effects on the outside, asked for in the transaction of their cause and carried out later, any number of times harmlessly.

One row a (store, kind, key). ::

    pending --claim--> claimed --settle--> gone (or pending, when it was asked for again meanwhile)
       ^                  |---postpone, fail--> pending, due later        fail, for good --> dead --revive--> pending
       '---lease is over--'

While a row is claimed ``due_at`` is the end of its lease: claims of a worker that was killed come back by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.codes import share
from plugin_core.db import is_sqlite
from plugin_core.outbox.models import OutboxEntry
from plugin_core.tables import metadata

LEASE_US = 1_800 * SECOND_US  # longer than a store's slowest bulk write
ATTEMPTS = 8  # then it is dead: somebody has to look
_FIRST_WAIT_US = 30 * SECOND_US
_LONGEST_WAIT_US = 6 * 3_600 * SECOND_US
_COLUMNS = ("store_id", "kind", "key", "payload", "state", "generation", "attempts", "problem", "due_at", "created_at")


class Claimed(NamedTuple):
    id: int
    key: str
    payload: dict[str, Any]
    generation: int
    attempts: int  # that failed


class Dead(NamedTuple):
    key: str
    kind: str
    problem: str
    attempts: int


def put(session: Session, store_id: int, kind: str, key: str, payload: dict[str, Any], *, due_at: int, now: int) -> None:
    put_many(session, store_id, kind, [(key, payload)], due_at=due_at, now=now)


def put_many(
    session: Session, store_id: int, kind: str, items: Iterable[tuple[str, dict[str, Any]]], *, due_at: int, now: int
) -> None:
    """``items`` of (key, payload). The same key again replaces the payload and keeps a wait imposed by failures."""
    rows = [(store_id, kind, key, json.dumps(payload), "pending", 1, 0, "", due_at, now) for key, payload in dict(items).items()]
    # A claimed row stays claimed, so that two workers never write to the same account at once.
    bulk.write(
        session,
        metadata.tables[OutboxEntry.__tablename__],
        _COLUMNS,
        rows,
        "ON CONFLICT (store_id, kind, key) DO UPDATE SET payload = excluded.payload, generation = outbox.generation + 1, "
        "due_at = CASE WHEN outbox.state = 'dead' OR (outbox.state = 'pending' AND outbox.attempts = 0 "
        "AND excluded.due_at < outbox.due_at) THEN excluded.due_at ELSE outbox.due_at END, "
        "attempts = CASE WHEN outbox.state = 'dead' THEN 0 ELSE outbox.attempts END, "
        "problem = CASE WHEN outbox.state = 'dead' THEN '' ELSE outbox.problem END, "
        "state = CASE WHEN outbox.state = 'dead' THEN 'pending' ELSE outbox.state END",
    )


def claim(session: Session, store_id: int, kind: str, *, limit: int, now: int, lease: int = LEASE_US) -> list[Claimed]:
    """Up to ``limit`` due rows, oldest first, that nobody else gets before the lease is over. Commit before calling the store."""
    bulk.execute(
        session,
        "UPDATE outbox SET state = 'pending' WHERE store_id = ? AND kind = ? AND state = 'claimed' AND due_at <= ?",
        *(store_id, kind, now),
    )
    skipping = "" if is_sqlite(session) else "FOR UPDATE SKIP LOCKED"
    rows = bulk.select(
        session,
        f"""
        UPDATE outbox SET state = 'claimed', claimed_at = ?, due_at = ? WHERE id IN (
            SELECT id FROM outbox WHERE store_id = ? AND kind = ? AND state = 'pending' AND due_at <= ?
            ORDER BY due_at LIMIT ? {skipping}
        ) RETURNING id, key, payload, generation, attempts
        """,
        *(now, now + lease, store_id, kind, now, limit),
    )
    rows.sort()
    return [
        Claimed(number, key, json.loads(payload) if isinstance(payload, str) else payload, generation, attempts)
        for number, key, payload, generation, attempts in rows
    ]


def settle(session: Session, done: Sequence[Claimed], *, now: int) -> None:
    """Carried out, or nothing to do. What was asked for again since the claim is due at once instead."""
    bulk.update_rows(session, "DELETE FROM outbox WHERE id = ? AND generation = ?", [(one.id, one.generation) for one in done])
    bulk.update_rows(
        session,
        "UPDATE outbox SET state = 'pending', due_at = ?, claimed_at = NULL, attempts = 0, problem = '' "
        "WHERE id = ? AND state = 'claimed'",
        [(now, one.id) for one in done],
    )


def fail(session: Session, failed: Sequence[tuple[Claimed, str]], *, now: int, retry: bool) -> int:
    """With the problem of each, in words for people. They wait ever longer; then, or at once without ``retry``, they are dead.

    Returns how many are dead now.
    """
    dead = [(one, problem) for one, problem in failed if not retry or one.attempts + 1 >= ATTEMPTS]
    waiting = [(one, problem) for one, problem in failed if retry and one.attempts + 1 < ATTEMPTS]
    sql = "UPDATE outbox SET state = ?, attempts = ?, problem = ?, due_at = ?, claimed_at = NULL WHERE id = ?"
    rows = [("dead", one.attempts + 1, problem, now, one.id) for one, problem in dead]
    rows += [("pending", one.attempts + 1, problem, now + wait(one), one.id) for one, problem in waiting]
    bulk.update_rows(session, sql, rows)
    return len(dead)


def wait(failed: Claimed) -> int:
    """Microseconds: 30 s, 2 min, 8 min ... 6 h, and up to a tenth more: those who failed together do not return together."""
    least: int = min(_LONGEST_WAIT_US, _FIRST_WAIT_US * 4**failed.attempts)
    return least + int(share(f"{failed.id}:{failed.attempts}") * least) // 10


def postpone(session: Session, claimed: Sequence[Claimed], *, until: int) -> None:
    """The store can't be talked to just now: no fault of these rows, so it counts for no failed attempt."""
    sql = "UPDATE outbox SET state = 'pending', due_at = ?, claimed_at = NULL WHERE id = ?"
    bulk.update_rows(session, sql, [(until, one.id) for one in claimed])


def release(session: Session, store_id: int, *, now: int) -> int:
    """Take back every claim of a store. Only for who knows that no other worker is busy with it (after a crash, at start)."""
    return bulk.execute(
        session,
        "UPDATE outbox SET state = 'pending', due_at = ?, claimed_at = NULL WHERE store_id = ? AND state = 'claimed'",
        *(now, store_id),
    )


def due_stores(session: Session, *, now: int) -> list[int]:
    rows = bulk.select(
        session,
        "SELECT DISTINCT store_id FROM outbox WHERE state IN ('pending', 'claimed') AND due_at <= ? ORDER BY store_id",
        now,
    )
    return [row[0] for row in rows]


def dead(session: Session, store_id: int) -> list[Dead]:
    sql = "SELECT key, kind, problem, attempts FROM outbox WHERE store_id = ? AND state = 'dead' ORDER BY id"
    return [Dead(*row) for row in bulk.select(session, sql, store_id)]


def revive(session: Session, store_id: int, *, now: int) -> int:
    """Try all dead rows of a store again, after whatever was wrong has been mended."""
    sql = "UPDATE outbox SET state = 'pending', attempts = 0, problem = '', due_at = ? WHERE store_id = ? AND state = 'dead'"
    return bulk.execute(session, sql, now, store_id)
