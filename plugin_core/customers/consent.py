"""Consent: what a person said about a channel, per store, and whether we may write to them.

A refusal stands until a later opt-in in that same store or in our preference centre (store 0). "Unknown" is no refusal.
What is in force follows from the ledger alone: from the newest word of each account, and of what was said without one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.models import Consent, ConsentEntry
from plugin_core.orders import stale
from plugin_core.tables import metadata

PREFERENCE_CENTRE = 0

# At the same moment the more restrictive word wins, so that the order of arrival doesn't matter.
_STRICTNESS = {"subscribed": 0, "pending": 1, "unknown": 2, "unsubscribed": 3}

_Place = tuple[int, int, str]  # customer, store, channel
_Subject = tuple[int, int, str, str]  # and the account it was said for

_COLUMNS = ("customer_id", "store_id", "channel", "state", "source", "text_version", "at")

MAY_EMAIL = """
    EXISTS (SELECT 1 FROM consents yes WHERE yes.customer_id = {person} AND yes.channel = 'email' AND yes.state = 'subscribed')
    AND NOT EXISTS (
        SELECT 1 FROM consents refusal
        WHERE refusal.customer_id = {person} AND refusal.channel = 'email' AND refusal.state = 'unsubscribed'
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
    """Somebody's word about a channel. ``at`` in microseconds UTC; 0 where the source gives no time.

    ``subject`` is the account (platform id) it was said for; "" where it was said with a guest order or to us.
    """

    customer_id: int
    store_id: int
    channel: str
    state: str
    source: str
    text_version: str
    at: int
    subject: str = ""


def record(  # noqa: PLR0913, PLR0917 - the words of one statement
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
    """Take down statements; the ids of people whose state in force changed. An older word than the known one changes nothing."""
    said: dict[_Subject, Statement] = {}
    for statement in statements:
        key = _subject(statement)
        if key not in said or _rank(statement) > _rank(said[key]):
            said[key] = statement
    if not said:
        return []
    ledger = _ledger(session, {statement.customer_id for statement in said.values()})
    new = {key: statement for key, statement in said.items() if key not in ledger or _rank(statement) > _rank(ledger[key])}
    bulk.insert(
        session,
        metadata.tables[ConsentEntry.__tablename__],
        (*Statement._fields, "recorded_at"),
        [(*statement, recorded_at) for statement in new.values()],
    )
    return _enforce(session, {**ledger, **new}, {key[:3] for key in new})


def settle(session: Session, customer_ids: Collection[int]) -> None:
    """Work out from the ledger alone what is in force for these people, after statements moved between them."""
    ledger = _ledger(session, customer_ids)
    places = {key[:3] for key in ledger}
    for place in _in_force(session, customer_ids).keys() - places:
        bulk.execute(session, "DELETE FROM consents WHERE customer_id = ? AND store_id = ? AND channel = ?", *place)
    _enforce(session, ledger, places)


def _enforce(session: Session, ledger: Mapping[_Subject, Statement], places: set[_Place]) -> list[int]:
    stored = _in_force(session, {place[0] for place in places})
    words: dict[_Place, list[Statement]] = {}
    for key, statement in ledger.items():
        if key[:3] in places:
            words.setdefault(key[:3], []).append(statement)
    ruling = {place: _ruling(statements)[:7] for place, statements in words.items()}
    changed = {place: row for place, row in ruling.items() if stored.get(place) != row}
    bulk.upsert(
        session,
        metadata.tables[Consent.__tablename__],
        _COLUMNS,
        list(changed.values()),
        key=_COLUMNS[:3],
        update=_COLUMNS[3:],
    )
    return sorted({place[0] for place in changed})


def _ruling(statements: Sequence[Statement]) -> Statement:
    """Of the newest words of each subject: a refusal not taken back, else the newest word."""
    refusals = [word for word in statements if word.state == "unsubscribed" and not _taken_back(word, statements)]
    return max(refusals or statements, key=_rank)


def _taken_back(refusal: Statement, statements: Sequence[Statement]) -> bool:
    """By a later opt-in in the same store; of two accounts of one person neither speaks for the other."""
    return any(
        word.state == "subscribed" and word.at > refusal.at and "" in (word.subject, refusal.subject) for word in statements
    )


def _ledger(session: Session, people: Collection[int]) -> dict[_Subject, Statement]:
    """The newest word of each subject."""
    newest: dict[_Subject, Statement] = {}
    for row in bulk.select(
        session,
        f"SELECT {', '.join(Statement._fields)} FROM consent_entries WHERE customer_id IN ({bulk.listed(session, 'bigint')})",
        bulk.values(session, people),
    ):
        statement = Statement(*row)
        key = _subject(statement)
        if key not in newest or _rank(statement) > _rank(newest[key]):
            newest[key] = statement
    return newest


def _in_force(session: Session, people: Collection[int]) -> dict[_Place, tuple[Any, ...]]:
    return {
        (row[0], row[1], row[2]): tuple(row)
        for row in bulk.select(
            session,
            f"SELECT {', '.join(_COLUMNS)} FROM consents WHERE customer_id IN ({bulk.listed(session, 'bigint')})",
            bulk.values(session, people),
        )
    }


def _subject(statement: Statement) -> _Subject:
    return statement.customer_id, statement.store_id, statement.channel, statement.subject


def _rank(statement: Statement) -> tuple[int, int, str, str]:
    return statement.at, _STRICTNESS[statement.state], statement.source, statement.text_version


def refresh_may_email(session: Session, customer_ids: Sequence[int] | None) -> None:
    """Bring ``customer_stats.may_email`` up to date for these people (None: everybody), in all stores; writes only changes.

    Where it changed, the person is stale in that store: segments may depend on it.
    """
    condition = f"CASE WHEN {MAY_EMAIL.format(person='customer_stats.customer_id')} THEN 1 ELSE 0 END"
    stored = "CASE WHEN may_email THEN 1 ELSE 0 END"
    flip = f"UPDATE customer_stats SET may_email = NOT may_email WHERE {stored} <> {condition}"
    if customer_ids is None:
        changed = bulk.select(session, f"{flip} RETURNING store_id, customer_id")
    elif customer_ids:
        chosen = f"customer_id IN ({bulk.listed(session, 'bigint')})"
        changed = bulk.select(session, f"{flip} AND {chosen} RETURNING store_id, customer_id", bulk.values(session, customer_ids))
    else:
        return
    stale.mark(session, changed)


def may_email(session: Session, customer_id: int) -> bool:
    """Judged afresh, for the moment of sending."""
    return bool(bulk.select(session, f"SELECT 1 WHERE {MAY_EMAIL.format(person='?').strip()}", *[customer_id] * 4))
