"""Pulling a store's records in: page by page, each page and its cursor in one transaction, so that a kill resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy.orm import Session

from jobs.context import JobContext
from jobs.rejected import keep_rejected, retry_rejected
from plugin_core import bulk
from plugin_core.apply import Applied, upsert_many
from plugin_core.errors import AccessRevoked, StoreError
from plugin_core.inbox.lost import lost
from plugin_core.known import known
from plugin_core.orders import totals
from plugin_core.platforms import StoreClient
from plugin_core.records import Page
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import take_facts
from plugin_core.stores.models import Run, Store, SyncCursor

RESOURCES = ("products", "customers", "orders", "checkouts")

# (resource, records taken in so far, expected number or None)
Progress = Callable[[str, int, int | None], None]

_SMALL_STORE = 20_000  # people

_log = structlog.get_logger("jobs.sync")


class Synced(NamedTuple):
    received: Mapping[str, int]
    changed: int
    rejected: int
    lost: int = 0  # changes that webhooks should have told of
    unfinished: bool = False  # asked to pause; the next sync goes on from here


def sync_store(context: JobContext, store_id: int, *, full: bool = False, progress: Progress | None = None) -> Synced:
    """Take in everything that is new (``full``: everything again). Raises StoreError after noting it on the run and the store."""
    run_id = _begin(context, store_id, full=full)
    try:
        with context.database.read() as session:
            store = session.get_one(Store, store_id)
        with context.client(store) as client:
            synced = _pull_all(context, client, store_id, run_id, full=full, progress=progress)
    except StoreError as problem:
        _fail(context, store_id, run_id, problem)
        raise
    if not synced.unfinished:
        _end(context, store_id, run_id, synced)
    return synced


def _pull_all(
    context: JobContext, client: StoreClient, store_id: int, run_id: int, *, full: bool, progress: Progress | None
) -> Synced:
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
    if full or store.first_import_at is None:
        facts = client.facts()
        with context.database.write() as session:
            take_facts(session.get_one(Store, store_id), facts)
    client.known = lambda resource, ids: _known(context, store_id, resource, ids)
    received: dict[str, int] = {}
    changed = rejected = missed = 0
    for resource in RESOURCES:
        cursor, finished = _cursor(context, store_id, resource)
        whole = full or not finished
        start = None if full and finished else cursor
        received[resource] = 0
        _log.info("pulling", stage="import", store=store.key, resource=resource, whole=whole)
        for page in client.pull(resource, start, full=whole):
            if not whole:
                missed += _lost(context, store_id, resource, page)
            came, news = _take(context, store_id, run_id, resource, page, whole=whole)
            received[resource] += came
            changed += news
            rejected += len(page.rejected)
            _log.info("page", stage="import", store=store.key, resource=resource, done=received[resource])
            if progress:
                progress(resource, received[resource], page.total)
            if context.paused() and not page.last:
                return Synced(received, changed, rejected, missed, unfinished=True)
    changed += _fill_placeholders(context, client, store_id)
    changed += retry_rejected(context, client, store_id)
    return Synced(received, changed, rejected, missed)


def _lost(context: JobContext, store_id: int, resource: str, page: Page) -> int:
    with context.database.read() as session:
        return lost(session, store_id, resource, page.records, now=context.clock())


def pull_changes(context: JobContext, client: StoreClient, store_id: int, resource: str) -> None:
    """What changed in one resource since the last pull. Nothing while its first pull is under way: that one brings it."""
    cursor, finished = _cursor(context, store_id, resource)
    if not finished:
        return
    client.known = lambda name, ids: _known(context, store_id, name, ids)
    for page in client.pull(resource, cursor):
        with context.database.write() as session:
            _take_page(session, context, store_id, resource, page)


def _take_page(session: Session, context: JobContext, store_id: int, resource: str, page: Page) -> Applied:
    now = context.clock()
    store = session.get_one(Store, store_id)
    settings, _ = store_settings.current(session, store)
    applied = upsert_many(session, store, settings, page.records, now=now)
    keep_rejected(session, context.vault, store, page.rejected, now=now)
    if resource == "orders" and page.last:
        totals.all_taken_in(session, store)
    row = session.get(SyncCursor, (store_id, resource))
    if row is None:
        row = SyncCursor(store_id=store_id, resource=resource, cursor={}, finished=False, updated_at=now)
        session.add(row)
    row.cursor, row.finished, row.updated_at = dict(page.cursor), page.last, now
    return applied


def _take(context: JobContext, store_id: int, run_id: int, resource: str, page: Page, *, whole: bool) -> tuple[int, int]:
    with context.database.write() as session:
        applied = _take_page(session, context, store_id, resource, page)
        now = context.clock()
        store = session.get_one(Store, store_id)
        run = session.get_one(Run, run_id)
        run.stage, run.total, run.updated_at = resource, page.total, now
        run.counts = {**run.counts, resource: run.counts.get(resource, 0) + applied.received}
        run.rejected += len(page.rejected)
        if applied.changed and (whole or _is_small(session, store_id)):
            store.yardsticks_due = True
    return applied.received, applied.changed


def _is_small(session: Session, store_id: int) -> bool:
    """Small enough to work out the store's yardsticks after every sync; larger ones wait for the night."""
    rows = bulk.select(session, "SELECT 1 FROM customer_stats WHERE store_id = ? LIMIT ?", store_id, _SMALL_STORE + 1)
    return len(rows) <= _SMALL_STORE


def _fill_placeholders(context: JobContext, client: StoreClient, store_id: int) -> int:
    """Accounts that orders named before their own record came."""
    with context.database.read() as session:
        rows = bulk.select(
            session, "SELECT external_id FROM store_customers WHERE store_id = ? AND placeholder AND deleted_at IS NULL", store_id
        )
    changed = 0
    ids = [row[0] for row in rows]
    for start in range(0, len(ids), 100):
        page = client.fetch("customers", ids[start : start + 100])
        with context.database.write() as session:
            store = session.get_one(Store, store_id)
            settings, _ = store_settings.current(session, store)
            changed += upsert_many(session, store, settings, page.records, now=context.clock()).changed
    return changed


def _known(context: JobContext, store_id: int, resource: str, external_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    with context.database.read() as session:
        return known(session, store_id, resource, external_ids)


def _cursor(context: JobContext, store_id: int, resource: str) -> tuple[dict[str, object] | None, bool]:
    with context.database.read() as session:
        row = session.get(SyncCursor, (store_id, resource))
        return (None, False) if row is None else (dict(row.cursor), row.finished)


def _begin(context: JobContext, store_id: int, *, full: bool) -> int:
    now = context.clock()
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        bulk.execute(
            session,
            "UPDATE runs SET state = 'failed', problem = 'interrupted' WHERE store_id = ? AND state = 'running'",
            store_id,
        )
        kind = "import" if full or store.first_import_at is None else "sync"
        run = Run(store_id=store_id, kind=kind, state="running", counts={}, rejected=0, started_at=now, updated_at=now)
        session.add(run)
        session.flush()
        return run.id


def _end(context: JobContext, store_id: int, run_id: int, synced: Synced) -> None:
    now = context.clock()
    with context.database.write() as session:
        run = session.get_one(Run, run_id)
        run.state, run.finished_at, run.updated_at = "done", now, now
        run.done = sum(synced.received.values())
        store = session.get_one(Store, store_id)
        store.first_import_at = store.first_import_at or now
        store.problem = ""


def _fail(context: JobContext, store_id: int, run_id: int, problem: StoreError) -> None:
    now = context.clock()
    _log.warning("sync failed", store=problem.store, error=type(problem).__name__)
    with context.database.write() as session:
        run = session.get_one(Run, run_id)
        run.state, run.problem, run.finished_at, run.updated_at = "failed", str(problem), now, now
        store = session.get_one(Store, store_id)
        store.problem = str(problem)
        if isinstance(problem, AccessRevoked):
            store.state = "reconnect"
