"""What is stored of orders already decides what is news."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.records import OrderRecord
from plugin_core.stores.models import Store


class KnownOrder(NamedTuple):
    id: int
    modified_at: int
    content_hash: str
    customer_id: int | None
    account: str  # the store's own customer id, "" for a guest


def known_orders(session: Session, store: Store, external_ids: Iterable[str]) -> dict[str, KnownOrder]:
    rows = bulk.select(
        session,
        f"SELECT external_id, id, modified_at, content_hash, customer_id, account_external_id FROM orders "
        f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        store.id,
        bulk.values(session, external_ids),
    )
    return {row[0]: KnownOrder(*row[1:]) for row in rows}


def is_news(record: OrderRecord, stored: KnownOrder | None) -> bool:
    """Newer, or of the same second but different: times have one-second grain, so a fresh answer wins a tie."""
    if stored is None or record.modified_at > stored.modified_at:
        return True
    return record.modified_at == stored.modified_at and record.content_hash != stored.content_hash
