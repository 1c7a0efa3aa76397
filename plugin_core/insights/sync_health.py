"""How well one store and we keep up with each other: what came last, what waits, what went wrong and what can be tried again."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.stores.models import Run, Store, SyncCursor
from plugin_core.work.standing import Standing, standings

_RECENT = 200  # applied deliveries whose lag is looked at
_TROUBLED = 3  # failures in a row after which a task is named


class Problem(NamedTuple):
    """The same trouble of several: ``first`` names one of them, where one can be named."""

    words: str
    times: int
    first: int | None = None


class RejectedOne(NamedTuple):
    id: int
    resource: str
    external_id: str
    reason: str
    attempts: int
    first_seen_at: int


class Pulled(NamedTuple):
    resource: str
    finished: bool
    updated_at: int


class Health(NamedTuple):
    store: Store
    good: bool
    importing: Run | None  # the first import or another run under way
    last_run: Run | None
    last_delivery_at: int | None
    lag_us: int | None  # median from received to applied, of the latest
    deliveries_waiting: int
    writes_waiting: int
    people_waiting: int
    pulled: tuple[Pulled, ...]
    deliveries_failed: tuple[Problem, ...]  # are tried again by themselves
    deliveries_dead: tuple[Problem, ...]
    writes_dead: tuple[Problem, ...]
    rejected: tuple[RejectedOne, ...]  # the oldest few
    rejected_count: int
    tasks: tuple[tuple[str, Standing], ...]  # that keep failing
    webhooks_problem: str
    webhooks_checked_at: int | None
    refused: tuple[tuple[str, int], ...]  # deliveries turned away, by why
    slowed: int  # times the store asked us to slow down
    slowed_until: int | None
    calls: int  # made for writing, since the beginning


def health(session: Session, store: Store, *, now: int, rejected: int = 20) -> Health:
    runs = list(session.scalars(select(Run).where(Run.store_id == store.id).order_by(Run.id.desc()).limit(1)))
    last = runs[0] if runs else None
    stands = {task: one for (_, task), one in standings(session, store.id).items()}
    failing = tuple((task, one) for task, one in sorted(stands.items()) if one.attempts >= _TROUBLED and one.problem)
    dead, failed = (_deliveries(session, store.id, state) for state in ("dead", "failed"))
    writes = _grouped(session, "outbox", "state = 'dead'", store.id)
    webhooks = bulk.select(session, "SELECT problem, checked_at FROM webhook_secrets WHERE store_id = ?", store.id)
    problem, checked_at = webhooks[0] if webhooks else ("", None)
    refused_records = _rejected(session, store.id, rejected)
    count = _one(session, "SELECT COUNT(*) FROM rejected_records WHERE store_id = ? AND resolved_at IS NULL", store.id)
    slowed_until = max((one.not_before for one in stands.values() if one.not_before and not one.attempts), default=None)
    sums = dict(bulk.select(session, "SELECT what, SUM(total) FROM work_totals WHERE store_id = ? GROUP BY what", store.id))
    return Health(
        store=store,
        good=store.state == "connected" and not (dead or writes or count or failing or problem),
        importing=last if last is not None and last.state == "running" else None,
        last_run=last,
        last_delivery_at=_one(session, "SELECT MAX(received_at) FROM webhook_deliveries WHERE store_id = ?", store.id),
        lag_us=_lag(session, store.id, now),
        deliveries_waiting=_one(
            session, "SELECT COUNT(*) FROM webhook_deliveries WHERE store_id = ? AND due_at IS NOT NULL", store.id
        ),
        writes_waiting=_one(session, "SELECT COUNT(*) FROM outbox WHERE store_id = ? AND state <> 'dead'", store.id),
        people_waiting=_one(session, "SELECT COUNT(*) FROM stale_customers WHERE store_id = ?", store.id),
        pulled=_pulled(session, store.id),
        deliveries_failed=failed,
        deliveries_dead=dead,
        writes_dead=writes,
        rejected=refused_records,
        rejected_count=count,
        tasks=failing,
        webhooks_problem=problem,
        webhooks_checked_at=checked_at,
        refused=_refused(session, store),
        slowed=int(sums.get("throttled", 0)),
        slowed_until=slowed_until if slowed_until is not None and slowed_until > now else None,
        calls=int(sums.get("calls", 0)) + int(sums.get("consent_calls", 0)),
    )


def _deliveries(session: Session, store_id: int, state: str) -> tuple[Problem, ...]:
    return _grouped(session, "webhook_deliveries", f"state = '{state}'", store_id)


def _grouped(session: Session, table: str, condition: str, store_id: int) -> tuple[Problem, ...]:
    rows = bulk.select(
        session,
        f"SELECT problem, COUNT(*), MIN(id) FROM {table} WHERE store_id = ? AND {condition} "
        "GROUP BY problem ORDER BY COUNT(*) DESC, problem",
        store_id,
    )
    return tuple(Problem(*row) for row in rows)


def _rejected(session: Session, store_id: int, limit: int) -> tuple[RejectedOne, ...]:
    rows = bulk.select(
        session,
        "SELECT id, resource, external_id, reason, attempts, first_seen_at FROM rejected_records "
        "WHERE store_id = ? AND resolved_at IS NULL ORDER BY id LIMIT ?",
        *(store_id, limit),
    )
    return tuple(RejectedOne(*row) for row in rows)


def _pulled(session: Session, store_id: int) -> tuple[Pulled, ...]:
    rows = session.scalars(select(SyncCursor).where(SyncCursor.store_id == store_id).order_by(SyncCursor.resource))
    return tuple(Pulled(row.resource, row.finished, row.updated_at) for row in rows)


def _refused(session: Session, store: Store) -> tuple[tuple[str, int], ...]:
    """What no store sends by itself; pings and repetitions are nothing to look at."""
    rows = bulk.select(
        session, "SELECT what, SUM(count) FROM webhook_counts WHERE store = ? GROUP BY what ORDER BY what", store.key
    )
    return tuple((what, int(count)) for what, count in rows if what not in {"ping", "duplicate"})


def _lag(session: Session, store_id: int, now: int) -> int | None:
    rows = bulk.select(
        session,
        "SELECT applied_at - received_at FROM webhook_deliveries WHERE store_id = ? AND state = 'applied' AND received_at > ? "
        "ORDER BY id DESC LIMIT ?",
        *(store_id, now - DAY_US, _RECENT),
    )
    waits = sorted(int(row[0]) for row in rows if row[0] is not None)
    return waits[len(waits) // 2] if waits else None


def _one(session: Session, sql: str, *parameters: Any) -> Any:
    return bulk.select(session, sql, *parameters)[0][0]
