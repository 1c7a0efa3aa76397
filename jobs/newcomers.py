"""Stores that were connected a moment ago: their first import begins at once instead of with the next round."""

from __future__ import annotations

from sqlalchemy import exists, select

from jobs.context import JobContext
from jobs.due import run_due
from plugin_core.stores.models import Run, Store


def welcome(context: JobContext) -> int:
    """How many stores were taken in. One whose import began before is left to the ordinary round."""
    context.finish_installs()
    with context.database.read() as session:
        never_run = ~exists().where(Run.store_id == Store.id)
        keys = list(session.scalars(select(Store.key).where(Store.state == "connected", never_run).order_by(Store.id)))
    for key in keys:
        run_due(context, only=key)
    return len(keys)
