"""Who is who within an account: addresses, platform ids, and the person behind them.

The set of links only grows (an address once seen for an account stays its person's), so any order of arrival and any
duplication of records gives the same people. Parting is done by hand: see merge.unmerge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk, tombstones
from plugin_core.customers.fields import PersonFields
from plugin_core.customers.identity import PROVISIONAL, Claim, customer_key
from plugin_core.customers.keys import rekey
from plugin_core.customers.models import Customer, CustomerAddress, StoreCustomer
from plugin_core.stores.models import Account, Store
from plugin_core.tables import metadata

_CUSTOMERS = metadata.tables[Customer.__tablename__]
_ADDRESSES = metadata.tables[CustomerAddress.__tablename__]
_ACCOUNTS = metadata.tables[StoreCustomer.__tablename__]
_NEW = (
    *("id", "account_id", "key", "key_since", "key_at", "email", "phone", "first_name", "last_name", "locale", "country"),
    *("birthday", "field_times", "since", "edited"),
)
_NAMELESS = (*[""] * len(PersonFields.NAMES), "{}")
_PLACEHOLDER = (
    *("store_id", "external_id", "customer_id", "placeholder", "nameless", "email", "tags", "role", "platform_group"),
    *("modified_at", "content_hash", "deleted_at"),
)


class People:
    """The people a batch of records speaks of: what the tables know, plus what the batch itself adds."""

    def __init__(self, session: Session, account: Account, reborn: Mapping[str, str] | None = None) -> None:
        """``reborn``: identity -> what to draw the key from instead; their own key stays with who was erased."""
        self.session = session
        self.account = account
        self._reborn = reborn or {}
        self.by_address: dict[str, int] = {}
        self.joined: list[tuple[int, int]] = []  # pairs found to be one person, to be merged
        self._born: set[int] = set()
        self._keys: dict[str, str] = {}
        self._claims: dict[int, Claim] = {}
        self._new_addresses: list[tuple[int, str, int]] = []
        self._placeholders: list[tuple[Any, ...]] = []
        self._spare: list[int] = []
        self._fields: dict[int, PersonFields] = {}
        self._since: dict[int, int] = {}

    def load_addresses(self, addresses: Iterable[str]) -> None:
        wanted = set(addresses) - self.by_address.keys() - {""}
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

    def new(self) -> int:
        """A person of whom nothing is known yet: give a claim before :meth:`save`."""
        if not self._spare:
            self._spare = bulk.next_ids(self.session, _CUSTOMERS, 4096 if self._born else 64, after=max(self._born, default=0))
            self._spare.reverse()
        person = self._spare.pop()
        self._born.add(person)
        return person

    def claim(self, person: int, identity: str, since: int, at: int) -> None:
        """A record made at ``since``, as of its change ``at``, knows the person by ``identity``.

        That is an address, or ``{store}:{platform id}`` for an account without one.
        """
        key = self._keys.get(identity)
        if key is None:
            key = self._keys[identity] = customer_key(self.account.key, self._reborn.get(identity, identity))
        new = (since, at, key)
        known = self._claims.get(person)
        if known is None or new < known:
            self._claims[person] = Claim(*new)
        self.seen(person, since)

    def guest(self, email: str, moment: int) -> int:
        """The person behind an address given without an account; made where there is none yet."""
        person = self.by_address.get(email)
        if person is None:
            person = self.new()
            self.link(person, email)
        self.claim(person, email, moment, moment)
        return person

    def placeholder(self, store: Store, external_id: str, moment: int) -> int:
        """A person for an account that an order or checkout of ``moment`` names and that has not come yet."""
        person = self.new()
        self.claim(person, f"{store.key}:{external_id}", PROVISIONAL, 0)
        self.seen(person, moment)
        self._placeholders.append((store.id, external_id, person, True, False, "", "[]", "", "", 0, ""))
        return person

    def describe(self, person: int, at: int, **fields: str) -> None:
        """What a record of time ``at`` says of a person; newest non-empty value of each field wins at :meth:`save`."""
        known = self._fields.get(person)
        if known is None:
            known = self._fields[person] = PersonFields()
        known.offer(at, fields)

    def seen(self, person: int, moment: int) -> None:
        if moment < self._since.get(person, PROVISIONAL):
            self._since[person] = moment

    def save(self) -> None:
        """Write new people, accounts named by orders, addresses and fields; nothing where nothing changed."""
        rows: list[tuple[Any, ...]] = []
        for person in self._born:
            claim = self._claims.pop(person)
            fields = self._fields.pop(person, None)
            known = _NAMELESS if fields is None else (*fields.values(), fields.times_json())
            rows.append((person, self.account.id, *(claim.key, claim.since, claim.at), *known, self._since.pop(person), "{}"))
        bulk.insert(self.session, _CUSTOMERS, _NEW, rows)
        bulk.insert(self.session, _ADDRESSES, ("account_id", "address", "customer_id"), self._new_addresses)
        self._save_placeholders()
        self._save_changes()
        self._born, self._new_addresses, self._placeholders = set(), [], []
        self._fields, self._since, self._claims = {}, {}, {}

    def _save_placeholders(self) -> None:
        """The store may have said already that an account is gone."""
        for store_id in {row[0] for row in self._placeholders}:
            mine = [row for row in self._placeholders if row[0] == store_id]
            gone = tombstones.moments(self.session, store_id, "customers", [row[1] for row in mine])
            bulk.insert(self.session, _ACCOUNTS, _PLACEHOLDER, [(*row, gone.get(row[1])) for row in mine])

    def _save_changes(self) -> None:
        touched = self._fields.keys() | self._since.keys() | self._claims.keys()
        if not touched:
            return
        columns = ", ".join(PersonFields.NAMES)
        rows = bulk.select(
            self.session,
            f"SELECT id, since, key_since, key_at, key, edited, field_times, {columns} FROM customers "
            f"WHERE id IN ({bulk.listed(self.session, 'bigint')})",
            bulk.values(self.session, touched),
        )
        updates: list[tuple[Any, ...]] = []
        for person, since, key_since, key_at, key, edited, times, *stored in rows:
            first = min(since, self._since.get(person, since))
            offered = self._fields.get(person)
            if offered is not None:
                fields = PersonFields.stored(stored, times)
                if fields.take(offered, edited):
                    updates.append((*fields.values(), fields.times_json(), first, person))
                    first = since
            if first != since:
                bulk.execute(self.session, "UPDATE customers SET since = ? WHERE id = ?", first, person)
            claim = self._claims.get(person)
            if claim is not None and claim < (key_since, key_at, key):
                rekey(self.session, self.account.id, person, key, claim)
        sets = ", ".join(f"{name} = ?" for name in PersonFields.NAMES)
        bulk.update_rows(self.session, f"UPDATE customers SET {sets}, field_times = ?, since = ? WHERE id = ?", updates)

    def settled(self, survivors: dict[int, int]) -> None:
        """Two became one (absorbed -> survivor): addresses lead to who is left."""
        self.joined = []
        if survivors:
            self.by_address = {address: survivors.get(person, person) for address, person in self.by_address.items()}

    def gone(self, persons: set[int]) -> None:
        if persons:
            self.by_address = {address: person for address, person in self.by_address.items() if person not in persons}
