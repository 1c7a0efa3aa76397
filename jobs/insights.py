"""Figures for the pages: read and worked out without a lock, then kept in a moment."""

from __future__ import annotations

from jobs.context import JobContext
from plugin_core.insights import figures
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store


def refresh_insights(context: JobContext, store_id: int) -> int:
    """The number of groups of figures worked out anew; 0 where nothing is due."""
    now = context.clock()
    bodies: dict[str, dict[str, object]] = {}
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        due = figures.due(session, store, now=now)
        settings, _ = store_settings.current(session, store)
        if due.standing:
            bodies |= figures.from_people(session, store, settings, now=now)
        if due.orders:
            bodies |= figures.from_orders(session, store, settings, now=now)
    if not bodies:
        return 0
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        history = bodies.pop(figures.HISTORY, None)
        if history is not None:
            figures.keep_history(session, store, history, now=now)
        if figures.STANDING in bodies:
            figures.keep_today(session, store, bodies[figures.STANDING], now=now)
        figures.keep(session, store, bodies, now=now)
    return len(bodies)
