"""Whose points or tier time alone has changed, found by an index and not by looking at everybody."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.stores.models import Store


def due(session: Session, store: Store, *, now: int, limit: int = 50_000) -> list[int]:
    """Customer ids, longest overdue first: points became available or expired, an order left the window, a hold ended.

    Settling them moves each to its next moment: call again until nobody is left.
    """
    rows = bulk.select(
        session,
        "SELECT customer_id FROM tier_states WHERE store_id = ? AND next_check_at <= ? ORDER BY next_check_at LIMIT ?",
        *(store.id, now, limit),
    )
    return [row[0] for row in rows]
