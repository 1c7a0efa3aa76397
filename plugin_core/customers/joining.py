"""Two people made one, or parted again, by hand."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugin_core.customers import consent, terms
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.lookup import find_person
from plugin_core.customers.merge import merge, older
from plugin_core.customers.models import Customer, CustomerMerge, MergeBlock
from plugin_core.customers.privacy.traces import survivor_of
from plugin_core.customers.unmerge import unmerge
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.orders.models import CustomerStats
from plugin_core.stores.models import AuditEntry, Store


def other_person(session: Session, store: Store, person: Customer, typed: str, *, anywhere: bool = True) -> Customer:
    """Whom the merchant means by an address or a key; never ``person``, never anybody of another merchant.

    Without ``anywhere`` only people whom this store knows: who comes by one store's admin is not to learn of the others'.
    """
    text = typed.strip()
    found = find_person(session, store.account_id, normalise_email(text)) if "@" in text else None
    if found is None and text:
        found = session.scalar(select(Customer.id).where(Customer.account_id == store.account_id, Customer.key == text))
    if found is not None and not anywhere and session.get(CustomerStats, (store.id, survivor_of(session, found).id)) is None:
        found = None
    if found is None:
        raise NotFound("Nobody with this address is known.", mend="Type the whole e-mail address of the other person.")
    other = survivor_of(session, found)
    if other.id == person.id:
        raise InvalidInput("That is the same person already.", mend="Type the address of somebody else.")
    return other


def merge_by_hand(session: Session, store: Store, person: Customer, other: Customer, *, actor: str, now: int) -> Customer:
    """The older of the two, who survives. What kept them apart before is forgotten."""
    if person.erased_at is not None or other.erased_at is not None:
        raise InvalidInput("One of these people has been erased.", mend="Only people who are known can be joined.")
    survivor, absorbed = older(session, person.id, other.id)
    key_a, key_b = sorted((survivor.key, absorbed.key))
    session.execute(
        delete(MergeBlock).where(MergeBlock.account_id == store.account_id, MergeBlock.key_a == key_a, MergeBlock.key_b == key_b)
    )
    merge(session, survivor, absorbed, reason=f"by hand: {actor}", now=now)
    _settle(session, store, survivor, "customer.merged", absorbed.key, actor, now)
    return survivor


def unmerge_by_hand(session: Session, store: Store, person: Customer, merge_id: int, *, actor: str, now: int) -> Customer:
    """Who is there again; the two are kept apart from now on."""
    entry = session.get(CustomerMerge, merge_id)
    if entry is None or entry.survivor_id != person.id or entry.account_id != store.account_id:
        raise NotFound("There is no such merge.", mend="Look at the timeline of this person.")
    survivor, absorbed = unmerge(session, entry, now=now)
    consent.refresh_may_email(session, [absorbed.id])
    _settle(session, store, survivor, "customer.parted", absorbed.key, actor, now)
    return absorbed


def merges(session: Session, person: Customer) -> list[tuple[CustomerMerge, Customer]]:
    """Those that can be undone, newest first, with who was absorbed."""
    query = (
        select(CustomerMerge, Customer)
        .join(Customer, Customer.id == CustomerMerge.absorbed_id)
        .where(CustomerMerge.survivor_id == person.id, CustomerMerge.undone_at.is_(None))
        .order_by(CustomerMerge.at.desc(), CustomerMerge.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _settle(session: Session, store: Store, survivor: Customer, action: str, absorbed: str, actor: str, now: int) -> None:
    consent.refresh_may_email(session, [survivor.id])
    terms.follow_everywhere(session, [survivor.id])
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action=action,
            subject=survivor.key,
            after={"other": absorbed},
            at=now,
        )
    )
    session.flush()
