"""Who a person is in the tables: everybody merged into them, their accounts, and the texts by which their data is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.models import Customer, CustomerMerge
from plugin_core.customers.privacy.identities import account_identity
from plugin_core.stores.models import Store


class HeldAccount(NamedTuple):
    id: int  # store_customers.id
    store_id: int
    store_key: str
    external_id: str


class Traces(NamedTuple):
    survivor: int
    family: tuple[int, ...]  # the survivor and everybody who became part of them
    accounts: tuple[HeldAccount, ...]
    addresses: frozenset[str]  # e-mail, identity form
    spellings: frozenset[str]  # e-mail, as anybody spelt it
    phones: frozenset[str]
    names: frozenset[str]  # "First Last"

    def identities(self) -> set[str]:
        """What is remembered as erased, hashed."""
        return {
            *self.addresses,
            *(f"tel:{phone}" for phone in self.phones),
            *(account_identity(each.store_key, each.external_id) for each in self.accounts),
        }

    def needles(self) -> list[str]:
        """What must not be found in any text afterwards."""
        return sorted({*self.addresses, *self.spellings, *self.phones, *self.names} - {""})

    def speaks_of(self, text: str) -> bool:
        """Whether ``text`` (JSON or not) holds an address, number or full name of theirs, or names an account of theirs."""
        record = decoded(text)
        plain = text if record is None else json.dumps(record, ensure_ascii=False)
        folded = plain.casefold()
        if any(needle.casefold() in folded for needle in self.needles()):
            return True
        ids = {each.external_id for each in self.accounts}
        return bool(ids & accounts_named(record))


def accounts_named(record: Any) -> set[str]:
    """The customers a store's own record (decoded JSON) names, by their ids."""
    return {str(value).rpartition("/")[2] for value in _customer_ids(record)}


def decoded(text: str) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def survivor_of(session: Session, customer_id: int) -> Customer:
    person = session.get_one(Customer, customer_id)
    while person.merged_into is not None:
        person = session.get_one(Customer, person.merged_into)
    return person


def family_of(session: Session, survivor: int) -> list[Customer]:
    family = [survivor]
    fresh = [survivor]
    while fresh:
        fresh = list(session.scalars(select(Customer.id).where(Customer.merged_into.in_(fresh))))
        family += fresh
    return list(session.scalars(select(Customer).where(Customer.id.in_(family)).execution_options(populate_existing=True)))


def traces_of(session: Session, customer_id: int) -> Traces:
    survivor = survivor_of(session, customer_id)
    people = family_of(session, survivor.id)
    family = [each.id for each in people]
    chosen, some = bulk.values(session, family), bulk.listed(session, "bigint")
    accounts = [
        HeldAccount(*row)
        for row in bulk.select(
            session,
            f"SELECT a.id, a.store_id, s.key, a.external_id FROM store_customers a JOIN stores s ON s.id = a.store_id "
            f"WHERE a.customer_id IN ({some}) ORDER BY a.id",
            chosen,
        )
    ]
    spelt = {
        row[0]
        for table in ("store_customers", "orders", "checkouts")
        for row in bulk.select(
            session,
            # An address that means somebody else is theirs: an order may have been sent to a friend.
            f"SELECT DISTINCT t.email FROM {table} t WHERE t.customer_id IN ({some}) AND t.email <> '' AND NOT EXISTS ("
            f"SELECT 1 FROM customer_addresses a WHERE a.address = t.email AND a.customer_id NOT IN ({some}))",
            *(chosen, chosen),
        )
    }
    held = [
        row[0] for row in bulk.select(session, f"SELECT address FROM customer_addresses WHERE customer_id IN ({some})", chosen)
    ]
    fields = [*(_fields(each) for each in people), *_former_fields(session, family)]
    spelt |= {each["email"] for each in fields} | {each for each in held if not each.startswith("tel:")}
    phones = {each["phone"] for each in fields} | {each.removeprefix("tel:") for each in held if each.startswith("tel:")}
    names = {f"{each['first_name']} {each['last_name']}" for each in fields if each["first_name"] and each["last_name"]}
    addresses = {normalise_email(each) for each in spelt}
    return Traces(
        survivor.id,
        tuple(family),
        tuple(each for each in accounts if not each.external_id.startswith("erased:")),
        frozenset(addresses - {""}),
        frozenset(spelt - {""}),
        frozenset(phones - {""}),
        frozenset(names),
    )


def stores_of(session: Session, account_id: int) -> Sequence[int]:
    return list(session.scalars(select(Store.id).where(Store.account_id == account_id).order_by(Store.id)))


def _fields(person: Customer) -> dict[str, str]:
    return {name: getattr(person, name) for name in ("email", "phone", "first_name", "last_name")}


def _former_fields(session: Session, family: Sequence[int]) -> Iterable[dict[str, str]]:
    """As they stood before a merge."""
    either = CustomerMerge.survivor_id.in_(family) | CustomerMerge.absorbed_id.in_(family)
    for entry in session.scalars(select(CustomerMerge).where(either)):
        for who, fields in ((entry.survivor_id, "survivor"), (entry.absorbed_id, "absorbed")):
            if who in family:
                kept: dict[str, Any] = entry.moved.get(fields, {})
                yield {name: str(kept.get(name) or "") for name in ("email", "phone", "first_name", "last_name")}


def _customer_ids(value: Any, name: str = "") -> Iterable[Any]:
    """Whatever a record from a store gives as the id of a customer."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _customer_ids(inner, f"customer.{key}" if name == "customer" and key == "id" else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _customer_ids(inner, name)
    elif name in {"customer.id", "customer_id", "customerId"} and value not in (None, "", 0):
        yield value
