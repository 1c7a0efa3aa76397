"""The timer's question to the tables: which store has what due? Each answer is a nudge; nothing is done here."""

from __future__ import annotations

from sqlalchemy import select

from jobs.context import JobContext
from jobs.tasks import TASKS
from plugin_core.clock import SECOND_US
from plugin_core.codes import share
from plugin_core.inbox import queue as inbox
from plugin_core.outbox import queue as outbox
from plugin_core.stores.models import Store
from plugin_core.work.standing import NEVER, Standing, standings


def sweep(context: JobContext, *, only: str | None = None) -> int:
    """How many nudges were given, most urgent task first; ``only`` for one task."""
    wanted = due(context)
    for task in TASKS:
        for store_id in sorted(wanted.get(task, ())):
            if only in {None, task}:
                context.queue.nudge(task, store_id)
    return sum(len(stores) for task, stores in wanted.items() if only in {None, task})


def due(context: JobContext) -> dict[str, set[int]]:
    """Task -> stores it is due for."""
    now = context.clock()
    found: dict[str, set[int]] = {}
    with context.database.read() as session:
        states = {row[0]: row[1] for row in session.execute(select(Store.id, Store.state))}
        stands = standings(session)
        rows = {"inbox": set(inbox.due_stores(session, now=now)), "writeback": set(outbox.due_stores(session, now=now))}
    for name, task in TASKS.items():
        for store_id, state in states.items():
            if state != "connected" and not task.locked_out:
                continue
            stand = stands.get((store_id, name), NEVER)
            if stand.not_before is not None and stand.not_before > now:
                continue
            if (
                stand.asked_at is not None
                or store_id in rows.get(name, ())
                or _time_has_come(task.every_seconds, stand, store_id, now)
            ):
                found.setdefault(name, set()).add(store_id)
    return found


def _time_has_come(every_seconds: int, stand: Standing, store_id: int, now: int) -> bool:
    """Up to a tenth late, each store by its own: stores connected together are not asked together for ever."""
    if not every_seconds:
        return False
    wait = every_seconds * SECOND_US
    return stand.done_at is None or now - stand.done_at >= wait + int(share(f"{store_id}:{every_seconds}") * wait) // 10
