"""Products and their categories -> tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk, tombstones
from plugin_core.products.models import Product, ProductCategory
from plugin_core.records import Deletion, ProductRecord
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

_PRODUCTS = metadata.tables[Product.__tablename__]
_CATEGORIES = metadata.tables[ProductCategory.__tablename__]
_COLUMNS = ("store_id", "external_id", "modified_at", "content_hash", "title", "price", "currency", "url", "image_url", "active")


def apply_products(session: Session, store: Store, records: Sequence[ProductRecord]) -> int:
    """Newest wins; the number that changed anything."""
    newest: dict[str, ProductRecord] = {}
    for record in records:
        if record.external_id not in newest or record.modified_at >= newest[record.external_id].modified_at:
            newest[record.external_id] = record
    if not newest:
        return 0
    stored = {
        row[0]: (row[1], row[2])
        for row in bulk.select(
            session,
            f"SELECT external_id, modified_at, content_hash FROM products "
            f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
            store.id,
            bulk.values(session, newest),
        )
    }
    fresh = [record for ext, record in newest.items() if _is_news(record, stored.get(ext))]
    if not fresh:
        return 0
    gone = tombstones.moments(session, store.id, "products", [record.external_id for record in fresh])
    rows = [
        (
            *(store.id, record.external_id, record.modified_at, record.content_hash, record.title, record.price),
            *(record.currency, record.url, record.image_url),
            record.active and gone.get(record.external_id, record.modified_at - 1) < record.modified_at,
        )
        for record in fresh
    ]
    bulk.upsert(session, _PRODUCTS, _COLUMNS, rows, key=_COLUMNS[:2], update=_COLUMNS[2:])
    bulk.execute(
        session,
        f"DELETE FROM product_categories WHERE store_id = ? AND product_id IN ({bulk.listed(session, 'text')})",
        store.id,
        bulk.values(session, [record.external_id for record in fresh]),
    )
    categories = {(store.id, record.external_id, category) for record in fresh for category in record.categories}
    bulk.insert(session, _CATEGORIES, ("store_id", "product_id", "category"), sorted(categories))
    return len(fresh)


def retire_products(session: Session, store: Store, deletions: Sequence[Deletion]) -> int:
    """Gone from the store: kept for the orders that name them, but inactive. One changed after the deletion is back."""
    return sum(
        bulk.execute(
            session,
            "UPDATE products SET active = ? WHERE store_id = ? AND external_id = ? AND modified_at <= ? AND active",
            *(False, store.id, deletion.external_id, deletion.at),
        )
        for deletion in deletions
    )


def _is_news(record: ProductRecord, stored: tuple[int, str] | None) -> bool:
    if stored is None or record.modified_at > stored[0]:
        return True
    return record.modified_at == stored[0] and record.content_hash != stored[1]
