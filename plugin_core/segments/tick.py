"""The clock's share: people for whom a moment has passed, found by an index, and nobody else."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.segments.evaluate import Changes, evaluate
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


def due(session: Session, store: Store, *, now: int) -> list[int]:
    sql = "SELECT customer_id FROM customer_stats WHERE store_id = ? AND next_crossing_at <= ? ORDER BY next_crossing_at"
    return [row[0] for row in bulk.select(session, sql, store.id, now)]


def tick(session: Session, store: Store, settings: StoreSettings, version: int, *, now: int) -> Changes:
    """Judge those who are due. Somebody looked at early is simply given the next moment."""
    chosen = due(session, store, now=now)
    return evaluate(session, store, settings, version, customer_ids=chosen, now=now) if chosen else Changes()
