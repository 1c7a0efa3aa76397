"""Deliveries applied: translated, asked for again where they are not enough, taken in with their own state in one transaction.

Nothing is asked of a store while a transaction is open. What a batch changes of one record is one question and one write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from jobs.asking import Answers, ask
from jobs.context import JobContext
from jobs.reading import Read, failure, fill_in, translated
from jobs.rejected import keep_rejected
from jobs.store_events import carry_out
from plugin_core.apply import upsert_many
from plugin_core.clock import SECOND_US
from plugin_core.errors import AccessRevoked, StoreError, Transient
from plugin_core.inbox import queue
from plugin_core.inbox.queue import Claimed, Failure
from plugin_core.records import Record, Rejected
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

BATCH = 200
_LATER_US = 30 * SECOND_US  # where the store does not say when
_MENDED_US = 600 * SECOND_US  # where somebody has to mend the connection first

_log = structlog.get_logger("jobs.inbox")


def apply_due(context: JobContext, store_id: int, *, limit: int = BATCH) -> Counter[str]:
    """Until nothing is due. Counts as :func:`apply_batch`."""
    counts: Counter[str] = Counter()
    with context.database.write() as session:
        queue.release(session, store_id, now=context.clock())
    while not context.paused() and (some := apply_batch(context, store_id, limit=limit)) is not None:
        counts += some
    return counts


def apply_batch(context: JobContext, store_id: int, *, limit: int = BATCH) -> Counter[str] | None:
    """None: nothing is due. Counts: "applied", "ignored", "failed", "dead", "postponed" deliveries and "changed" records.

    People are left marked stale. Only for who has the store's turn: whatever is marked as being worked on was left behind by a
    process that was killed, and is to be taken back before the first batch.
    """
    counts: Counter[str] = Counter()
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        claimed = queue.claim(session, store_id, limit=limit, now=context.clock())
    if not claimed:
        return None
    _log.info("deliveries claimed", stage="inbox", store=store.key, deliveries=len(claimed))
    _apply(context, store, claimed, counts)
    return counts


def _apply(context: JobContext, store: Store, claimed: Sequence[Claimed], counts: Counter[str]) -> None:
    works, failures = translated(context, store, claimed)
    works = _fit_for(context, store, works, counts)
    fill_in(context, store, works)
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
    for each in failures:
        _log.warning("delivery failed", store=store.key, delivery=each.delivery.id, topic=each.delivery.topic)


def _fit_for(context: JobContext, store: Store, works: list[Read], counts: Counter[str]) -> list[Read]:
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


def _happen(context: JobContext, store: Store, work: Read) -> Failure | StoreError | None:
    """Carries out what is about the store itself; each such event may be carried out any number of times."""
    try:
        for event in work.events:
            carry_out(context, store.id, event, at=work.delivery.at)
    except StoreError as problem:
        return problem
    except Exception as problem:  # noqa: BLE001 - whatever it is, the others go on and it is kept
        return failure(work.delivery, problem)
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


def _take(context: JobContext, store: Store, works: Sequence[Read], answers: Answers, counts: Counter[str]) -> list[Failure]:
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
            return [failure(works[0].delivery, problem)]
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
