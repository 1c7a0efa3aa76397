"""What is stored already, so that the same record again need not even be translated."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk

_TABLES = {"orders": "orders", "customers": "store_customers", "products": "products", "checkouts": "checkouts"}


def known(session: Session, store_id: int, resource: str, external_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """External id -> (modified_at, content_hash) of those stored."""
    rows = bulk.select(
        session,
        f"SELECT external_id, modified_at, content_hash FROM {_TABLES[resource]} "
        f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        store_id,
        bulk.values(session, external_ids),
    )
    return {row[0]: (row[1], row[2]) for row in rows}
