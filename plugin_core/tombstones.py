"""Records the store says are gone, and when: an older version that arrives late must not bring them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

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
    """Pairs of people that the store made one, in families with one of ``accounts``; of those whose accounts are known here.

    Whichever of the accounts and the words of their merges comes last finds the others, also where one between them never came.
    """
    merges = bulk.select(session, _MERGES, store_id)
    families = _families(merges, accounts) if merges else []
    if not families:
        return []
    some = bulk.listed(session, "text")
    sql = f"SELECT external_id, customer_id FROM store_customers WHERE store_id = ? AND external_id IN ({some})"
    persons = dict(bulk.select(session, sql, store_id, bulk.values(session, sorted(set[str]().union(*families)))))
    found: list[tuple[int, int]] = []
    for family in families:
        known = sorted({persons[account] for account in family if account in persons})
        found += [(person, known[0]) for person in known[1:]]
    return found


_MERGES = "SELECT external_id, heir FROM tombstones WHERE store_id = ? AND resource = 'customers' AND heir <> ''"


def _families(merges: Sequence[Any], accounts: Iterable[str]) -> list[set[str]]:
    """The accounts that hang together by merges, of each of ``accounts`` that hangs together with any."""
    beside: dict[str, set[str]] = defaultdict(set)
    for gone, kept in merges:
        beside[gone].add(kept)
        beside[kept].add(gone)
    families: list[set[str]] = []
    seen: set[str] = set()
    for account in sorted(beside.keys() & set(accounts)):
        if account in seen:
            continue
        family, open_ends = {account}, [account]
        while open_ends:
            new = beside[open_ends.pop()] - family
            family |= new
            open_ends += new
        seen |= family
        families.append(family)
    return families


def moments(session: Session, store_id: int, resource: str, external_ids: Iterable[str]) -> dict[str, int]:
    """External id -> when it was deleted. A record changed at that moment or before stays deleted."""
    rows = bulk.select(
        session,
        f"SELECT external_id, at FROM tombstones WHERE store_id = ? AND resource = ? "
        f"AND external_id IN ({bulk.listed(session, 'text')})",
        *(store_id, resource, bulk.values(session, external_ids)),
    )
    return dict(rows)
