"""Trying again later: the wait doubles, and after a number of tries the offer fails and says why."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US

FIRST_WAIT_US = 60 * SECOND_US
LONGEST_WAIT_US = 6 * 3600 * SECOND_US
MOST_ATTEMPTS = 12


def wait(attempts: int) -> int:
    """Microseconds after the ``attempts``-th failure: 1, 2, 4... minutes, at most 6 hours."""
    return min(LONGEST_WAIT_US, FIRST_WAIT_US << min(attempts - 1, 20))


def fail(session: Session, offer_id: int, reason: str, *, now: int) -> None:
    bulk.execute(session, "UPDATE offers SET state = 'failed', reason = ?, decided_at = ? WHERE id = ?", reason, now, offer_id)


def again(session: Session, offer_id: int, attempts: int, state: str, reason: str, *, now: int, at_least: int = 0) -> bool:
    """Put the offer back to ``state`` for another try, not before ``at_least`` microseconds have passed; False: it failed."""
    attempts += 1
    if attempts >= MOST_ATTEMPTS:
        fail(session, offer_id, f"gave up after {attempts} tries: {reason}", now=now)
        return False
    due_at = now + max(wait(attempts), at_least)
    sql = "UPDATE offers SET state = ?, attempts = ?, due_at = ?, reason = ? WHERE id = ?"
    bulk.execute(session, sql, state, attempts, due_at, reason, offer_id)
    return True
