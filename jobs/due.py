"""Everything that is due now, store by store; one store's trouble is said and stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from jobs import offers, writeback
from jobs.codes import check_codes
from jobs.context import JobContext
from jobs.inbox import apply_due
from jobs.insights import refresh_insights
from jobs.privacy import answer_requests
from jobs.reconcile import check_deletions
from jobs.refresh import refresh_store
from jobs.sync import Progress, sync_store
from jobs.turns import turn
from plugin_core.clock import SECOND_US
from plugin_core.customers.privacy.requests import asked_of
from plugin_core.errors import AccessRevoked, ComebackError, StoreError
from plugin_core.outbox import queue
from plugin_core.stores.connect import connected_stores
from plugin_core.stores.models import Run, Store
from plugin_core.work import standing
from plugin_core.work.standing import NEVER, standings

SYNC_EVERY_US = 600 * SECOND_US
CHECK_EVERY_US = 900 * SECOND_US  # what no change in the store tells of by itself

_log = structlog.get_logger("jobs.due")


@dataclass(slots=True)
class StoreReport:
    """What one store's turn did."""

    store: str
    counts: dict[str, int] = field(default_factory=dict)
    problem: str = ""

    def add(self, counts: dict[str, int]) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


def run_due(context: JobContext, *, only: str | None = None, progress: Progress | None = None) -> list[StoreReport]:
    """All that is due now, then back. A second call right after writes nothing."""
    with context.database.read() as session:
        stores = [(store.id, store.key) for store in connected_stores(session) if only in (None, store.key)]
        known = [(store.id, store.key) for store in asked_of(session) if only in (None, store.key)]
    others = [each for each in known if each not in stores]
    return [
        *(_turn(context, store_id, key, partial(_work, progress=progress)) for store_id, key in stores),
        *(_turn(context, store_id, key, _answer) for store_id, key in others),
    ]


def _turn(context: JobContext, store_id: int, key: str, work: Callable[[JobContext, int, StoreReport], None]) -> StoreReport:
    report = StoreReport(key)
    with turn(context.database, store_id) as ours:
        if ours:
            work(context, store_id, report)
        else:
            _log.info("another process is busy with this store", store=key)
            report.counts["busy_elsewhere"] = 1
    return report


def _answer(context: JobContext, store_id: int, report: StoreReport) -> None:
    """Of a store that is not connected only what people asked for about themselves."""
    report.add({f"privacy_{name}": count for name, count in answer_requests(context, store_id).items()})


def _work(context: JobContext, store_id: int, report: StoreReport, progress: Progress | None) -> None:
    with context.database.write() as session:
        queue.release(session, store_id, now=context.clock())  # claimed by a process that was killed
    try:
        if sync_due(context, store_id):
            synced = sync_store(context, store_id, progress=progress)
            report.add({f"received_{name}": count for name, count in synced.received.items()})
            report.add({"changed": synced.changed, "rejected": synced.rejected})
        report.add({f"webhooks_{name}": count for name, count in apply_due(context, store_id).items()})
        _check(context, store_id, "deletions", check_deletions, report)
        _check(context, store_id, "codes", check_codes, report)
        refreshed = refresh_store(context, store_id)
        report.add({"people": refreshed.people})
        report.add(offers.plan_offers(context, store_id))
        report.add(offers.mint_due(context, store_id))
        report.add(offers.send_due(context, store_id))
        report.add(asdict(writeback.write_profiles(context, store_id)))
        report.add({f"consent_{name}": count for name, count in asdict(writeback.write_consents(context, store_id)).items()})
        _answer(context, store_id, report)
        refresh_insights(context, store_id)
    except StoreError as problem:
        # The next turn tries again; what was done so far is committed.
        _log.warning("turn ended early", store=report.store, error=type(problem).__name__)
        report.problem = str(problem)
        if isinstance(problem, AccessRevoked):
            with context.database.write() as session:
                store = session.get_one(Store, store_id)
                store.state, store.problem = "reconnect", str(problem)
    except OperationalError:
        raise  # the database itself: no other store can be worked for either
    except Exception as problem:  # noqa: BLE001 - any failure
        # Even a fault of ours stops no other store's mails; the next turn tries again.
        _log.exception("turn failed", store=report.store)
        report.problem = (
            str(problem)
            if isinstance(problem, ComebackError)
            else f"{report.store}: something unexpected happened ({type(problem).__name__}). It is tried again; please report it."
        )


def _check(
    context: JobContext, store_id: int, task: str, run: Callable[[JobContext, int], Mapping[str, int]], report: StoreReport
) -> None:
    """Where neither the engine's task of that name nor the first import has looked lately; it counts as that task's run."""
    began = context.clock()
    with context.database.read() as session:
        stands = standings(session, store_id).get((store_id, task), NEVER)
        looked_at = max(stands.done_at or 0, session.get_one(Store, store_id).first_import_at or 0)
    if stands.asked_at is None and began - looked_at < CHECK_EVERY_US:
        return
    report.add({f"{task}_{name}": count for name, count in run(context, store_id).items()})
    with context.database.write() as session:
        standing.done(session, store_id, task, began=began, now=context.clock(), unfinished=context.paused())


def sync_due(context: JobContext, store_id: int) -> bool:
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        if store.first_import_at is None:
            return True
        newest = session.query(Run).filter(Run.store_id == store_id).order_by(Run.id.desc()).first()
        if newest is None or newest.state != "done" or context.clock() - newest.started_at >= SYNC_EVERY_US:
            return True
        asked_at = standings(session, store_id).get((store_id, "sync"), NEVER).asked_at
        return asked_at is not None and asked_at > newest.started_at
