"""People an order was taken from: gone if nothing else speaks of them, else known only since what is left."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import terms
from plugin_core.stores.models import Store

# Whoever has any of these stays.
_TRACES = (
    "orders WHERE customer_id = customers.id",
    "checkouts WHERE customer_id = customers.id",
    "store_customers WHERE customer_id = customers.id AND NOT placeholder",
    "offers WHERE customer_id = customers.id",
    "points_entries WHERE customer_id = customers.id",
    "referral_codes WHERE customer_id = customers.id",
    "memberships WHERE customer_id = customers.id",
    "customer_notes WHERE customer_id = customers.id",
    "consent_entries WHERE customer_id = customers.id AND store_id = 0",
    "customer_merges WHERE customers.id IN (survivor_id, absorbed_id)",
)
_LEFTOVERS = (
    *("tier_states", "stale_customers", "customer_stats", "consents", "consent_entries", "customer_addresses"),
    "store_customers",
)


_SINCE = """
SELECT MIN(moment) FROM (
    SELECT COALESCE(created_at, modified_at) AS moment FROM store_customers WHERE customer_id = ? AND NOT placeholder
    UNION ALL SELECT placed_at FROM orders WHERE customer_id = ?
    UNION ALL SELECT created_at FROM checkouts WHERE customer_id = ?) AS known
"""


def bereave(session: Session, customer_ids: Collection[int]) -> set[int]:
    """Of these people those who are gone now."""
    ghosts = _forget(session, customer_ids)
    for person in customer_ids:
        since = None if person in ghosts else bulk.select(session, _SINCE, person, person, person)[0][0]
        if since is not None:
            bulk.execute(session, "UPDATE customers SET since = ? WHERE id = ? AND since <> ?", since, person, since)
    return ghosts


def drop_unnamed(session: Session, store: Store, external_ids: Collection[str]) -> None:
    """Accounts that never came, and that no order or checkout names any more."""
    if not external_ids:
        return
    named = (
        "SELECT 1 FROM {} WHERE {}.customer_id = store_customers.customer_id AND {}.store_id = store_customers.store_id "
        "AND {}.account_external_id = store_customers.external_id"
    )
    bulk.execute(
        session,
        f"DELETE FROM store_customers WHERE store_id = ? AND placeholder AND external_id IN ({bulk.listed(session, 'text')}) "
        f"AND NOT EXISTS ({named.replace('{}', 'orders')}) AND NOT EXISTS ({named.replace('{}', 'checkouts')})",
        store.id,
        bulk.values(session, external_ids),
    )


def _forget(session: Session, customer_ids: Collection[int]) -> set[int]:
    if not customer_ids:
        return set()
    nothing = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {trace})" for trace in _TRACES)
    rows = bulk.select(
        session,
        f"SELECT id FROM customers WHERE id IN ({bulk.listed(session, 'bigint')}) AND CAST(edited AS TEXT) = '{{}}' "
        f"AND merged_into IS NULL AND erased_at IS NULL AND {nothing}",
        bulk.values(session, customer_ids),
    )
    ghosts = {row[0] for row in rows}
    if ghosts:
        terms.forget(session, ghosts)
        chosen = bulk.values(session, ghosts)
        for table in _LEFTOVERS:
            bulk.execute(session, f"DELETE FROM {table} WHERE customer_id IN ({bulk.listed(session, 'bigint')})", chosen)
        bulk.execute(session, f"DELETE FROM customers WHERE id IN ({bulk.listed(session, 'bigint')})", chosen)
    return ghosts
