"""Records the store says are gone, and when: an older version that arrives late must not bring them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from plugin_core import bulk
from plugin_core.db import Base
from plugin_core.records import Deletion

_COLUMNS = ("store_id", "resource", "external_id", "at")


class Tombstone(Base):
    __tablename__ = "tombstones"
    __table_args__ = ({"sqlite_with_rowid": False},)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    resource: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]


def note(session: Session, store_id: int, deletions: Sequence[Deletion]) -> None:
    latest: dict[tuple[int, str, str], int] = {}
    for deletion in deletions:
        key = (store_id, deletion.resource, deletion.external_id)
        latest[key] = max(deletion.at, latest.get(key, deletion.at))
    rows = [(*key, at) for key, at in latest.items()]
    bulk.upsert(session, Base.metadata.tables["tombstones"], _COLUMNS, rows, key=_COLUMNS[:3], update=("at",), newer="at")


def moments(session: Session, store_id: int, resource: str, external_ids: Iterable[str]) -> dict[str, int]:
    """External id -> when it was deleted. A record changed at that moment or before stays deleted."""
    rows = bulk.select(
        session,
        f"SELECT external_id, at FROM tombstones WHERE store_id = ? AND resource = ? "
        f"AND external_id IN ({bulk.listed(session, 'text')})",
        *(store_id, resource, bulk.values(session, external_ids)),
    )
    return dict(rows)
