"""The journal of every write to a store, and what would have to be taken back to leave the store as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.outbox.desired import FIELDS
from plugin_core.outbox.models import JournalEntry
from plugin_core.platforms import ProfileWrite
from plugin_core.tables import metadata

_COLUMNS = ("store_id", "kind", "target", "before", "after", "at")
_BATCH = 5_000


class JournalLine(NamedTuple):
    kind: str
    target: str  # external id
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    at: int


def record_many(
    session: Session, store_id: int, kind: str, changes: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]], *, at: int
) -> None:
    """``changes`` of (target, before, after)."""
    rows = [(store_id, kind, target, json.dumps(before), json.dumps(after), at) for target, before, after in changes]
    bulk.insert(session, metadata.tables[JournalEntry.__tablename__], _COLUMNS, rows)


def lines(session: Session, store_id: int, target: str = "") -> list[JournalLine]:
    """Oldest first; of one target or of the whole store."""
    rows = bulk.select(
        session,
        "SELECT kind, target, before, after, at FROM write_journal WHERE store_id = ? AND (? = '' OR target = ?) ORDER BY id",
        *(store_id, target, target),
    )
    return [JournalLine(kind, name, _loaded(before), _loaded(after), at) for kind, name, before, after, at in rows]


def to_undo(session: Session, store_id: int) -> Iterator[list[ProfileWrite]]:
    """Batches of writes that remove every field and tag of ours from the store's accounts.

    Fields live where only we write, so before us there were none. A write that was begun and whose answer never came is included.
    """
    last = -1
    while True:
        rows = bulk.select(
            session,
            "SELECT a.id, a.external_id, w.tags FROM written_states w JOIN store_customers a ON a.id = w.store_customer_id "
            "WHERE a.id > ? AND a.store_id = ? AND a.deleted_at IS NULL ORDER BY a.id LIMIT ?",
            *(last, store_id, _BATCH),
        )
        if not rows:
            return
        last = rows[-1][0]
        gone = dict.fromkeys(FIELDS)
        yield [ProfileWrite(external_id, gone, (), tuple(_loaded(tags))) for _id, external_id, tags in rows]


def codes_to_undo(session: Session, store_id: int) -> list[str]:
    """External ids of the discount codes made in the store."""
    sql = "SELECT DISTINCT target FROM write_journal WHERE store_id = ? AND kind = 'code' ORDER BY target"
    return [row[0] for row in bulk.select(session, sql, store_id)]


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
