"""What was written to the store: noted before the call and settled after it, so that a crash in between leaves no stray tag."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.outbox import journal
from plugin_core.outbox.desired import Account
from plugin_core.outbox.models import WrittenState
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

_COLUMNS = ("store_customer_id", "fields", "tags", "written_at")


def intend(session: Session, chosen: Sequence[Account], *, now: int) -> None:
    """Before the call: from now on the store may show these tags, so they are ours to remove; what its fields say is not known
    until the answer, so that a write cut off in between is made again, whatever is wanted by then.
    """
    rows = [(one.id, "{}", json.dumps(sorted({*one.written_tags, *one.tags})), now) for one in chosen]
    _save(session, rows)


def record(session: Session, store: Store, done: Sequence[Account], prefix: str, *, now: int) -> None:
    """After the call: the store shows exactly what was wanted; each change goes into the journal."""
    _save(session, [(one.id, json.dumps(dict(one.fields)), json.dumps(list(one.tags)), now) for one in done])
    # As the store's own answer will say: our echo is no news.
    shown = []
    for one in done:
        gone = set(one.to_remove(prefix))
        kept = [tag for tag in one.store_tags if tag not in gone]
        tags = [*kept, *(tag for tag in one.tags if tag not in kept)]
        if tags != list(one.store_tags):
            shown.append((json.dumps(tags), one.id))
    bulk.update_rows(session, "UPDATE store_customers SET tags = ? WHERE id = ?", shown)
    journal.record_many(
        session,
        store.id,
        "profile",
        [
            (
                one.external_id,
                {"fields": dict(one.written_fields or {}), "tags": list(one.written_tags)},
                {"fields": dict(one.fields), "tags": list(one.tags)},
            )
            for one in done
        ],
        at=now,
    )


def forget(session: Session, gone: Sequence[Account], *, now: int) -> None:
    """The store knows these accounts no more."""
    bulk.update_rows(
        session, "UPDATE store_customers SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", [(now, one.id) for one in gone]
    )
    bulk.update_rows(session, "DELETE FROM written_states WHERE store_customer_id = ?", [(one.id,) for one in gone])


def _save(session: Session, rows: Sequence[tuple[int, str, str, int]]) -> None:
    bulk.upsert(
        session,
        metadata.tables[WrittenState.__tablename__],
        _COLUMNS,
        rows,
        key=("store_customer_id",),
        update=("fields", "tags", "written_at"),
    )
