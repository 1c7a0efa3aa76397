"""The list of people whose numbers have to be worked out again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.orders.models import StaleCustomer
from plugin_core.tables import metadata

_COLUMNS = ("store_id", "customer_id")


def mark(session: Session, rows: Sequence[tuple[int, int]]) -> None:
    """``rows`` of (store id, customer id); already marked ones stay."""
    bulk.upsert(session, metadata.tables[StaleCustomer.__tablename__], _COLUMNS, rows, key=_COLUMNS)


def listed(session: Session, store_id: int, limit: int) -> list[int]:
    rows = bulk.select(
        session, "SELECT customer_id FROM stale_customers WHERE store_id = ? ORDER BY customer_id LIMIT ?", store_id, limit
    )
    return [row[0] for row in rows]


def clear(session: Session, store_id: int, customer_ids: Sequence[int]) -> None:
    bulk.execute(
        session,
        f"DELETE FROM stale_customers WHERE store_id = ? AND customer_id IN ({bulk.listed(session, 'bigint')})",
        store_id,
        bulk.values(session, customer_ids),
    )
