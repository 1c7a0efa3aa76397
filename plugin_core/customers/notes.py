"""What the merchant writes down about a person: seen by those who work in the shop, and by the person on asking."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers.models import Customer, CustomerNote
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.models import AuditEntry, Store

LONGEST = 4_000


def add_note(session: Session, store: Store, person: Customer, text: str, *, actor: str, now: int) -> CustomerNote:
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("The note is empty.", mend="Write something down.")
    if len(text) > LONGEST:
        raise InvalidInput(f"The note is {len(text)} letters long.", mend=f"Keep it below {LONGEST}.")
    if person.erased_at is not None:
        raise InvalidInput("This person has been erased.", mend="Nothing can be written down about them.")
    note = CustomerNote(account_id=store.account_id, customer_id=person.id, text=text, author=actor, at=now)
    session.add(note)
    _audit(session, store, person, "customer.note_added", actor, now)
    return note


def delete_note(session: Session, store: Store, person: Customer, note_id: int, *, actor: str, now: int) -> None:
    note = session.get(CustomerNote, note_id)
    if note is None or note.customer_id != person.id or note.account_id != store.account_id:
        raise NotFound("There is no such note.", mend="It may have been deleted already.")
    session.delete(note)
    _audit(session, store, person, "customer.note_deleted", actor, now)


def notes(session: Session, person: Customer) -> list[CustomerNote]:
    """Newest first."""
    query = select(CustomerNote).where(CustomerNote.customer_id == person.id)
    return list(session.scalars(query.order_by(CustomerNote.at.desc(), CustomerNote.id.desc())))


def _audit(session: Session, store: Store, person: Customer, action: str, actor: str, now: int) -> None:
    """That there was a note, not what it said."""
    session.add(
        AuditEntry(account_id=store.account_id, store_id=store.id, actor=actor, action=action, subject=person.key, at=now)
    )
    session.flush()
