"""Our codes as the store has them, compared with what we made: what was deleted, changed or used there is known here.

A code that is no longer what its mail would say is not mailed; where the mail has gone out already, it is noted beside the offer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.inbox.lost import ON_ITS_WAY_US
from plugin_core.platforms import CodeStanding, CodeTerms, MadeCode
from plugin_core.stores.models import Store

USED, GONE, CHANGED = "used", "gone", "changed"
# Why an offer whose mail has not gone out yet fails.
_REASONS = {
    USED: "its code was used before its mail went out",
    GONE: "its code was deleted in the store",
    CHANGED: "its code was changed in the store",
}
# Codes somebody could still use and that have not come to their end in the store.
_OPEN = "o.code_external_id <> '' AND o.code_state NOT IN ('used', 'gone') AND o.code_expires_at > ?"


class Believed(NamedTuple):
    """One of our codes, and what we take it to be."""

    offer_id: int
    code: MadeCode
    percent: int
    expires_at: int
    state: str
    changes: str
    checked_at: int | None


def due(session: Session, store: Store, *, now: int, runs_a_day: int, at_least: int, limit: int) -> list[Believed]:
    """The next codes to ask the store about: those it told of a change, then those not looked at for a day."""
    source = (
        "FROM offers o JOIN campaigns g ON g.id = o.campaign_id "
        f"JOIN customers c ON c.id = o.customer_id AND c.erased_at IS NULL WHERE g.store_id = ? AND {_OPEN}"
    )
    told = bulk.select(session, f"SELECT COUNT(*) {source} AND o.code_checked_at IS NULL", store.id, now)[0][0]
    held = bulk.select(session, f"SELECT COUNT(*) {source}", store.id, now)[0][0]
    part = min(limit, told + max(at_least, -(-held // runs_a_day)))
    rows = bulk.select(
        session,
        f"""
        SELECT o.id, o.code, o.code_external_id, o.percent, o.code_expires_at, o.code_state, o.code_changes, o.code_checked_at
        {source} AND (o.code_checked_at IS NULL OR o.code_checked_at <= ?)
        ORDER BY COALESCE(o.code_checked_at, 0), o.id LIMIT ?
        """,
        *(store.id, now, now - DAY_US, part),
    )
    return [Believed(row[0], MadeCode(row[1], "", row[2]), *row[3:]) for row in rows]


def changes(believed: Believed, terms: CodeTerms | None) -> str:
    """What differs from what we made, in words; "" where nothing does."""
    if terms is None:
        return "kind of discount"
    end = believed.expires_at // SECOND_US * SECOND_US
    checks = (
        (not terms.active, "switched off"),
        (terms.percent != believed.percent, "amount"),
        (terms.expires_at != end, "expiry"),
        (terms.uses != 1, "number of uses"),
        (not terms.bound, "open to everybody"),
        (terms.narrowed, "conditions"),
    )
    return ", ".join(words for holds, words in checks if holds)


def take_in(session: Session, store: Store, looked: Sequence[tuple[Believed, CodeStanding]], *, now: int) -> Counter[str]:
    """Counts "used", "gone", "changed", "restored" codes, offers "failed" over it, and changes no webhook told of: "lost"."""
    counts: Counter[str] = Counter()
    rows: list[tuple[object, ...]] = []
    failing: list[tuple[object, ...]] = []
    news: list[Believed] = []
    for believed, standing in looked:
        differs = changes(believed, standing.terms) if standing.state == "unused" else ""
        state = CHANGED if differs else standing.state if standing.state in (USED, GONE) else ""
        rows.append((state, differs, now, believed.offer_id))
        if (state, differs) == (believed.state, believed.changes):
            continue
        counts[state or "restored"] += 1
        if state in (GONE, CHANGED):
            news.append(believed)
        if state:
            reason = f"{_REASONS[state]}: {differs}" if differs else _REASONS[state]
            failing.append((reason, now, believed.offer_id))
    counts["lost"] += _untold(session, store, news)
    bulk.update_rows(session, "UPDATE offers SET code_state = ?, code_changes = ?, code_checked_at = ? WHERE id = ?", rows)
    counts["failed"] += fail(session, failing)
    return counts


def fail(session: Session, rows: Sequence[tuple[object, ...]]) -> int:
    """``rows``: (reason, when, offer). Only what has not been mailed; how many that were."""
    sql = "UPDATE offers SET state = 'failed', reason = ?, decided_at = ? WHERE id = ? AND state = 'minted'"
    return sum(bulk.execute(session, sql, *row) for row in rows)


def gone(session: Session, store: Store, external_id: str, *, now: int) -> int:
    """The store says that it deleted a code. The number of offers not mailed because of it."""
    found = [row[0] for row in bulk.select(session, _BY_CODE, store.id, external_id)]
    for offer_id in found:
        bulk.execute(session, "UPDATE offers SET code_state = 'gone', code_checked_at = ? WHERE id = ?", now, offer_id)
    return fail(session, [(_REASONS[GONE], now, offer_id) for offer_id in found])


def told_of_change(session: Session, store: Store, external_id: str) -> bool:
    """The store says that it changed a code; how, it is asked later. False: the code is none of ours."""
    found = [row[0] for row in bulk.select(session, _BY_CODE, store.id, external_id)]
    for offer_id in found:
        bulk.execute(session, "UPDATE offers SET code_checked_at = NULL WHERE id = ?", offer_id)
    return bool(found)


_BY_CODE = """
    SELECT o.id FROM offers o JOIN campaigns g ON g.id = o.campaign_id WHERE g.store_id = ? AND o.code_external_id = ?
"""


def _untold(session: Session, store: Store, news: Sequence[Believed]) -> int:
    """How many of ``news`` a store that tells us things did not tell: nothing of that code has come since it was looked at."""
    looked = {each.code.external_id: each.checked_at for each in news if each.checked_at is not None}
    first = bulk.select(session, "SELECT MIN(received_at) FROM webhook_deliveries WHERE store_id = ?", store.id)[0][0]
    if not looked or first is None:
        return 0
    sql = (
        "SELECT resource_id, MAX(received_at) FROM webhook_deliveries "
        f"WHERE store_id = ? AND resource_id IN ({bulk.listed(session, 'text')}) GROUP BY resource_id"
    )
    told = dict(bulk.select(session, sql, store.id, bulk.values(session, list(looked))))
    # What came right after it was made tells of its making.
    return sum(1 for each, at in looked.items() if told.get(each, 0) <= at + ON_ITS_WAY_US)
