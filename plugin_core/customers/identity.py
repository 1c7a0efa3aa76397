"""Who is who within an account: addresses, platform ids, and the person behind them.

The set of links only grows (an address once seen for an account stays its person's), so any order of arrival and any
duplication of records gives the same people. Parting is done by hand: see merge.unmerge.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.fields import PersonFields
from plugin_core.customers.models import Customer, CustomerAddress
from plugin_core.db import is_sqlite
from plugin_core.stores.models import Account
from plugin_core.tables import metadata

_CUSTOMERS = metadata.tables[Customer.__tablename__]
_ADDRESSES = metadata.tables[CustomerAddress.__tablename__]
_NEW = (
    *("id", "account_id", "key", "email", "phone", "first_name", "last_name", "locale", "country", "birthday"),
    *("field_times", "since", "edited"),
)


def normalise_email(text: str) -> str:
    """Identity form: stripped, Unicode NFC, lower case; "" where there is none. Dots and +tags are kept."""
    folded = unicodedata.normalize("NFC", text.strip()).lower() if not text.isascii() else text.strip().lower()
    return folded if "@" in folded else ""


def customer_key(account_key: str, identity: str) -> str:
    """The person's stable text: ``{account}:{first identity}`` hashed (SHA-256, 16 hex)."""
    return hashlib.sha256(f"{account_key}:{identity}".encode()).hexdigest()[:16]


class People:
    """The people a batch of records speaks of: what the tables know, plus what the batch itself adds."""

    def __init__(self, session: Session, account: Account) -> None:
        self.session = session
        self.account = account
        self.by_address: dict[str, int] = {}
        self.joined: list[tuple[int, int]] = []  # pairs found to be one person, to be merged
        self._born: dict[int, tuple[str, int]] = {}  # id -> (key, since)
        self.provisional: set[int] = set()  # known so far only by an order that named their account
        self._new_addresses: list[tuple[int, str, int]] = []
        self._spare: list[int] = []
        self.fields: dict[int, PersonFields] = {}
        self.since: dict[int, int] = {}
        if not is_sqlite(session):
            # Two imports of one account at once would both make the person behind a new address.
            bulk.select(session, "SELECT pg_advisory_xact_lock(?)", account.id)

    def load_addresses(self, addresses: Iterable[str]) -> None:
        wanted = {address for address in addresses if address} - self.by_address.keys()
        if not wanted:
            return
        rows = bulk.select(
            self.session,
            f"SELECT address, customer_id FROM customer_addresses "
            f"WHERE account_id = ? AND address IN ({bulk.listed(self.session, 'text')})",
            self.account.id,
            bulk.values(self.session, wanted),
        )
        self.by_address.update(rows)

    def link(self, person: int, address: str) -> None:
        """``address`` means ``person``; where it means somebody else already, the two are one."""
        owner = self.by_address.get(address)
        if owner is None:
            self.by_address[address] = person
            self._new_addresses.append((self.account.id, address, person))
        elif owner != person:
            self.joined.append((person, owner))

    def new(self, identity: str, since: int) -> int:
        """Make a person known first by ``identity`` (an address, or ``{store}:{platform id}``)."""
        if not self._spare:
            self._spare = bulk.next_ids(self.session, _CUSTOMERS, max(64, min(4096, len(self._born) * 2)))[::-1]
            # SQLite hands out ids above the highest stored one: those born here are not stored yet.
            if is_sqlite(self.session) and self._born:
                shift = max(self._born) + 1 - self._spare[-1]
                self._spare = [spare + shift for spare in self._spare] if shift > 0 else self._spare
        person = self._spare.pop()
        self._born[person] = (customer_key(self.account.key, identity), since)
        return person

    def confirm(self, person: int, identity: str) -> None:
        """A provisional person's account has come: from now on the key is the one it would have had from the start."""
        self.provisional.add(person)
        key = customer_key(self.account.key, identity)
        bulk.execute(
            self.session,
            "UPDATE customers SET key = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM customers other WHERE other.account_id = ? AND other.key = ?)",
            *(key, person, self.account.id, key),
        )

    def describe(self, person: int, at: int, **fields: str) -> None:
        """What a record of time ``at`` says of a person; newest non-empty value of each field wins at :meth:`save`."""
        known = self.fields.get(person)
        if known is None:
            known = self.fields[person] = PersonFields()
        known.offer(at, fields)

    def seen(self, person: int, moment: int) -> None:
        if moment < self.since.get(person, moment + 1):
            self.since[person] = moment

    def save(self) -> None:
        """Write new people, addresses and fields; nothing where nothing changed."""
        described = self.fields
        if self._born:
            rows = []
            for person, (key, since) in self._born.items():
                fields = described.pop(person, None) or PersonFields()
                first = min(since, self.since.pop(person, since))
                rows.append((person, self.account.id, key, *fields.values(), fields.times_json(), first, "{}"))
            bulk.insert(self.session, _CUSTOMERS, _NEW, rows)
            self._born.clear()
        bulk.upsert(
            self.session, _ADDRESSES, ("account_id", "address", "customer_id"), self._new_addresses, key=("account_id", "address")
        )
        self._new_addresses = []
        self._save_fields(described)
        self.fields = {}
        self.since = {}

    def _save_fields(self, described: dict[int, PersonFields]) -> None:
        touched = described.keys() | self.since.keys()
        if not touched:
            return
        columns = ", ".join(PersonFields.NAMES)
        rows = bulk.select(
            self.session,
            f"SELECT id, since, edited, field_times, {columns} FROM customers WHERE id IN ({bulk.listed(self.session, 'bigint')})",
            bulk.values(self.session, touched),
        )
        updates: list[tuple[Any, ...]] = []
        for person, since, edited, times, *stored in rows:
            fields = PersonFields.stored(stored, times)
            first = min(since, self.since.get(person, since))
            changed = fields.take(described[person], edited) if person in described else False
            if changed or first != since:
                updates.append((*fields.values(), fields.times_json(), first, person))
        sets = ", ".join(f"{name} = ?" for name in PersonFields.NAMES)
        bulk.update_rows(self.session, f"UPDATE customers SET {sets}, field_times = ?, since = ? WHERE id = ?", updates)
