"""Deliveries applied: translated, asked for again where they are not enough, taken in with their own state in one transaction.

Nothing is asked of a store while a transaction is open. What a batch changes of one record is one question and one write.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from jobs.asking import Answers, Wanted, ask
from jobs.context import JobContext
from jobs.rejected import keep_rejected
from jobs.store_events import carry_out
from plugin_core import bulk
from plugin_core.apply import upsert_many
from plugin_core.clock import SECOND_US
from plugin_core.deliveries import Ignore, Refetch, Repull, StoreEvent, Unusable
from plugin_core.errors import AccessRevoked, ComebackError, StoreError, Transient
from plugin_core.inbox import queue
from plugin_core.inbox.doubts import doubtful, resource_of
from plugin_core.inbox.queue import Claimed, Failure
from plugin_core.inbox.receive import context as sealed_for
from plugin_core.json_text import without_nul
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import Record, Rejected
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

BATCH = 200
_LATER_US = 30 * SECOND_US  # where the store does not say when
_MENDED_US = 600 * SECOND_US  # where somebody has to mend the connection first

_log = structlog.get_logger("jobs.inbox")


@dataclass(slots=True)
class _Read:
    """What one delivery asks for."""

    delivery: Claimed
    records: list[Record] = field(default_factory=list)
    wanted: set[Wanted] = field(default_factory=set)
    repulls: set[str] = field(default_factory=set)
    events: list[StoreEvent] = field(default_factory=list)
    ignored: str = ""


def apply_due(context: JobContext, store_id: int, *, limit: int = BATCH) -> Counter[str]:
    """Counts: "applied", "ignored", "failed", "dead", "postponed" deliveries and "changed" records. People are left marked stale.

    Only for who has the store's turn: whatever is marked as being worked on was left behind by a process that was killed.
    """
    counts: Counter[str] = Counter()
    with context.database.write() as session:
        queue.release(session, store_id, now=context.clock())
    while not context.paused():
        with context.database.write() as session:
            store = session.get_one(Store, store_id)
            claimed = queue.claim(session, store_id, limit=limit, now=context.clock())
        if not claimed:
            return counts
        _log.info("deliveries claimed", stage="inbox", store=store.key, deliveries=len(claimed))
        _apply(context, store, claimed, counts)
    return counts


def _apply(context: JobContext, store: Store, claimed: Sequence[Claimed], counts: Counter[str]) -> None:
    works, failures = _translated(context, store, claimed)
    works = _fit_for(context, store, works, counts)
    _look_twice(context, store, works)
    answers = ask(
        context, store, {each for work in works for each in work.wanted}, {name for work in works for name in work.repulls}
    )
    ready = []
    for work in works:
        trouble = answers.trouble(work.wanted, work.repulls) or _happen(context, store, work)
        if trouble is None:
            ready.append(work)
        elif isinstance(trouble, Failure):
            failures.append(trouble)
        else:
            failures += _put_off(context, store, work.delivery, trouble, counts)
    failures += _take(context, store, ready, answers, counts)
    with context.database.write() as session:
        dead = queue.fail(session, failures, now=context.clock())
    counts["dead"] += dead
    counts["failed"] += len(failures) - dead
    for failure in failures:
        _log.warning("delivery failed", store=store.key, delivery=failure.delivery.id, topic=failure.delivery.topic)


def _translated(context: JobContext, store: Store, claimed: Sequence[Claimed]) -> tuple[list[_Read], list[Failure]]:
    with context.database.read() as session:
        settings, _ = store_settings.current(session, store)
    connection = ConnectionInfo(
        store=store.key,
        address=store.address,
        credentials={},
        currency=store.currency,
        zone=store.zone,
        facts=store.facts,
        settings=asdict(settings),
    )
    webhooks = context.platforms[store.platform].webhooks
    works: list[_Read] = []
    failures: list[Failure] = []
    for delivery in claimed:
        work = _Read(delivery)
        try:
            raw = without_nul(context.vault.open_bytes(sealed_for(store.id), delivery.body))
            steps = webhooks.translate(delivery.topic, raw, connection, at=delivery.at)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the others go on and it is kept
            failures.append(_failure(delivery, problem))
            continue
        unusable = ""
        for step in steps:
            match step:
                case Refetch(resource, external_ids, with_orders):
                    work.wanted |= {Wanted(resource, each) for each in external_ids}
                    work.wanted |= {Wanted("orders", each) for each in _orders_of(context, store, external_ids, with_orders)}
                case Repull(resource):
                    work.repulls.add(resource)
                case StoreEvent():
                    work.events.append(step)
                case Ignore(reason):
                    work.ignored = reason
                case Unusable(reason):
                    unusable = reason
                case _:
                    work.records.append(step)
        if unusable:
            failures.append(Failure(delivery, unusable, retry=False))
        else:
            works.append(work)
    return works, failures


def _orders_of(context: JobContext, store: Store, accounts: Sequence[str], asked: bool) -> list[str]:  # noqa: FBT001
    if not asked:
        return []
    with context.database.read() as session:
        sql = f"SELECT external_id FROM orders WHERE store_id = ? AND account_external_id IN ({bulk.listed(session, 'text')})"  # noqa: S608
        return [row[0] for row in bulk.select(session, sql, store.id, bulk.values(session, accounts))]


def _fit_for(context: JobContext, store: Store, works: list[_Read], counts: Counter[str]) -> list[_Read]:
    """What can be done in the store's present state. Events are about the state itself: they always can."""
    if store.state == "connected":
        return works
    others = [work for work in works if not work.events]
    now = context.clock()
    with context.database.write() as session:
        if store.state == "disconnected":
            queue.ignored(session, [(work.delivery, "the store is disconnected") for work in others], now=now)
            counts["ignored"] += len(others)
        else:
            queue.postpone(session, [work.delivery for work in others], until=now + _MENDED_US)
            counts["postponed"] += len(others)
    return [work for work in works if work.events]


def _look_twice(context: JobContext, store: Store, works: Iterable[_Read]) -> None:
    """Records of the same moment with different content: which is newer can't be told, so the store is asked."""
    works = [work for work in works if work.records]
    with context.database.read() as session:
        doubts = doubtful(session, store.id, [record for work in works for record in work.records])
    for work in works:
        wanted = {Wanted(resource_of(record), record.external_id) for record in work.records} & {Wanted(*each) for each in doubts}
        work.wanted |= wanted
        work.records = [each for each in work.records if Wanted(resource_of(each), each.external_id) not in wanted]


def _happen(context: JobContext, store: Store, work: _Read) -> Failure | StoreError | None:
    """Carries out what is about the store itself; each such event may be carried out any number of times."""
    try:
        for event in work.events:
            carry_out(context, store.id, event, at=work.delivery.at)
    except StoreError as problem:
        return problem
    except Exception as problem:  # noqa: BLE001 - whatever it is, the others go on and it is kept
        return _failure(work.delivery, problem)
    return None


def _put_off(context: JobContext, store: Store, delivery: Claimed, problem: StoreError, counts: Counter[str]) -> list[Failure]:
    """A store that can't be asked is no fault of the delivery's; an answer that makes no sense counts against it."""
    if not isinstance(problem, Transient | AccessRevoked):
        return [Failure(delivery, str(problem))]
    now = context.clock()
    wait = _MENDED_US
    if isinstance(problem, Transient):
        wait = _LATER_US if problem.retry_after is None else int(problem.retry_after * SECOND_US)
    with context.database.write() as session:
        queue.postpone(session, [delivery], until=now + wait, problem=str(problem))
        if isinstance(problem, AccessRevoked):
            held = session.get_one(Store, store.id)
            if held.state == "connected":
                held.state, held.problem = "reconnect", str(problem)
    counts["postponed"] += 1
    return []


def _take(context: JobContext, store: Store, works: Sequence[_Read], answers: Answers, counts: Counter[str]) -> list[Failure]:
    """All in one transaction; where that fails, one by one, so that the one at fault is found and the others go on."""
    if not works:
        return []
    records = [record for work in works for record in work.records]
    wanted = {each for work in works for each in work.wanted}
    rejected: list[Rejected] = []
    for each in sorted(wanted):
        records += answers.records.get(each, ())
        rejected += answers.rejected.get(each, ())
    now = context.clock()
    try:
        with context.database.write() as session:
            changed = _write(session, context, store.id, records, rejected, now)
            queue.applied(session, [work.delivery for work in works if not work.ignored], now=now)
            queue.ignored(session, [(work.delivery, work.ignored) for work in works if work.ignored], now=now)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is kept with the delivery it belongs to
        if len(works) == 1:
            return [_failure(works[0].delivery, problem)]
        return [failure for work in works for failure in _take(context, store, [work], answers, counts)]
    counts["changed"] += changed
    counts["ignored"] += sum(1 for work in works if work.ignored)
    counts["applied"] += sum(1 for work in works if not work.ignored)
    return []


def _write(
    session: Session, context: JobContext, store_id: int, records: Sequence[Record], rejected: Sequence[Rejected], now: int
) -> int:
    store = session.get_one(Store, store_id)
    settings, _ = store_settings.current(session, store)
    keep_rejected(session, context.vault, store, rejected, now=now)
    return upsert_many(session, store, settings, records, now=now).changed


def _failure(delivery: Claimed, problem: Exception) -> Failure:
    """Where it happened, and what kind of thing: an exception's own words may quote the body."""
    said = str(problem) if isinstance(problem, ComebackError) else f"It could not be applied ({type(problem).__name__})."
    frames = traceback.extract_tb(problem.__traceback__)
    lines = [f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return Failure(delivery, said, "\n".join([*lines, type(problem).__name__]))
