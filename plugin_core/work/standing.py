"""How a store stands with its tasks: asked for, done, failed and waiting.

A task that fails is tried again after a wait by the kind of its failure; it is never given up, since its next run looks at
everything that is due anyway. Rows that can't be brought about are given up one by one where they stand (outbox, inbox, offers).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.codes import share
from plugin_core.errors import AccessRevoked, Permanent, Throttled, Transient

_FIRST_WAIT_US = 5 * SECOND_US
_LONGEST_WAIT_US = 1_800 * SECOND_US
_PERMANENT_WAIT_US = 900 * SECOND_US  # somebody has to mend something first
_UNREADY = 3  # attempts after which people are told


class Standing(NamedTuple):
    asked_at: int | None
    not_before: int | None
    done_at: int | None
    attempts: int
    problem: str


NEVER = Standing(None, None, None, 0, "")
_COLUMNS = "asked_at, not_before, done_at, attempts, problem"


def standings(session: Session, store_id: int | None = None) -> dict[tuple[int, str], Standing]:
    """(store, task) -> where it stands; of all stores, or of one."""
    condition, values = ("", ()) if store_id is None else ("WHERE store_id = ?", (store_id,))
    rows = bulk.select(session, f"SELECT store_id, task, {_COLUMNS} FROM store_tasks {condition}", *values)
    return {(row[0], row[1]): Standing(*row[2:]) for row in rows}


def ask(session: Session, store_id: int, task: str, *, now: int) -> None:
    """Remembered until it is done, whatever becomes of the queue."""
    _put(session, store_id, task, "asked_at = excluded.asked_at", asked_at=now)


def done(session: Session, store_id: int, task: str, *, began: int, now: int, unfinished: bool) -> None:
    """``began``: when the task looked at what there is to do; what was asked for later still stands."""
    asked = now if unfinished else None
    kept = "CASE WHEN store_tasks.asked_at > ? THEN store_tasks.asked_at ELSE excluded.asked_at END"
    change = (
        f"asked_at = {kept}, not_before = NULL, attempts = 0, "
        "done_at = COALESCE(excluded.done_at, store_tasks.done_at), problem = ''"
    )
    _put(session, store_id, task, change, began, asked_at=asked, done_at=None if unfinished else now)


def failed(session: Session, store_id: int, task: str, problem: Exception, words: str, *, attempts: int, now: int) -> int:
    """``attempts`` so far. Returns until when the task waits."""
    wait = wait_after(problem, attempts, f"{store_id}:{task}")
    change = "asked_at = NULL, not_before = excluded.not_before, attempts = excluded.attempts, problem = excluded.problem"
    # The store asking us to slow down is no failure.
    count = attempts if isinstance(problem, Throttled) else attempts + 1
    _put(session, store_id, task, change, not_before=now + wait, attempts=count, problem=words)
    return now + wait


def wait_after(problem: Exception, attempts: int, salt: str) -> int:
    """Microseconds. What the store asked for, else 5 s, 10 s, 20 s ... 30 min, and up to a tenth more."""
    least = min(_LONGEST_WAIT_US, _FIRST_WAIT_US * 2 ** min(attempts, 16))
    if isinstance(problem, Transient) and problem.retry_after is not None:
        least = (
            max(SECOND_US, int(problem.retry_after * SECOND_US))
            if isinstance(problem, Throttled)
            else max(least, int(problem.retry_after * SECOND_US))
        )
    elif isinstance(problem, AccessRevoked | Permanent):
        least = _PERMANENT_WAIT_US
    return int(least) + int(share(f"{salt}:{attempts}") * least) // 10


def troubles(session: Session, store_id: int) -> list[str]:
    """Tasks that keep failing, in words."""
    sql = "SELECT task, attempts, problem FROM store_tasks WHERE store_id = ? AND attempts >= ? AND problem <> '' ORDER BY task"
    rows = bulk.select(session, sql, store_id, _UNREADY)
    return [f"{task} failed {attempts} times and is tried again. The last time: {problem}" for task, attempts, problem in rows]


def forgive(session: Session, store_id: int) -> None:
    """The store was connected anew: nothing has to wait any more."""
    sql = "UPDATE store_tasks SET not_before = NULL, attempts = 0, problem = '' WHERE store_id = ?"
    bulk.execute(session, sql, store_id)


def _put(session: Session, store_id: int, task: str, change: str, *more: object, **values: object) -> None:
    row = {"asked_at": None, "not_before": None, "done_at": None, "attempts": 0, "problem": "", **values}
    sql = (
        f"INSERT INTO store_tasks (store_id, task, {', '.join(row)}) VALUES (?, ?{', ?' * len(row)}) "
        f"ON CONFLICT (store_id, task) DO UPDATE SET {change}"
    )
    bulk.execute(session, sql, store_id, task, *row.values(), *more)
