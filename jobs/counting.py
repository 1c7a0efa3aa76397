"""Counts whom a change of settings would move, in a large store: on copies, beside all other work."""

from __future__ import annotations

from jobs.context import JobContext
from plugin_core.errors import InvalidInput
from plugin_core.rehearsal import counting
from plugin_core.rehearsal.counts import Effect, effect
from plugin_core.stores.models import Store


def count_waiting(context: JobContext, store_id: int) -> int:
    """How many counts are done now."""
    with context.database.read() as session:
        waiting = [(row.id, dict(row.change)) for row in counting.waiting(session, store_id)]
    for number, values in waiting:
        found: Effect | None = None
        problem = ""
        try:
            with context.database.read() as session:
                found = effect(session, session.get_one(Store, store_id), values, now=context.clock(), whole=True)
        except InvalidInput as refused:
            problem = str(refused)
        with context.database.write() as session:
            counting.keep(session, number, found, problem, now=context.clock())
    return len(waiting)
