"""Of two records of one moment the newer can't be told: platforms count whole seconds, and deliveries overtake each other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from plugin_core.known import known
from plugin_core.records import CheckoutRecord, CustomerRecord, Deletion, OrderRecord, ProductRecord, Record

_RESOURCES: dict[type, str] = {
    CustomerRecord: "customers",
    OrderRecord: "orders",
    ProductRecord: "products",
    CheckoutRecord: "checkouts",
}


def resource_of(record: Record) -> str:
    return record.resource if isinstance(record, Deletion) else _RESOURCES[type(record)]


def doubtful(session: Session, store_id: int, records: Iterable[Record]) -> set[tuple[str, str]]:
    """(resource, external id) of records that differ from another, or from what is stored, of the same modified time."""
    versions: dict[tuple[str, str], dict[int, set[str]]] = {}
    for record in records:
        if not isinstance(record, Deletion):
            held = versions.setdefault((resource_of(record), record.external_id), {})
            held.setdefault(record.modified_at, set()).add(record.content_hash)
    by_resource: dict[str, list[str]] = {}
    for resource, external_id in versions:
        by_resource.setdefault(resource, []).append(external_id)
    for resource, external_ids in by_resource.items():
        for external_id, (modified_at, content_hash) in known(session, store_id, resource, external_ids).items():
            versions[resource, external_id].setdefault(modified_at, set()).add(content_hash)
    return {key for key, moments in versions.items() if any(len(hashes) > 1 for hashes in moments.values())}
