"""What a changed setting makes due: figures to be worked out again, records to be read again."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.orders.upsert import reprice
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store, SyncCursor

# Settings by which an adapter reads a store's records: what is stored was read by the old ones.
_READ_BY = {"counted_statuses": ("orders", "checkouts"), "consent_meta_key": ("customers", "orders")}
_TABLES = {"orders": "orders", "customers": "store_customers", "checkouts": "checkouts"}


def follow_up(session: Session, store: Store, changed: Collection[str]) -> None:
    """``changed``: names of the settings that have just got new values."""
    if not changed:
        return
    store.yardsticks_due = True
    if "exchange_rates" in changed:
        reprice(session, store, store_settings.current(session, store)[0])
    if "visit_hours" in changed:
        bulk.execute(
            session,
            "INSERT INTO stale_customers (store_id, customer_id) "
            "SELECT store_id, customer_id FROM customer_stats WHERE store_id = ? "
            "ON CONFLICT DO NOTHING",
            store.id,
        )
    for resource in sorted({resource for name in changed for resource in _READ_BY.get(name, ())}):
        bulk.execute(session, f"UPDATE {_TABLES[resource]} SET content_hash = '' WHERE store_id = ?", store.id)
        session.execute(delete(SyncCursor).where(SyncCursor.store_id == store.id, SyncCursor.resource == resource))
