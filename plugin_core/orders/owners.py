"""Whose order it is: by the store's customer id, and for guests and accounts without an e-mail by the address given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from plugin_core.customers.identity import normalise_email
from plugin_core.customers.people import People
from plugin_core.customers.upsert import KnownAccount, known_accounts
from plugin_core.records import OrderRecord
from plugin_core.stores.models import Store

Owner = tuple[int | None, str]  # the person (None: nobody can be named), and the address in identity form


def owners(session: Session, store: Store, people: People, records: Sequence[OrderRecord]) -> list[Owner]:
    """For each order its owner; accounts that have not come yet get a placeholder. ``people`` is left unsaved."""
    ids = {record.customer_id for record in records} - {""}
    accounts = known_accounts(session, store, ids) if ids else {}
    emails = [normalise_email(record.email) if record.email else "" for record in records]
    people.load_addresses(
        email for record, email in zip(records, emails, strict=True) if email and _by_address(record.customer_id, accounts)
    )
    persons = {ext: account.customer_id for ext, account in accounts.items()}
    nameless = {ext for ext, account in accounts.items() if account.nameless}
    found: list[Owner] = []
    for record, email in zip(records, emails, strict=True):
        ext = record.customer_id
        placed_at = record.placed_at
        if ext:
            person = persons.get(ext)
            if person is None:
                person = persons[ext] = people.placeholder(store, ext, placed_at)
            elif ext in nameless and email:
                people.link(person, email)
                people.describe(person, placed_at, email=email)
            people.seen(person, placed_at)
            found.append((person, email))
        elif email:
            person = people.guest(email, placed_at)
            _describe(people, person, record, email)
            found.append((person, email))
        else:
            found.append((None, ""))
    return found


def _by_address(customer_id: str, accounts: Mapping[str, KnownAccount]) -> bool:
    account = accounts.get(customer_id)
    return not customer_id or (account is not None and account.nameless)


def _describe(people: People, person: int, record: OrderRecord, email: str) -> None:
    people.describe(
        person,
        record.placed_at,
        email=email,
        first_name=record.first_name,
        last_name=record.last_name,
        country=record.country,
        locale=record.locale,
        phone=record.phone,
    )
