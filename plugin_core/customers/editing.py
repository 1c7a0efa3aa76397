"""What the merchant does with a person by hand: correct a field, pause or stop marketing. Each can be seen later, and undone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers import consent, terms
from plugin_core.customers.models import Customer, Suppression
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.orders import stale
from plugin_core.outbox.planning import want_consent
from plugin_core.stores.models import AuditEntry, Store

FIELDS = ("first_name", "last_name", "phone", "birthday")
LONGEST = 100
BY_HAND = "by hand"
LONGEST_PAUSE_DAYS = 3_650
_PHONE = re.compile(r"\+[1-9]\d{5,14}")
_BIRTHDAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LAST_DAYS = {"02": "29", "04": "30", "06": "30", "09": "30", "11": "30"}


def edit(session: Session, store: Store, person: Customer, fields: Mapping[str, str], *, actor: str, now: int) -> bool:
    """Set fields by hand: from now on no record from a store changes them. Whether anything is different."""
    _alive(person)
    wanted = {name: _checked(name, value) for name, value in fields.items()}
    changed = {name: value for name, value in wanted.items() if value != getattr(person, name)}
    if not changed:
        return False
    before = {name: getattr(person, name) for name in changed}
    before["by_hand"] = [name for name in changed if name in person.edited]
    for name, value in changed.items():
        setattr(person, name, value)
    person.edited = {**person.edited, **dict.fromkeys(changed, now)}
    person.field_times = {**person.field_times, **dict.fromkeys(changed, now)}
    _note(session, store, person, "customer.edited", actor, now, before=before, after=dict(changed))
    _changed(session, person)
    return True


def undo_edit(session: Session, store: Store, person: Customer, audit_id: int, *, actor: str, now: int) -> None:
    """Back to what stood before one edit, and open to the store's records again if it was before.

    InvalidInput where a later edit has changed the same fields.
    """
    _alive(person)
    entry = session.scalar(
        select(AuditEntry).where(
            AuditEntry.id == audit_id,
            AuditEntry.account_id == store.account_id,
            AuditEntry.subject == person.key,
            AuditEntry.action == "customer.edited",
        )
    )
    if entry is None:
        raise NotFound("There is no such change.", mend="Look at the timeline of this person.")
    if any(getattr(person, name) != value for name, value in entry.after.items()):
        raise InvalidInput(
            "What was changed then has been changed again.", mend="Undo the later change first, or edit the field."
        )
    for name in entry.after:
        setattr(person, name, entry.before[name])
    released = set(entry.after) - set(entry.before["by_hand"])
    person.edited = {name: value for name, value in person.edited.items() if name not in released}
    # Whatever a store says next of such a field is newer than this.
    person.field_times = {name: 0 if name in released else value for name, value in person.field_times.items()}
    after = {name: entry.before[name] for name in entry.after}
    _note(session, store, person, "customer.edit_undone", actor, now, before=dict(entry.after), after=after)
    _changed(session, person)


def pause(session: Session, store: Store, people: Sequence[int], days: int, *, actor: str, now: int) -> int:
    """No marketing to these people for so many days; 0: may be written to again. The number of people it is different for."""
    if not 0 <= days <= LONGEST_PAUSE_DAYS:
        raise InvalidInput(f"{days} days can't be paused.", mend=f"Write a whole number from 0 to {LONGEST_PAUSE_DAYS}.")
    until = now + days * DAY_US if days else None
    some = bulk.listed(session, "bigint")
    sql = (
        f"UPDATE customers SET paused_until = ? WHERE id IN ({some}) AND account_id = ? AND merged_into IS NULL "
        f"AND erased_at IS NULL AND COALESCE(paused_until, 0) <> ? RETURNING id, key"
    )
    changed = bulk.select(session, sql, until, bulk.values(session, people), store.account_id, until or 0)
    rows = [
        (store.account_id, store.id, actor, "customer.paused" if days else "customer.resumed", key, "{}", _until(until), now)
        for _id, key in changed
    ]
    columns = ("account_id", "store_id", "actor", "action", "subject", "before", "after", "at")
    bulk.insert(session, _audit_table(), columns, rows)
    session.expire_all()
    return len(changed)


def _audit_table() -> Any:
    return AuditEntry.metadata.tables[AuditEntry.__tablename__]


def suppress(session: Session, store: Store, person: Customer, *, actor: str, now: int) -> bool:
    """Never write to this person's address again, in no store of the account. Whether that is new."""
    _alive(person)
    if not person.email:
        raise InvalidInput("No e-mail address of this person is known.", mend="There is nothing to suppress.")
    if session.get(Suppression, (person.account_id, "email", person.email)) is not None:
        return False
    session.add(Suppression(account_id=person.account_id, channel="email", address=person.email, reason=BY_HAND, at=now))
    session.flush()
    consent.refresh_may_email(session, [person.id])
    _note(session, store, person, "customer.suppressed", actor, now)
    return True


def release(session: Session, store: Store, person: Customer, *, actor: str, now: int) -> bool:
    """Take back a suppression made by hand. What a bounce or a complaint made stands."""
    found = session.get(Suppression, (person.account_id, "email", person.email))
    if found is None:
        return False
    if found.reason != BY_HAND:
        raise InvalidInput(
            "This address was suppressed by the mail system, not by hand.", mend="Ask the person for another address."
        )
    session.delete(found)
    session.flush()
    consent.refresh_may_email(session, [person.id])
    _note(session, store, person, "customer.released", actor, now)
    return True


def unsubscribe(session: Session, store: Store, person: Customer, *, actor: str, now: int) -> bool:
    """The person told the shop so. Whether that is new; the store is told, too."""
    _alive(person)
    if not consent.record(session, person.id, store.id, "email", "unsubscribed", "told the shop", now, now):
        return False
    consent.refresh_may_email(session, [person.id])
    want_consent(session, store, person.id, "email", "unsubscribed", at=now, now=now)
    _note(session, store, person, "customer.unsubscribed", actor, now)
    return True


def _until(until: int | None) -> str:
    return "{}" if until is None else f'{{"until": {until}}}'


def _alive(person: Customer) -> None:
    if person.erased_at is not None or person.merged_into is not None:
        raise InvalidInput("This person has been erased or is part of another one.", mend="Nothing can be changed here.")


def _checked(name: str, value: str) -> str:
    if name not in FIELDS:
        raise InvalidInput(f"{name[:40]!r} can't be set by hand.", mend=f"Fields: {', '.join(FIELDS)}.")
    text = " ".join(value.split()) if name != "phone" else re.sub(r"[\s()./\-]", "", value)
    if _CONTROL.search(text) or len(text) > LONGEST:
        raise InvalidInput(f"{name}: this text can't be used.", mend=f"Use up to {LONGEST} letters.")
    if name == "phone" and text and not _PHONE.fullmatch(text):
        raise InvalidInput("This is no whole phone number.", mend="Begin with + and the country: +49 151 2345678.")
    if name == "birthday" and text and not _is_day(text):
        raise InvalidInput("This is no birthday.", mend="Write month and day, as in 03-31.")
    return text


def _is_day(text: str) -> bool:
    return _BIRTHDAY.fullmatch(text) is not None and text[3:] <= _LAST_DAYS.get(text[:2], "31")


def _changed(session: Session, person: Customer) -> None:
    """Words to be found by, and segments that ask for a birthday."""
    terms.follow_everywhere(session, [person.id])
    rows = bulk.select(session, "SELECT store_id FROM customer_stats WHERE customer_id = ?", person.id)
    stale.mark(session, [(row[0], person.id) for row in rows])


def _note(
    session: Session,
    store: Store,
    person: Customer,
    action: str,
    actor: str,
    now: int,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action=action,
            subject=person.key,
            before=dict(before or {}),
            after=dict(after or {}),
            at=now,
        )
    )
    session.flush()
