"""What nothing needs any more goes after the time the merchant has set; what something still needs stays, however old."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US, from_us, months_before, to_us
from plugin_core.customers.privacy.requests import remove_old_results
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Account, AuditEntry, Store
from plugin_core.team import sessions, throttle

_APPLIED = "DELETE FROM webhook_deliveries WHERE store_id = ? AND state IN ('applied', 'ignored') AND received_at < ?"
# The newest run tells when the next one is due, the newest that ended well when all was up to date.
_RUNS = """DELETE FROM runs WHERE store_id = ? AND finished_at < ?
AND id <> (SELECT MAX(id) FROM runs n WHERE n.store_id = runs.store_id)
AND id <> COALESCE((SELECT MAX(id) FROM runs d WHERE d.store_id = runs.store_id AND d.state = 'done'), 0)"""
_MENDED = "DELETE FROM rejected_records WHERE store_id = ? AND resolved_at < ?"


def forget_store(session: Session, store: Store, *, now: int) -> Counter[str]:
    """Rows gone: "deliveries", "runs", "rejected", "audit"."""
    settings, _ = store_settings.current(session, store)
    work_log = now - settings.keep_work_log_days * DAY_US
    gone = Counter(
        deliveries=bulk.execute(session, _APPLIED, store.id, now - settings.keep_deliveries_days * DAY_US),
        runs=bulk.execute(session, _RUNS, store.id, work_log),
        rejected=bulk.execute(session, _MENDED, store.id, work_log),
    )
    if settings.keep_audit_months:
        before = _months_ago(store, settings.keep_audit_months, now)
        gone["audit"] = bulk.execute(session, "DELETE FROM audit_entries WHERE store_id = ? AND at < ?", store.id, before)
    return +gone


def forget_account(session: Session, account: Account, *, now: int) -> int:
    """Audit entries of no store (who has access, ...): kept as long as the store that keeps them longest says."""
    stores = list(session.scalars(select(Store).where(Store.account_id == account.id)))
    kept = [(store, store_settings.current(session, store)[0].keep_audit_months) for store in stores]
    if not kept or any(months == 0 for _, months in kept):
        return 0
    before = min(_months_ago(store, months, now) for store, months in kept)
    old = (AuditEntry.account_id == account.id, AuditEntry.store_id.is_(None), AuditEntry.at < before)
    gone = list(session.scalars(sa.delete(AuditEntry).where(*old).returning(AuditEntry.id)))
    return len(gone)


def forget_rest(session: Session, *, now: int) -> Counter[str]:
    """Of the whole installation: exports nobody took, sessions that are over, tries to sign in that no longer count."""
    return +Counter(
        exports=remove_old_results(session, now=now),
        sessions=sessions.clear(session, now=now),
        tries=throttle.clear(session, now=now),
    )


def _months_ago(store: Store, months: int, now: int) -> int:
    return to_us(months_before(from_us(now), months, ZoneInfo(store.zone)))
