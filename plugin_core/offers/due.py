"""Offers whose time has come, with everything that decides, read afresh right before their code is made or their mail is sent."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.offers import candidates
from plugin_core.offers.definitions import ABANDONED_CHECKOUT, HOUR_US
from plugin_core.offers.eligibility import EXPIRED, TOO_LATE, Standing, hindrance
from plugin_core.offers.planning import binds_to_accounts
from plugin_core.offers.timing import earliest
from plugin_core.offers.zones import zone_of
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.stores.settings import StoreSettings

# A reminder of a checkout that can't go out by then is not worth sending.
_LATEST_REMINDER = 96 * HOUR_US

_OFFERS = """
    SELECT {standing}, o.anchor_at, s.last_touch_order_at, k.completed_at, COALESCE(k.covered_by_platform, {false}),
        o.id, g.key, g.kind, o.step, o.round, o.subject, o.percent, o.code, o.code_expires_at, o.state, o.attempts,
        c.id, c.key, c.country, c.locale, c.first_name,
        k.recovery_url, k.offer_url, k.items, k.total, k.currency, k.locale, k.first_name
    FROM offers o JOIN campaigns g ON g.id = o.campaign_id JOIN customers c ON c.id = o.customer_id
    LEFT JOIN customer_stats s ON s.store_id = g.store_id AND s.customer_id = c.id
    LEFT JOIN checkouts k ON k.store_id = g.store_id AND k.external_id = o.subject AND o.subject <> ''
    WHERE g.store_id = ? AND g.state = 'running' AND o.due_at <= ? AND {narrowed}
"""

TO_MINT = "o.state = 'planned' AND o.percent > 0"
TO_SEND = "(o.state = 'minted' OR (o.state = 'planned' AND o.percent = 0))"


class DueOffer(NamedTuple):
    standing: Standing
    id: int
    campaign: str
    kind: str
    step: str
    round: int
    subject: str
    percent: int
    code: str
    code_expires_at: int | None
    state: str
    attempts: int
    customer_id: int
    customer_key: str
    country: str
    locale: str
    first_name: str
    recovery_url: str | None
    offer_url: str | None
    items: Any
    total: int | None
    currency: str | None
    checkout_locale: str | None
    checkout_first_name: str | None

    def reference(self, store: Store) -> str:
        """What the code is drawn from; kept with it in the store."""
        return f"{store.key}/{self.campaign}:{self.step}:{self.customer_key}:{self.round}"


class Decision(NamedTuple):
    """``go`` now; or put off until ``due_at``; or, without either, stop for ``reason``."""

    go: bool
    due_at: int = 0
    reason: str = ""


def due_ids(session: Session, store: Store, stage: str, *, now: int, limit: int) -> list[int]:
    rows = bulk.select(
        session,
        f"""
        SELECT o.id FROM offers o JOIN campaigns g ON g.id = o.campaign_id
        WHERE g.store_id = ? AND g.state = 'running' AND o.due_at <= ? AND {stage} ORDER BY o.due_at, o.id LIMIT ?
        """,
        store.id,
        now,
        limit,
    )
    return [row[0] for row in rows]


def read(session: Session, store: Store, stage: str, ids: list[int], *, now: int) -> list[DueOffer]:
    """Those of ``ids`` that are (still) due at this stage, oldest first."""
    false = "0" if session.get_bind().dialect.name == "sqlite" else "FALSE"
    standing = candidates.STANDING.format(false=false)
    narrowed = f"{stage} AND o.id IN ({bulk.listed(session, 'bigint')}) ORDER BY o.due_at, o.id"
    sql = _OFFERS.format(standing=standing, false=false, narrowed=narrowed)
    rows = bulk.select(session, sql, store.id, store.id, now, bulk.values(session, ids))
    return [_due_offer(row) for row in rows]


def _due_offer(row: tuple[Any, ...]) -> DueOffer:
    offer = DueOffer(candidates.standing(row[:11]), *row[11:])
    # Read by plain SQL, SQLite gives JSON as the text it keeps it in.
    return offer._replace(items=json.loads(offer.items)) if isinstance(offer.items, str) else offer


def decide(offer: DueOffer, store: Store, settings: StoreSettings, mails: list[int], *, now: int) -> Decision:
    """The same rule as when it was planned, on what is known now."""
    reason = hindrance(offer.standing, needs_account=binds_to_accounts(store) and offer.percent > 0, now=now)
    if reason:
        return Decision(False, reason=reason)
    if offer.code_expires_at is not None and offer.code_expires_at <= now:
        return Decision(False, reason=EXPIRED)
    at, why = earliest(now, zone_of(offer.country, store.zone), mails, settings)
    if offer.kind == ABANDONED_CHECKOUT and at > offer.standing.anchor_at + _LATEST_REMINDER:
        return Decision(False, reason=TOO_LATE)
    return Decision(True) if at <= now else Decision(False, due_at=at, reason=why)


def mails_of(
    session: Session, store: Store, settings: StoreSettings, offers: list[DueOffer], *, now: int
) -> dict[int, list[int]]:
    return candidates.recent_mails(session, store, now - settings.cap_days * DAY_US, [offer.customer_id for offer in offers])


def carry_out(session: Session, store: Store, offer: DueOffer, decision: Decision, *, now: int) -> str:
    """Write down a decision that isn't "go"; "deferred" or "skipped". Each deferral leaves an audit entry."""
    if not decision.due_at:
        sql = "UPDATE offers SET state = 'skipped', reason = ?, decided_at = ? WHERE id = ? AND state = ?"
        bulk.execute(session, sql, decision.reason, now, offer.id, offer.state)
        return "skipped"
    sql = "UPDATE offers SET due_at = ?, reason = ? WHERE id = ? AND state = ?"
    bulk.execute(session, sql, decision.due_at, decision.reason, offer.id, offer.state)
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor="comeback",
            action="offer.deferred",
            subject=f"{offer.campaign}:{offer.id}",
            after={"until": decision.due_at, "reason": decision.reason},
            at=now,
        )
    )
    return "deferred"
