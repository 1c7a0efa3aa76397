"""Deliveries on their way from stored to applied. ::

    pending --claim--> claimed --applied, ignored--> settled, the body gone
       ^                  |---fail--> failed, due later ---claim--> ...     too often, or for good: dead --replay--> pending
       '--lease is over, release, postpone--'

The same claim as the outbox's: while a row is claimed ``due_at`` is the end of its lease.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.codes import share
from plugin_core.db import is_sqlite

LEASE_US = 900 * SECOND_US
ATTEMPTS = 8  # then it is dead: somebody has to look
_FIRST_WAIT_US = 15 * SECOND_US
_LONGEST_WAIT_US = 6 * 3_600 * SECOND_US
_OPEN = "('pending', 'claimed', 'failed')"
_SETTLE = "UPDATE webhook_deliveries SET state = ?, body = ?, problem = ?, trace = '', due_at = NULL, applied_at = ? WHERE id = ?"


class Claimed(NamedTuple):
    id: int
    topic: str
    resource_id: str
    body: bytes  # sealed
    at: int  # when it happened: the platform's word, but never after we heard of it
    attempts: int


class Failure(NamedTuple):
    delivery: Claimed
    problem: str  # for people, without personal data
    trace: str = ""
    retry: bool = True


def claim(session: Session, store_id: int, *, limit: int, now: int, lease: int = LEASE_US) -> list[Claimed]:
    """Up to ``limit`` due deliveries, oldest first, that nobody else gets before the lease is over. Commit at once."""
    skipping = "" if is_sqlite(session) else "FOR UPDATE SKIP LOCKED"
    rows = bulk.select(
        session,
        f"""
        UPDATE webhook_deliveries SET state = 'claimed', due_at = ? WHERE id IN (
            SELECT id FROM webhook_deliveries WHERE store_id = ? AND due_at <= ? AND state IN {_OPEN}
            ORDER BY due_at, id LIMIT ? {skipping}
        ) RETURNING id, topic, resource_id, body, COALESCE(triggered_at, received_at), received_at, attempts
        """,
        *(now + lease, store_id, now, limit),
    )
    rows.sort()
    return [Claimed(row[0], row[1], row[2], bytes(row[3]), min(row[4], row[5]), row[6]) for row in rows]


def applied(session: Session, done: Iterable[Claimed], *, now: int) -> None:
    bulk.update_rows(session, _SETTLE, [("applied", b"", "", now, one.id) for one in done])


def ignored(session: Session, rows: Iterable[tuple[Claimed, str]], *, now: int) -> None:
    """``rows`` of (delivery, why): nothing follows from them, as far as this version knows."""
    bulk.update_rows(session, _SETTLE, [("ignored", b"", reason, now, one.id) for one, reason in rows])


def fail(session: Session, failures: Sequence[Failure], *, now: int) -> int:
    """Back with a growing wait; after ATTEMPTS failures, or where trying again can't help, dead. How many are dead now."""
    sql = "UPDATE webhook_deliveries SET state = ?, attempts = ?, problem = ?, trace = ?, due_at = ? WHERE id = ?"
    rows: list[tuple[object, ...]] = []
    dead = 0
    for one in failures:
        over = not one.retry or one.delivery.attempts + 1 >= ATTEMPTS
        dead += over
        state, due_at = ("dead", None) if over else ("failed", now + _wait(one.delivery))
        rows.append((state, one.delivery.attempts + 1, one.problem, one.trace, due_at, one.delivery.id))
    bulk.update_rows(session, sql, rows)
    return dead


def postpone(session: Session, claimed: Iterable[Claimed], *, until: int, problem: str = "") -> None:
    """The store can't be asked just now: no fault of these deliveries, so it counts for no failed attempt."""
    sql = "UPDATE webhook_deliveries SET state = 'pending', due_at = ?, problem = ? WHERE id = ? AND state = 'claimed'"
    bulk.update_rows(session, sql, [(until, problem, one.id) for one in claimed])


def release(session: Session, store_id: int, *, now: int) -> int:
    """Take back every claim of a store. Only for who knows that no other worker is busy with it."""
    sql = "UPDATE webhook_deliveries SET state = 'pending', due_at = ? WHERE store_id = ? AND state = 'claimed' AND due_at > ?"
    return bulk.execute(session, sql, now, store_id, now)


def waits(session: Session, store_id: int, *, now: int) -> bool:
    """Whether a store has told something that is due to be looked at."""
    return bool(
        bulk.select(session, "SELECT 1 FROM webhook_deliveries WHERE store_id = ? AND due_at <= ? LIMIT 1", store_id, now)
    )


def due_stores(session: Session, *, now: int) -> list[int]:
    sql = "SELECT s.id FROM stores s WHERE EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.store_id = s.id AND d.due_at <= ?)"
    return [row[0] for row in bulk.select(session, f"{sql} ORDER BY s.id", now)]


def replay(session: Session, *, store_id: int | None = None, number: int | None = None, now: int) -> list[int]:
    """Failed and dead deliveries (of a store), or the one named, due now as if they had just come. Ids of the stores concerned.

    A settled one has no body any more: there is nothing to replay, and it is left as it is.
    """
    if number is not None:
        condition, values = "id = ? AND state IN ('pending', 'failed', 'dead')", [number]
    else:
        condition, values = "state IN ('failed', 'dead')", []
    if store_id is not None:
        condition, values = f"{condition} AND store_id = ?", [*values, store_id]
    sql = f"UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = ? WHERE {condition} RETURNING store_id"
    return sorted({row[0] for row in bulk.select(session, sql, now, *values)})


def _wait(failed: Claimed) -> int:
    """Microseconds: 15 s, 1 min, 4 min ... 6 h, and up to a tenth more: those who failed together do not return together."""
    least: int = min(_LONGEST_WAIT_US, _FIRST_WAIT_US * 4**failed.attempts)
    return least + int(share(f"{failed.id}:{failed.attempts}") * least) // 10
