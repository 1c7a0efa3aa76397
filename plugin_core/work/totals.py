"""Sums of what background work did, for the metrics: rows, so that every process adds to the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.work.models import WorkTotal

_COLUMNS = ("store_id", "task", "what", "total")


class Total(NamedTuple):
    store: str  # key
    task: str
    what: str
    total: int


def add(session: Session, store_id: int, task: str, counts: Mapping[str, int]) -> None:
    rows = [(store_id, task, what, count) for what, count in sorted(counts.items()) if count]
    bulk.write(
        session,
        WorkTotal.metadata.tables[WorkTotal.__tablename__],
        _COLUMNS,
        rows,
        "ON CONFLICT (store_id, task, what) DO UPDATE SET total = work_totals.total + excluded.total",
    )


def totals(session: Session) -> list[Total]:
    sql = (
        "SELECT s.key, t.task, t.what, t.total FROM work_totals t JOIN stores s ON s.id = t.store_id "
        "ORDER BY s.key, t.task, t.what"
    )
    return [Total(*row) for row in bulk.select(session, sql)]
