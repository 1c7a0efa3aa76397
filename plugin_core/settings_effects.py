"""What a changed setting makes due: figures to be worked out again, records to be read again."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.loyalty.settle import settled_by
from plugin_core.orders.upsert import reprice
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store, SyncCursor

# Settings by which an adapter reads a store's records: what is stored was read by the old ones.
READ_BY = {"counted_statuses": ("orders", "checkouts"), "consent_meta_key": ("customers", "orders")}
# Of everybody's purchase figures.
FIGURES = frozenset({"exchange_rates", "visit_hours"})
LOYALTY = frozenset(
    {
        *("earn_rate", "pending_days", "expiry_months", "retroactive"),
        *("tiers", "tier_window_months", "tier_hold_months", "tier_grace_days"),
    }
)
SHOWN = frozenset({"tag_prefix", "tagged_segments"})
# Whoever may stand elsewhere, or look different in the store, by one of these is found by a pass over the whole store.
WHOLE_STORE = FIGURES | LOYALTY | SHOWN | {"lifecycle_boundaries", "default_gap_days"} | frozenset(READ_BY)
# What a campaign asks before it writes to somebody.
ASKED_BY_CAMPAIGNS = frozenset({"cooldown_days", "cap_mails", "cap_days"})
_TABLES = {"orders": "orders", "customers": "store_customers", "checkouts": "checkouts"}


def follow_up(session: Session, store: Store, changed: Collection[str]) -> None:
    """``changed``: names of the settings that have just got new values."""
    if not changed:
        return
    if not WHOLE_STORE & set(changed):
        settled_by(session, store, store_settings.current(session, store)[1])
        return
    store.yardsticks_due = True
    work_out_again(session, store, changed)
    for resource in reread(changed):
        bulk.execute(session, f"UPDATE {_TABLES[resource]} SET content_hash = '' WHERE store_id = ?", store.id)
        session.execute(delete(SyncCursor).where(SyncCursor.store_id == store.id, SyncCursor.resource == resource))


def work_out_again(session: Session, store: Store, changed: Collection[str]) -> None:
    """Marks everybody whose purchase figures are others by the settings in force now."""
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


def reread(changed: Collection[str]) -> list[str]:
    """What has to be read from the store once more before the change shows."""
    return sorted({resource for name in changed for resource in READ_BY.get(name, ())})
