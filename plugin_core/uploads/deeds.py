"""What a file changes: applied row by row in meaning, in sets by statement; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent
from plugin_core.customers.editing import BY_HAND
from plugin_core.customers.models import Suppression
from plugin_core.customers.privacy import identities
from plugin_core.errors import InvalidInput
from plugin_core.loyalty.models import PointsEntry
from plugin_core.orders import stale
from plugin_core.outbox.planning import want_consent
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.tables import metadata
from plugin_core.uploads.kinds import KINDS, Bad, Row, rows
from plugin_core.uploads.sheets import Sheet

_SOURCE = "import"
_OPENING = (
    *("store_id", "customer_id", "cause", "kind", "points", "order_id", "basis", "rate", "settings_version"),
    *("happened_at", "available_at", "posted_at"),
)


class Change(NamedTuple):
    """``before`` and ``after``: a state of consent, "" and the reason, or points."""

    line: int
    email: str
    before: Any
    after: Any


class Outcome(NamedTuple):
    kind: str
    changed: list[Change]
    unchanged: int
    unknown: list[Row]  # nobody of this store has the address
    bad: list[Bad]


def apply(session: Session, store: Store, kind: str, sheet: Sheet, *, name: str, actor: str, now: int) -> Outcome:
    """``name``: the file's, for the log. InvalidInput where the file as a whole can't be used."""
    if kind not in KINDS:
        raise InvalidInput(f"There is no kind of file {kind[:40]!r}.", mend=f"Kinds: {', '.join(KINDS)}.")
    good, bad = rows(KINDS[kind], sheet, ZoneInfo(store.zone), now)
    people = _people(session, store, [row.email for row in good])
    known, unknown = _never_erased(session, store, good)
    if kind != "suppressions":  # which are of addresses, the others of people
        known, strangers, twice = _by_person(known, people)
        unknown = sorted(unknown + strangers)
        bad = sorted(bad + twice)
    changed = _DEEDS[kind](session, store, known, people, now)
    if changed:
        counts = {"changed": len(changed), "unchanged": len(known) - len(changed), "unknown": len(unknown), "unusable": len(bad)}
        session.add(
            AuditEntry(
                account_id=store.account_id, store_id=store.id, actor=actor, action=f"import.{kind}", subject=name[:100],
                before={}, after=counts, at=now,
            )
        )  # fmt: skip
        session.flush()
    return Outcome(kind, changed, len(known) - len(changed), unknown, bad)


def _people(session: Session, store: Store, emails: Sequence[str]) -> dict[str, int]:
    """Address -> person of this store."""
    sql = (
        "SELECT a.address, a.customer_id FROM customer_addresses a JOIN customer_stats s ON s.customer_id = a.customer_id "
        f"WHERE a.account_id = ? AND s.store_id = ? AND a.address IN ({bulk.listed(session, 'text')})"
    )
    return dict(bulk.select(session, sql, store.account_id, store.id, bulk.values(session, emails)))


def _never_erased(session: Session, store: Store, good: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Those of nobody who was erased, and the others: nothing is kept of their addresses again."""
    key = identities.key_of(session, store.account_id)
    emails = [] if key is None else [row.email for row in good]
    erased = identities.erasures(session, store.account_id, key or b"", emails) if emails else {}
    gone = {email for email, times in erased.items() if any(each.returned_at is None for each in times)}
    return [row for row in good if row.email not in gone], [row for row in good if row.email in gone]


def _by_person(good: Sequence[Row], people: Mapping[str, int]) -> tuple[list[Row], list[Row], list[Bad]]:
    """Those known, those not, and those that name somebody again under another address."""
    seen: dict[tuple[int, str], int] = {}
    known, unknown, twice = [], [], []
    for row in good:
        if row.email not in people:
            unknown.append(row)
        elif (line := seen.setdefault((people[row.email], row.channel), row.line)) != row.line:
            twice.append(Bad(row.line, f"This is the same person as in line {line}.", "Keep one of the two rows."))
        else:
            known.append(row)
    return known, unknown, twice


def _consents(session: Session, store: Store, known: Sequence[Row], people: Mapping[str, int], now: int) -> list[Change]:
    """A later word stands against an earlier one, whatever a file says: an old list brings no refusal to an end."""
    before = _states(session, store, people.values())
    refused = _undated_refusals(session, store, people.values())
    statements = []
    for row in known:
        place = (people[row.email], row.channel)
        if row.value == "subscribed":
            # When they refused is not known: before we were told.
            at = row.at or 0
            new = at > refused.get(place, -1)
        else:
            # Of a day alone the refusal counts to its end, the opt-in from its beginning: in doubt nobody is written to.
            at = now if row.until is None else row.until
            new = row.until is not None or before.get(place) != "unsubscribed"
        if new:
            statements.append(consent.Statement(place[0], store.id, row.channel, row.value, _SOURCE, "", at))
    moved = consent.record_many(session, statements, recorded_at=now)
    consent.refresh_may_email(session, moved)
    after = _states(session, store, people.values())
    changed = []
    for row in known:
        place = (people[row.email], row.channel)
        if before.get(place) != after.get(place):
            changed.append(Change(row.line, row.email, before.get(place, "unknown"), after[place]))
            want_consent(session, store, *place, after[place], at=row.at or now, now=now)
    return changed


def _undated_refusals(session: Session, store: Store, people: Any) -> dict[tuple[int, str], int]:
    """(person, channel) -> when we were last told of a refusal without a time."""
    sql = (
        "SELECT customer_id, channel, MAX(recorded_at) FROM consent_entries WHERE store_id = ? AND state = 'unsubscribed' "
        f"AND at = 0 AND customer_id IN ({bulk.listed(session, 'bigint')}) GROUP BY customer_id, channel"
    )
    return {(row[0], row[1]): row[2] for row in bulk.select(session, sql, store.id, bulk.values(session, sorted(set(people))))}


def _states(session: Session, store: Store, people: Any) -> dict[tuple[int, str], str]:
    sql = (
        "SELECT customer_id, channel, state FROM consents WHERE store_id = ? "
        f"AND customer_id IN ({bulk.listed(session, 'bigint')})"
    )
    return {(row[0], row[1]): row[2] for row in bulk.select(session, sql, store.id, bulk.values(session, sorted(set(people))))}


def _suppressions(session: Session, store: Store, known: Sequence[Row], people: Mapping[str, int], now: int) -> list[Change]:
    """Also of addresses that nobody has yet: whoever comes with one later is not written to."""
    sql = (
        "SELECT address FROM suppressions WHERE account_id = ? AND channel = 'email' "
        f"AND address IN ({bulk.listed(session, 'text')})"
    )
    emails = [row.email for row in known]
    there = {row[0] for row in bulk.select(session, sql, store.account_id, bulk.values(session, emails))}
    new = [row for row in known if row.email not in there]
    bulk.insert(
        session,
        metadata.tables[Suppression.__tablename__],
        ("account_id", "channel", "address", "reason", "at"),
        [(store.account_id, "email", row.email, BY_HAND, now) for row in new],
    )
    consent.refresh_may_email(session, sorted({people[row.email] for row in new if row.email in people}))
    return [Change(row.line, row.email, "", row.value) for row in new]


def _balances(session: Session, store: Store, known: Sequence[Row], people: Mapping[str, int], now: int) -> list[Change]:
    """Each balance becomes what the file says, once: an entry for the difference, known again by person and points."""
    chosen = bulk.values(session, sorted(set(people.values())))
    some = bulk.listed(session, "bigint")
    sql = (
        "SELECT c.id, c.key, s.points FROM customers c JOIN customer_stats s ON s.customer_id = c.id "
        f"WHERE s.store_id = ? AND c.id IN ({some})"
    )
    stand = {row[0]: (row[1], int(row[2])) for row in bulk.select(session, sql, store.id, chosen)}
    posted = {
        row[0]
        for row in bulk.select(
            session,
            f"SELECT cause FROM points_entries WHERE store_id = ? AND kind = 'grant' AND customer_id IN ({some})",
            *(store.id, chosen),
        )
    }
    entries, changed = [], []
    for row in known:
        person = people[row.email]
        key, points = stand[person]
        cause = f"opening:{key}:{row.value}"
        if points != row.value and cause not in posted:
            entries.append((store.id, person, cause, "grant", row.value - points, None, None, None, 0, now, now, now))
            changed.append(Change(row.line, row.email, points, row.value))
    bulk.insert(session, metadata.tables[PointsEntry.__tablename__], _OPENING, entries)
    stale.mark(session, [(store.id, entry[1]) for entry in entries])
    return changed


_DEEDS: Mapping[str, Callable[[Session, Store, Sequence[Row], Mapping[str, int], int], list[Change]]] = {
    "consents": _consents,
    "suppressions": _suppressions,
    "balances": _balances,
}
