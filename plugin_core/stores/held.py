"""What we hold of a store, from the most recently changed on: the list a look for deletions goes through."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk

# Table, what to leave out, and the column that says how old a record is.
_TABLES = {
    "orders": ("orders", "", "placed_at"),
    "customers": ("store_customers", "AND deleted_at IS NULL AND NOT placeholder", "modified_at"),
}
RESOURCES = tuple(_TABLES)


class Place(NamedTuple):
    """How far the look has come."""

    modified_at: int
    id: int


BEGINNING = Place(2**62, 2**62)


def held(session: Session, store_id: int, resource: str, after: Place, *, since: int, limit: int) -> list[tuple[str, Place]]:
    """(external id, place) of up to ``limit`` records not older than ``since``, newest change first."""
    table, condition, age = _TABLES[resource]
    rows = bulk.select(
        session,
        f"SELECT external_id, modified_at, id FROM {table} WHERE store_id = ? {condition} "
        f"AND {age} >= ? AND (modified_at < ? OR (modified_at = ? AND id < ?)) ORDER BY modified_at DESC, id DESC LIMIT ?",
        *(store_id, since, after.modified_at, after.modified_at, after.id, limit),
    )
    return [(row[0], Place(row[1], row[2])) for row in rows]


def count(session: Session, store_id: int, resource: str) -> int:
    table, condition, _ = _TABLES[resource]
    return int(bulk.select(session, f"SELECT COUNT(*) FROM {table} WHERE store_id = ? {condition}", store_id)[0][0])
