"""Consent: what a person said about a channel, per store, and whether we may write to them.

A refusal stands until a later opt-in in that same store or in our preference centre (store 0). "Unknown" is no refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.models import Consent, ConsentEntry
from plugin_core.tables import metadata

PREFERENCE_CENTRE = 0

# At the same moment the more restrictive word wins, so that the order of arrival doesn't matter.
_STRICTNESS = {"subscribed": 0, "pending": 1, "unknown": 2, "unsubscribed": 3}

_COLUMNS = ("customer_id", "store_id", "channel", "state", "source", "text_version", "at")

MAY_EMAIL = """
    EXISTS (SELECT 1 FROM consents yes WHERE yes.customer_id = {person} AND yes.channel = 'email' AND yes.state = 'subscribed')
    AND NOT EXISTS (
        SELECT 1 FROM consents refusal WHERE refusal.customer_id = {person} AND refusal.channel = 'email' AND refusal.state = 'unsubscribed'
        AND NOT EXISTS (
            SELECT 1 FROM consents centre WHERE centre.customer_id = {person} AND centre.channel = 'email'
            AND centre.store_id = 0 AND centre.state = 'subscribed' AND centre.at > refusal.at))
    AND EXISTS (
        SELECT 1 FROM customers person WHERE person.id = {person} AND person.email <> '' AND person.erased_at IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM suppressions gone
            WHERE gone.account_id = person.account_id AND gone.channel = 'email' AND gone.address = person.email))
"""


class Statement(NamedTuple):
    """Somebody's word about a channel. ``at`` in microseconds UTC; 0 where the source gives no time."""

    customer_id: int
    store_id: int
    channel: str
    state: str
    source: str
    text_version: str
    at: int


def record(
    session: Session,
    customer_id: int,
    store_id: int,
    channel: str,
    state: str,
    source: str,
    at: int,
    recorded_at: int,
    text_version: str = "",
) -> bool:
    """Take down one statement; whether it changed the state in force."""
    changed = record_many(
        session, [Statement(customer_id, store_id, channel, state, source, text_version, at)], recorded_at=recorded_at
    )
    return bool(changed)


def record_many(session: Session, statements: Iterable[Statement], *, recorded_at: int) -> list[int]:
    """Take down statements; the ids of people whose state in force changed. The newest wins per person, store and channel."""
    newest: dict[tuple[int, int, str], Statement] = {}
    for statement in statements:
        key = statement[:3]
        if key not in newest or _rank(statement) > _rank(newest[key]):
            newest[key] = statement
    if not newest:
        return []
    people = {statement.customer_id for statement in newest.values()}
    stored = {
        (row[0], row[1], row[2]): Statement(*row)
        for row in bulk.select(
            session,
            f"SELECT {', '.join(_COLUMNS)} FROM consents WHERE customer_id IN ({bulk.listed(session, 'bigint')})",
            bulk.values(session, people),
        )
    }
    changed = [new for key, new in newest.items() if _replaces(new, stored.get(key))]
    bulk.upsert(session, metadata.tables[Consent.__tablename__], _COLUMNS, changed, key=_COLUMNS[:3], update=_COLUMNS[3:])
    bulk.insert(
        session,
        metadata.tables[ConsentEntry.__tablename__],
        (*_COLUMNS, "recorded_at"),
        [(*statement, recorded_at) for statement in changed],
    )
    return sorted({statement.customer_id for statement in changed})


def _replaces(new: Statement, old: Statement | None) -> bool:
    if old is None:
        return new.state != "unknown"
    if new[3:] == old[3:]:
        return False
    return _rank(new) > _rank(old)


def _rank(statement: Statement) -> tuple[int, int, str, str]:
    return statement.at, _STRICTNESS[statement.state], statement.source, statement.text_version


def refresh_may_email(session: Session, customer_ids: Sequence[int] | None) -> None:
    """Bring ``customer_stats.may_email`` up to date for these people (None: everybody) in all their stores; writes only changes."""
    condition = f"CASE WHEN {MAY_EMAIL.format(person='customer_stats.customer_id')} THEN 1 ELSE 0 END"
    stored = "CASE WHEN may_email THEN 1 ELSE 0 END"
    flip = f"UPDATE customer_stats SET may_email = NOT may_email WHERE {stored} <> {condition}"
    if customer_ids is None:
        bulk.execute(session, flip)
    elif customer_ids:
        bulk.execute(session, f"{flip} AND customer_id IN ({bulk.listed(session, 'bigint')})", bulk.values(session, customer_ids))


def may_email(session: Session, customer_id: int) -> bool:
    """Judged afresh, for the moment of sending."""
    return bool(bulk.select(session, f"SELECT 1 WHERE {MAY_EMAIL.format(person='?').strip()}", *[customer_id] * 4))
