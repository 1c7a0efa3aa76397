"""Codes for planned offers: what to make is claimed, what came of it is recorded; the call to the store lies in between.

Nothing marks an offer while its code is being made: the code and its expiry are written down first and drawn from the offer, so
a second try, after a crash or by somebody else at the same time, finds the same code in the store and adopts it.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.codes import crockford
from plugin_core.offers import due
from plugin_core.outbox.models import JournalEntry
from plugin_core.platforms import CodeSpec, CreatedCode
from plugin_core.stores.models import Store
from plugin_core.stores.settings import current

CODE_LENGTH = 10

# The account of the person's own address first, then the one that changed last.
_ACCOUNTS = """
    SELECT a.customer_id, a.external_id FROM store_customers a JOIN customers c ON c.id = a.customer_id
    WHERE a.store_id = ? AND a.deleted_at IS NULL AND a.customer_id IN ({listed})
    ORDER BY CASE WHEN LOWER(a.email) = c.email THEN 1 ELSE 0 END, a.modified_at, a.id
"""


class Minting(NamedTuple):
    offer_id: int
    attempts: int
    spec: CodeSpec


class Claim(NamedTuple):
    work: list[Minting]
    counts: Counter[str]  # skipped, deferred
    seen: int  # offers looked at; 0: nothing is due


def claim(session: Session, store: Store, secret: bytes, *, now: int, limit: int) -> Claim:
    """The next codes to make, for people who may be told right now; everybody else is skipped or put off."""
    settings, _version = current(session, store)
    offers = due.read(session, store, due.TO_MINT, due.due_ids(session, store, due.TO_MINT, now=now, limit=limit), now=now)
    mails = due.mails_of(session, store, settings, offers, now=now)
    accounts = _accounts(session, store, [offer.customer_id for offer in offers])
    counts: Counter[str] = Counter()
    work: list[Minting] = []
    for offer in offers:
        decision = due.decide(offer, store, settings, mails.get(offer.customer_id, []), now=now)
        if not decision.go:
            counts[due.carry_out(session, store, offer, decision, now=now)] += 1
            continue
        code = offer.code or settings.code_prefix + crockford(secret, offer.reference(store), CODE_LENGTH)
        expires_at = offer.code_expires_at or now + settings.code_days * DAY_US
        if not offer.code:
            # With the discount it is made for: the campaign may be changing at this moment.
            sql = "UPDATE offers SET code = ?, code_expires_at = ?, percent = ? WHERE id = ?"
            bulk.execute(session, sql, code, expires_at, offer.percent, offer.id)
        spec = CodeSpec(
            code=code,
            title=f"Comeback {offer.campaign} {offer.step}",
            reference=offer.reference(store),
            percent=offer.percent,
            starts_at=expires_at - settings.code_days * DAY_US,
            expires_at=expires_at,
            customer_id=accounts.get(offer.customer_id, ""),
            email=offer.standing.email,
        )
        work.append(Minting(offer.id, offer.attempts, spec))
    return Claim(work, counts, len(offers))


def _accounts(session: Session, store: Store, customer_ids: list[int]) -> dict[int, str]:
    sql = _ACCOUNTS.format(listed=bulk.listed(session, "bigint"))
    return {row[0]: row[1] for row in bulk.select(session, sql, store.id, bulk.values(session, customer_ids))}


def minted(session: Session, store: Store, work: Minting, created: CreatedCode, *, now: int) -> bool:
    """Record the code as the store spells it; False where it had been recorded already.

    An offer that was skipped while its code was made stays skipped, and its code is known all the same.
    """
    sql = """
        UPDATE offers SET state = CASE WHEN state = 'planned' THEN 'minted' ELSE state END,
            reason = CASE WHEN state = 'planned' THEN '' ELSE reason END,
            code = ?, code_external_id = ?, minted_at = ?, code_checked_at = ?, attempts = 0
        WHERE id = ? AND (state = 'planned' OR (state = 'skipped' AND code_external_id = ''))
    """
    if not bulk.execute(session, sql, created.code, created.external_id, now, now, work.offer_id):
        return False
    made = {"code": created.code, "reference": work.spec.reference}
    session.add(JournalEntry(store_id=store.id, kind="code", target=created.external_id, before={}, after=made, at=now))
    return True
