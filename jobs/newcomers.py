"""Stores that were connected a moment ago: their first import begins at once instead of with the next round."""

from __future__ import annotations

from sqlalchemy import exists, select

from jobs.context import JobContext
from plugin_core.stores.models import Run, Store


def welcome(context: JobContext) -> int:
    """How many stores are new. One whose import began before is left to the ordinary round."""
    context.finish_installs()
    with context.database.read() as session:
        never_run = ~exists().where(Run.store_id == Store.id)
        new = list(session.scalars(select(Store.id).where(Store.state == "connected", never_run).order_by(Store.id)))
    for store_id in new:
        context.queue.nudge("sync", store_id)
    return len(new)
