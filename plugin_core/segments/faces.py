"""A few people by name, for a sample beside a count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.stores.models import Store


class Face(NamedTuple):
    """Money in minor units, times in microseconds UTC."""

    key: str
    name: str
    email: str
    orders: int
    net_spent: int
    last_order_at: int | None


def faces(session: Session, store: Store, customer_ids: Sequence[int]) -> list[Face]:
    """Those of ``customer_ids`` whom ``store`` knows, in the order of their ids."""
    rows = bulk.select(
        session,
        "SELECT c.key, c.first_name, c.last_name, c.email, s.orders_count, s.net_spent, s.last_order_at "
        "FROM customer_stats s JOIN customers c ON c.id = s.customer_id "
        f"WHERE s.store_id = ? AND s.customer_id IN ({bulk.listed(session, 'bigint')}) ORDER BY c.id",
        *(store.id, bulk.values(session, customer_ids)),
    )
    return [Face(key, f"{first} {last}".strip(), email, *rest) for key, first, last, email, *rest in rows]
