"""Working out again what follows from the records: metrics, points, segments, referral codes, and what the store should show.

Driven by the list of stale people and by moments that have passed; one path for one person and for a whole store.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from jobs.context import JobContext
from plugin_core.clock import from_us
from plugin_core.customers import terms
from plugin_core.customers.consent import refresh_may_email
from plugin_core.loyalty import due as loyalty_due
from plugin_core.loyalty.settle import settle, whole_store_due
from plugin_core.orders import stale, stats
from plugin_core.outbox.planning import plan_profiles
from plugin_core.referral.enrol import enrol
from plugin_core.segments import nightly, tick
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.stock import ensure_stock
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores import settings as store_settings
from plugin_core.stores.credentials import account_secret
from plugin_core.stores.models import Account, Store

_BATCH = 5_000

_log = structlog.get_logger("jobs.refresh")


class Refreshed(NamedTuple):
    people: int
    yardsticks: bool
    queued: int  # accounts whose status in the store is to be written


def refresh_touched(context: JobContext, store_id: int) -> Refreshed:
    """Only the people marked stale, by the yardsticks as they stand. Nothing before the first import has set them."""
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        ready = store.first_import_at is not None and store.yardsticks_at is not None
    people, queued = _touched(context, store_id, whole=False) if ready else (0, 0)
    return Refreshed(people, yardsticks=False, queued=queued)


def refresh_store(context: JobContext, store_id: int) -> Refreshed:
    whole = _whole_pass_due(context, store_id)
    people, queued = _touched(context, store_id, whole=whole)
    if whole:
        with context.database.write() as session:
            store = session.get_one(Store, store_id)
            settings, version = store_settings.current(session, store)
            now = context.clock()
            resettled = whole_store_due(session, store, version)
            if resettled:
                settle(session, store, settings, version, customer_ids=None, now=now)
            if _judged_before(store) and not resettled:
                # Whoever changed was judged above; only those whom the new yardsticks may move are looked at.
                moved = nightly.refresh(session, store, settings, version, now=now)
                queued += _tell(session, context, store, moved.customer_ids, now)
            else:
                recompute_yardsticks(session, store, settings, now=now)
                queued += _judge(session, context, store, None, now)
            store.yardsticks_due = False
    return Refreshed(people, whole, queued + pass_time(context, store_id))


def _judged_before(store: Store) -> bool:
    return "judged" in (store.rfm_cuts or {})


def _touched(context: JobContext, store_id: int, *, whole: bool) -> tuple[int, int]:
    """People worked out, and accounts queued for writing. ``whole``: everybody is judged afterwards anyway."""
    people = queued = 0
    while True:
        now = context.clock()
        with context.database.write() as session:
            chosen = stale.listed(session, store_id, _BATCH)
            if not chosen:
                break
            store = session.get_one(Store, store_id)
            settings, version = store_settings.current(session, store)
            stats.recompute(session, store, settings, chosen)
            refresh_may_email(session, chosen)
            terms.follow(session, store_id, chosen)
            settle(session, store, settings, version, customer_ids=chosen, now=now)
            if not whole or _judged_before(store):
                queued += _judge(session, context, store, chosen, now)
            stale.clear(session, store_id, chosen)
            people += len(chosen)
        _log.info("people worked out", stage="refresh", store_id=store_id, done=people)
    return people, queued


def pass_time(context: JobContext, store_id: int) -> int:
    """Only people for whom a moment has passed are looked at; the number of accounts queued for writing."""
    now = context.clock()
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        settings, version = store_settings.current(session, store)
        loyal = loyalty_due.due(session, store, now=now)
        if loyal:
            settle(session, store, settings, version, customer_ids=loyal, now=now)
        chosen = sorted({*loyal, *tick.due(session, store, now=now)})
        return _judge(session, context, store, chosen, now) if chosen else 0


def _judge(session: Session, context: JobContext, store: Store, chosen: list[int] | None, now: int) -> int:
    settings, version = store_settings.current(session, store)
    ensure_stock(session, store, now=now)
    evaluate(session, store, settings, version, customer_ids=chosen, now=now)
    return _tell(session, context, store, chosen, now)


def _tell(session: Session, context: JobContext, store: Store, chosen: Sequence[int] | None, now: int) -> int:
    settings, _ = store_settings.current(session, store)
    secret = account_secret(context.vault, session.get_one(Account, store.account_id))
    enrol(session, store, secret, customer_ids=chosen, now=now)
    return plan_profiles(session, store, settings, customer_ids=chosen, now=now)


def _whole_pass_due(context: JobContext, store_id: int) -> bool:
    """After an import, after changed settings, and nightly in the store's zone."""
    now = context.clock()
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        if store.yardsticks_at is None or _day(now, store.zone) != _day(store.yardsticks_at, store.zone):
            return True
        _, version = store_settings.current(session, store)
        return store.yardsticks_due or whole_store_due(session, store, version)


def _day(moment: int, zone: str) -> str:
    local: datetime = from_us(moment).astimezone(ZoneInfo(zone))
    return local.date().isoformat()
