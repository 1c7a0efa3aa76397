"""Records the store says are gone, and when: an older version that arrives late must not bring them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from plugin_core import bulk
from plugin_core.db import Base
from plugin_core.records import Deletion

_COLUMNS = ("store_id", "resource", "external_id", "at", "heir")


class Tombstone(Base):
    __tablename__ = "tombstones"
    __table_args__ = ({"sqlite_with_rowid": False},)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    resource: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]
    heir: Mapped[str] = mapped_column(default="")  # the account that the store merged it into


def note(session: Session, store_id: int, deletions: Sequence[Deletion]) -> None:
    latest: dict[tuple[int, str, str], int] = {}
    for deletion in deletions:
        key = (store_id, deletion.resource, deletion.external_id)
        latest[key] = max(deletion.at, latest.get(key, deletion.at))
    rows = [(*key, at, "") for key, at in latest.items()]
    bulk.upsert(session, Base.metadata.tables["tombstones"], _COLUMNS, rows, key=_COLUMNS[:3], update=("at",), newer="at")
    heirs = [(each.heir, store_id, each.resource, each.external_id) for each in deletions if each.heir]
    bulk.update_rows(session, "UPDATE tombstones SET heir = ? WHERE store_id = ? AND resource = ? AND external_id = ?", heirs)


def inherited(session: Session, store_id: int, accounts: Iterable[str]) -> list[tuple[int, int]]:
    """Pairs of people that the store made one, where one of ``accounts`` is among theirs and both accounts are known here.

    Whichever of the two accounts and the word of their merge comes last finds the others.
    """
    if not bulk.select(session, _ANY_HEIR, store_id):
        return []
    listed, chosen = bulk.listed(session, "text"), bulk.values(session, accounts)
    rows = bulk.select(session, _PAIRS.format(listed=listed), store_id, chosen, chosen)
    return [(gone, kept) for gone, kept in rows]


_ANY_HEIR = "SELECT 1 FROM tombstones WHERE store_id = ? AND resource = 'customers' AND heir <> '' LIMIT 1"
_PAIRS = """
    SELECT gone.customer_id, kept.customer_id FROM tombstones t
    JOIN store_customers gone ON gone.store_id = t.store_id AND gone.external_id = t.external_id
    JOIN store_customers kept ON kept.store_id = t.store_id AND kept.external_id = t.heir
    WHERE t.store_id = ? AND t.resource = 'customers' AND t.heir <> '' AND gone.customer_id <> kept.customer_id
    AND (t.external_id IN ({listed}) OR t.heir IN ({listed}))
    ORDER BY t.external_id
"""


def moments(session: Session, store_id: int, resource: str, external_ids: Iterable[str]) -> dict[str, int]:
    """External id -> when it was deleted. A record changed at that moment or before stays deleted."""
    rows = bulk.select(
        session,
        f"SELECT external_id, at FROM tombstones WHERE store_id = ? AND resource = ? "
        f"AND external_id IN ({bulk.listed(session, 'text')})",
        *(store_id, resource, bulk.values(session, external_ids)),
    )
    return dict(rows)
