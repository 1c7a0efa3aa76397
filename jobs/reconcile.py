"""Looking for what is gone: lists of changes don't show deleted records, nor an order whose refund was deleted.

Every record we hold is asked for once a day, a part of them at each run, recently changed ones first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from jobs.context import JobContext
from jobs.rejected import keep_rejected
from plugin_core.apply import upsert_many
from plugin_core.clock import DAY_US
from plugin_core.inbox.lost import lost
from plugin_core.platforms import StoreClient
from plugin_core.records import Deletion, Page, Record
from plugin_core.stores import settings as store_settings
from plugin_core.stores.held import BEGINNING, RESOURCES, Place, count, held
from plugin_core.stores.models import Store, SyncCursor

RUNS_A_DAY = 72  # somewhat fewer than the timetable has, so that a pass ends within its day
_CHUNK = 100
# A store that shows none of what it had shown is more likely restricted or being restored than emptied.
_BELIEVABLE = 0.5
_FEW = 10

_log = structlog.get_logger("jobs.reconcile")


def check_deletions(context: JobContext, store_id: int) -> Counter[str]:
    """Counts: "checked", "changed", "gone", "lost", "doubted" records. Raises StoreError; the next run goes on from there."""
    counts: Counter[str] = Counter()
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        if store.first_import_at is None:
            return counts
    with context.client(store) as client:
        for resource in RESOURCES:
            _part(context, client, store, resource, counts)
    return counts


def _part(context: JobContext, client: StoreClient, store: Store, resource: str, counts: Counter[str]) -> None:
    now = context.clock()
    with context.database.read() as session:
        row = session.get(SyncCursor, (store.id, _name(resource)))
        if row is not None and row.finished and now - int(row.cursor["began"]) < DAY_US:
            return
        fresh = row is None or row.finished
        place = BEGINNING if fresh or row is None else Place(*row.cursor["place"])
        began = now if fresh or row is None else int(row.cursor["began"])
        since = _visible_since(session.get_one(Store, store.id), resource, now)
        left = max(_CHUNK, -(-count(session, store.id, resource) // RUNS_A_DAY))
    while left > 0 and not context.paused():
        with context.database.read() as session:
            chunk = held(session, store.id, resource, place, since=since, limit=min(_CHUNK, left))
        left -= _CHUNK
        if chunk:
            place = chunk[-1][1]
            page = client.fetch(resource, [external_id for external_id, _ in chunk])
            _take(context, store, resource, page, len(chunk), counts)
        finished = len(chunk) < _CHUNK
        with context.database.write() as session:
            _remember(session, store.id, resource, began, place, finished=finished, now=context.clock())
        if finished:
            return


def _visible_since(store: Store, resource: str, now: int) -> int:
    """Some stores show orders of the last days only: an older one that isn't shown is not gone."""
    days = store.facts.get("orders_seen_days") if resource == "orders" else None
    return now - (int(days) - 2) * DAY_US if days else 0


def _take(context: JobContext, store: Store, resource: str, page: Page, asked: int, counts: Counter[str]) -> None:
    records: Sequence[Record] = page.records
    gone = [record for record in records if isinstance(record, Deletion)]
    if len(gone) > max(_FEW, asked * _BELIEVABLE):
        _log.warning("too much is gone at once to be believed", store=store.key, resource=resource, gone=len(gone), asked=asked)
        counts["doubted"] += len(gone)
        records, gone = [record for record in records if not isinstance(record, Deletion)], []
    now = context.clock()
    with context.database.write() as session:
        kept = session.get_one(Store, store.id)
        settings, _ = store_settings.current(session, kept)
        counts["lost"] += lost(session, store.id, resource, records, now=now)
        counts["changed"] += upsert_many(session, kept, settings, records, now=now).changed
        keep_rejected(session, context.vault, kept, page.rejected, now=now)
    counts["checked"] += asked
    counts["gone"] += len(gone)


def _remember(session: Session, store_id: int, resource: str, began: int, place: Place, *, finished: bool, now: int) -> None:
    row = session.get(SyncCursor, (store_id, _name(resource)))
    if row is None:
        row = SyncCursor(store_id=store_id, resource=_name(resource), cursor={}, finished=False, updated_at=now)
        session.add(row)
    row.cursor, row.finished, row.updated_at = {"began": began, "place": list(place)}, finished, now


def _name(resource: str) -> str:
    return f"deletions:{resource}"
