"""Write-back: carry out what the outbox asks for, from the present state of the core, as few calls as the store allows.

Claim (one transaction), call the store (none open), record (another). A worker killed anywhere leaves rows that come back and
writes that do no harm when repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from jobs.context import JobContext
from plugin_core.clock import SECOND_US
from plugin_core.errors import AccessRevoked, MissingScope, Permanent, StoreError, Transient, Unsupported
from plugin_core.locks import hold_account
from plugin_core.outbox import journal, queue, written
from plugin_core.outbox.desired import Account, accounts
from plugin_core.outbox.planning import CONSENT, PROFILE
from plugin_core.outbox.queue import Claimed
from plugin_core.platforms import ProfileWrite, StoreClient, WriteResult
from plugin_core.stores.models import Store
from plugin_core.stores.settings import current

BATCH = 5_000  # enough for a platform's bulk write to pay
_LATER_US = 60 * SECOND_US  # where the store does not say when
_MENDED_US = 3_600 * SECOND_US  # where somebody has to mend the connection first

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class WriteBack:
    """What one run did."""

    written: int = 0
    unchanged: int = 0  # nothing to do by the time it was looked at
    gone: int = 0
    retrying: int = 0
    dead: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    store: Store
    prefix: str
    claimed: dict[int, Claimed]  # by account
    accounts: list[Account]


def write_profiles(context: JobContext, store_id: int, *, limit: int = BATCH) -> WriteBack:
    """Until nothing is due. A StoreError that concerns the whole store is raised after the claims were given back."""
    counts = WriteBack()
    while not context.paused() and (work := _claim_profiles(context, store_id, limit, counts)):
        if work.accounts:
            _write_batch(context, work, counts)
    return counts


def write_consents(context: JobContext, store_id: int, *, limit: int = BATCH) -> WriteBack:
    """Tell the store who opted in or out with us. Like :func:`write_profiles`."""
    counts = WriteBack()
    while not context.paused():
        with context.database.write() as session:
            store = session.get_one(Store, store_id)
            if store.state != "connected":
                return counts
            claimed = _claim(context, store, queue.claim(session, store_id, CONSENT, limit=limit, now=context.clock()))
        if not claimed:
            return counts
        open_ones = list(claimed)
        try:
            with context.client(store) as client:
                while open_ones and not context.paused():
                    _write_consent(context, store, client, open_ones[0], counts)
                    open_ones.pop(0)
        except StoreError as problem:
            _give_back(context, store, open_ones, problem)
            raise
        if open_ones:
            with context.database.write() as session:
                queue.postpone(session, open_ones, until=context.clock())
    return counts


def _claim(context: JobContext, store: Store, claimed: list[Claimed]) -> list[Claimed]:
    if claimed:
        _log.info("claimed", stage="write-back", store=store.key, entries=len(claimed), at=context.clock())
    return claimed


def _claim_profiles(context: JobContext, store_id: int, limit: int, counts: WriteBack) -> _Work | None:
    """None: nothing is due, or the store can't be talked to. What needs no write is settled at once."""
    now = context.clock()
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        if store.state != "connected":
            return None
        settings, _version = current(session, store)
        hold_account(session, store.account_id)  # others may be taking in news of the very same accounts
        claimed = _claim(context, store, queue.claim(session, store_id, PROFILE, limit=limit, now=now))
        if not claimed:
            return None
        by_account = {int(one.key): one for one in claimed}
        found = [one for one in accounts(session, store, settings, list(by_account)) if one.differs(settings.tag_prefix)]
        written.intend(session, found, now=now)
        idle = [by_account[number] for number in by_account.keys() - {one.id for one in found}]
        queue.settle(session, idle, now=now)
        counts.unchanged += len(idle)
    return _Work(store, settings.tag_prefix, by_account, found)


def _write_batch(context: JobContext, work: _Work, counts: WriteBack) -> None:
    writes = [ProfileWrite(one.external_id, one.fields, one.to_add(), one.to_remove(work.prefix)) for one in work.accounts]
    try:
        with context.client(work.store) as client:
            results = client.write_profiles(writes)
    except StoreError as problem:
        _give_back(context, work.store, [work.claimed[one.id] for one in work.accounts], problem)
        raise
    _record(context, work, results, counts)


def _record(context: JobContext, work: _Work, results: Sequence[WriteResult], counts: WriteBack) -> None:
    now = context.clock()
    pairs = list(zip(work.accounts, results, strict=True))
    done = [one for one, result in pairs if result.ok]
    gone = [one for one, result in pairs if result.gone and not result.ok]
    failed = [(one, result) for one, result in pairs if not result.ok and not result.gone]
    with context.database.write() as session:
        hold_account(session, work.store.account_id)
        written.record(session, work.store, done, work.prefix, now=now)
        written.forget(session, gone, now=now)
        queue.settle(session, [work.claimed[one.id] for one in (*done, *gone)], now=now)
        dead = 0
        for retry in (True, False):
            those = [(work.claimed[one.id], result.error) for one, result in failed if result.retry is retry]
            dead += queue.fail(session, those, now=now, retry=retry)
    counts.written += len(done)
    counts.gone += len(gone)
    counts.dead += dead
    counts.retrying += len(failed) - dead
    counts.calls += sum(result.calls for result in results)
    _log.info(
        "written", stage="write-back", store=work.store.key, written=len(done), gone=len(gone), failed=len(failed), dead=dead
    )


def _write_consent(context: JobContext, store: Store, client: StoreClient, one: Claimed, counts: WriteBack) -> None:
    said = one.payload
    try:
        client.write_consent(said["customer_id"], said["channel"], said["state"], said["at"])
    except Unsupported:
        with context.database.write() as session:
            queue.settle(session, [one], now=context.clock())
        counts.unchanged += 1
        return
    except Permanent as problem:
        if isinstance(problem, AccessRevoked | MissingScope):
            raise
        with context.database.write() as session:
            queue.fail(session, [(one, str(problem))], now=context.clock(), retry=False)
        counts.dead += 1
        return
    now = context.clock()
    with context.database.write() as session:
        after = {"channel": said["channel"], "state": said["state"]}
        journal.record_many(session, store.id, CONSENT, [(said["customer_id"], {}, after)], at=now)
        queue.settle(session, [one], now=now)
    counts.written += 1
    counts.calls += 1


def _give_back(context: JobContext, store: Store, claimed: Sequence[Claimed], problem: StoreError) -> None:
    """The whole call failed: wait for the store, or for its owner; an answer that makes no sense counts against the rows."""
    now = context.clock()
    with context.database.write() as session:
        if isinstance(problem, Transient):
            wait = _LATER_US if problem.retry_after is None else int(problem.retry_after * SECOND_US)
            queue.postpone(session, claimed, until=now + wait)
        elif isinstance(problem, AccessRevoked | MissingScope):
            queue.postpone(session, claimed, until=now + _MENDED_US)
        else:
            queue.fail(session, [(one, str(problem)) for one in claimed], now=now, retry=True)
    _log.warning("given back", stage="write-back", store=store.key, entries=len(claimed), problem=str(problem))
