"""A shop to test with: accounts, stores, records with sensible defaults, and the state to compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from plugin_core.apply import Applied, upsert_many
from plugin_core.orders import stale, stats
from plugin_core.records import CustomerRecord, OrderRecord, Record
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
NOW = 20_000 * DAY
SETTINGS = StoreSettings()


def account(session: Session, key: str = "main") -> Account:
    made = Account(key=key, name=key, secret="x", reporting_currency="EUR", created_at=0)
    session.add(made)
    session.flush()
    return made


def store(session: Session, owner: Account, key: str = "shop", currency: str = "EUR", zone: str = "Europe/Berlin") -> Store:
    made = Store(
        account_id=owner.id,
        key=key,
        platform="shopify",
        address=f"{key}.example",
        name=key,
        currency=currency,
        zone=zone,
        connected_at=0,
    )
    session.add(made)
    session.flush()
    return made


def customer(external_id: str, email: str = "", *, modified_at: int = 10 * DAY, **more: Any) -> CustomerRecord:
    more.setdefault("created_at", min(modified_at, 5 * DAY))
    record = CustomerRecord(external_id, modified_at, "", email=email, **more)
    return record._replace(content_hash=str(hash(record)))


def order(external_id: str, email: str = "", *, placed_at: int = 10 * DAY, total: int = 1_000, **more: Any) -> OrderRecord:
    """A counted order; the goods are the whole of it unless said otherwise."""
    refunded = more.get("refunded", 0)
    fields: dict[str, Any] = {
        "modified_at": placed_at,
        "content_hash": "",
        "number": f"#{external_id}",
        "status": "PAID",
        "counted": True,
        "void": False,
        "test": False,
        "customer_id": "",
        "first_name": "",
        "last_name": "",
        "country": "",
        "locale": "",
        "currency": "EUR",
        "refunded": 0,
        "merchandise": total,
        "basis": max(0, total - refunded),
        **more,
    }
    record = OrderRecord(external_id=external_id, email=email, placed_at=placed_at, total=total, **fields)
    return record._replace(content_hash=str(hash(record)))


def take(session: Session, shop: Store, *records: Record, settings: StoreSettings = SETTINGS, now: int = NOW) -> Applied:
    return upsert_many(session, shop, settings, records, now=now)


def work_out(session: Session, *shops: Store, settings: StoreSettings = SETTINGS) -> None:
    """Bring the numbers of everybody marked up to date."""
    for shop in shops:
        while people := stale.listed(session, shop.id, 1_000):
            stats.recompute(session, shop, settings, people)
            stale.clear(session, shop.id, people)


def rows(session: Session, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    session.flush()
    return [dict(row) for row in session.execute(text(sql), parameters).mappings()]


def numbers(session: Session, shop: Store, email: str) -> dict[str, Any]:
    """The metrics of the person behind an address."""
    found = rows(
        session,
        "SELECT s.* FROM customer_stats s JOIN customer_addresses a ON a.customer_id = s.customer_id "
        "WHERE s.store_id = :store AND a.address = :email",
        store=shop.id,
        email=email,
    )
    assert len(found) == 1, f"{len(found)} people with numbers"
    return found[0]


def person(session: Session, email: str) -> dict[str, Any]:
    found = rows(
        session,
        "SELECT c.* FROM customers c JOIN customer_addresses a ON a.customer_id = c.id WHERE a.address = :email",
        email=email,
    )
    assert len(found) == 1, f"{len(found)} people"
    return found[0]


def people(session: Session) -> list[dict[str, Any]]:
    return rows(session, "SELECT * FROM customers WHERE merged_into IS NULL ORDER BY key")


_OWNED = {
    "addresses": "SELECT address FROM customer_addresses WHERE customer_id = :id",
    "accounts": "SELECT st.key, s.external_id, s.email, s.role, s.modified_at, s.placeholder, s.nameless, s.deleted_at "
    "FROM store_customers s JOIN stores st ON st.id = s.store_id WHERE s.customer_id = :id",
    "orders": "SELECT st.key, o.external_id, o.modified_at, o.counted, o.void, o.status, o.net, o.basis "
    "FROM orders o JOIN stores st ON st.id = o.store_id WHERE o.customer_id = :id",
    "consents": "SELECT COALESCE(st.key, '') AS store, c.channel, c.state, c.source, c.at "
    "FROM consents c LEFT JOIN stores st ON st.id = c.store_id WHERE c.customer_id = :id",
    "numbers": "SELECT st.key, s.* FROM customer_stats s JOIN stores st ON st.id = s.store_id WHERE s.customer_id = :id",
}
_OWN = ("key", "email", "phone", "first_name", "last_name", "locale", "country", "birthday", "since")


def state(session: Session) -> dict[str, Any]:
    """All that is known of everybody, up to database ids: person's key -> fields and rows."""
    found = {}
    for one in people(session):
        found[one["key"]] = {
            **{name: one[name] for name in _OWN},
            **{name: _plain(rows(session, sql, id=one["id"])) for name, sql in _OWNED.items()},
        }
    return found


def _plain(listed: Iterable[dict[str, Any]]) -> list[str]:
    ids = {"store_id", "customer_id"}
    return sorted(str({name: value for name, value in row.items() if name not in ids}) for row in listed)


def tables() -> list[str]:
    """The name of every table there is."""
    return sorted(metadata.tables)
