"""Orders with their lines and refunds -> tables: newest wins, the same again writes nothing, any order of arrival."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent, merge
from plugin_core.customers.identity import People, normalise_email
from plugin_core.customers.models import StoreCustomer
from plugin_core.customers.upsert import known_accounts
from plugin_core.orders import exchange, stale
from plugin_core.orders.models import Order, OrderLine, Refund
from plugin_core.records import Deletion, OrderRecord
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

_ORDERS = metadata.tables[Order.__tablename__]
_LINES = metadata.tables[OrderLine.__tablename__]
_REFUNDS = metadata.tables[Refund.__tablename__]
_ACCOUNTS = metadata.tables[StoreCustomer.__tablename__]
_COLUMNS = (
    *("id", "store_id", "external_id", "customer_id", "account_external_id", "email", "number", "placed_at", "modified_at"),
    *("content_hash", "status", "counted", "void", "test", "currency", "total", "refunded", "merchandise", "current_merchandise"),
    *("fx_rate", "received", "net", "basis", "codes", "with_code", "source", "cart_token"),
)
_LINE_COLUMNS = (
    *("order_id", "position", "external_id", "product_id", "variant_id", "sku", "title", "quantity", "current_quantity"),
    *("net", "current_net", "gift_card"),
)
_REFUND_COLUMNS = ("order_id", "external_id", "at", "amount")
_ACCOUNT_COLUMNS = (
    "store_id",
    "external_id",
    "customer_id",
    "placeholder",
    *("email", "tags", "role", "platform_group", "modified_at", "content_hash"),
)


class KnownOrder(NamedTuple):
    id: int
    modified_at: int
    content_hash: str
    customer_id: int | None


def known_orders(session: Session, store: Store, external_ids: Sequence[str]) -> dict[str, KnownOrder]:
    rows = bulk.select(
        session,
        f"SELECT external_id, id, modified_at, content_hash, customer_id FROM orders "
        f"WHERE store_id = ? AND external_id IN ({bulk.listed(session, 'text')})",
        store.id,
        bulk.values(session, external_ids),
    )
    return {row[0]: KnownOrder(*row[1:]) for row in rows}


def apply_orders(
    session: Session, store: Store, settings: StoreSettings, people: People, records: Sequence[OrderRecord], *, now: int
) -> int:
    """Take in orders; the number that changed anything. People whose numbers must be worked out again are marked stale."""
    newest: dict[str, OrderRecord] = {}
    for record in records:
        earlier = newest.get(record.external_id)
        if earlier is None or record.modified_at >= earlier.modified_at:
            newest[record.external_id] = record
    known = known_orders(session, store, list(newest)) if newest else {}
    fresh = [record for ext, record in newest.items() if _is_news(record, known.get(ext))]
    if not fresh:
        return 0
    owners = _owners(session, store, people, fresh)
    ids = iter(bulk.next_ids(session, _ORDERS, sum(1 for record in fresh if record.external_id not in known)))
    rows: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    refunds: list[tuple[Any, ...]] = []
    replaced: list[int] = []
    touched: set[int] = set()
    statements: list[consent.Statement] = []
    zone = ZoneInfo(store.zone)
    home = store.currency
    store_id = store.id
    for record, (person, email) in zip(fresh, owners, strict=True):
        stored = known.get(record.external_id)
        if stored is None:
            order_id = next(ids)
        else:
            order_id = stored.id
            replaced.append(order_id)
            if stored.customer_id is not None:
                touched.add(stored.customer_id)
        if person is not None:
            touched.add(person)
            if record.consents:
                statements.extend(
                    consent.Statement(
                        person, store_id, said.channel, said.state, said.source, said.text_version, said.at or record.placed_at
                    )
                    for said in record.consents
                )
        if record.currency == home:
            received, refunded, basis = record.total, record.refunded, record.basis
            net: int | None = max(0, received - refunded)
        else:
            received, net, basis = _at_home(record, settings, home, zone)  # type: ignore[assignment]
        rows.append(
            (
                *(
                    order_id,
                    store_id,
                    record.external_id,
                    person,
                    record.customer_id,
                    email,
                    record.number,
                    record.placed_at,
                    record.modified_at,
                ),
                *(
                    record.content_hash,
                    record.status,
                    record.counted,
                    record.void,
                    record.test,
                    record.currency,
                    record.total,
                    record.refunded,
                ),
                *(record.merchandise, record.basis, record.fx_rate, received, net, basis),
                *(json.dumps(record.codes) if record.codes else "[]", bool(record.codes), record.source, record.cart_token),
            )
        )
        for position, line in enumerate(record.lines):
            lines.append((order_id, position, *line))
        for refund in record.refunds:
            refunds.append((order_id, *refund))
    people.save()
    if replaced:
        # Children are replaced as a whole: an order's lines and refunds can shrink (a refund can be deleted).
        chosen = bulk.values(session, replaced)
        for table in ("order_lines", "refunds"):
            bulk.execute(session, f"DELETE FROM {table} WHERE order_id IN ({bulk.listed(session, 'bigint')})", chosen)
    bulk.upsert(session, _ORDERS, _COLUMNS, rows, key=("store_id", "external_id"), update=_COLUMNS[3:])
    bulk.insert(session, _LINES, _LINE_COLUMNS, lines)
    bulk.insert(session, _REFUNDS, _REFUND_COLUMNS, refunds)
    consent.record_many(session, statements, recorded_at=now)
    touched = merge.settle(session, people, touched, now=now)
    stale.mark(session, [(store_id, person) for person in sorted(touched)])
    return len(fresh)


def remove_orders(session: Session, store: Store, deletions: Sequence[Deletion]) -> int:
    """Orders the store no longer has: kept, but they count for nothing."""
    known = known_orders(session, store, [deletion.external_id for deletion in deletions])
    gone = [(known[deletion.external_id].id, deletion.at) for deletion in deletions if deletion.external_id in known]
    changed = 0
    for order_id, _at in gone:
        changed += bulk.execute(
            session,
            "UPDATE orders SET counted = ?, void = ?, status = 'deleted', content_hash = '' WHERE id = ? AND status <> 'deleted'",
            *(False, True, order_id),
        )
    people = {known[deletion.external_id].customer_id for deletion in deletions if deletion.external_id in known} - {None}
    stale.mark(session, [(store.id, person) for person in people if person is not None])
    return changed


def reprice(session: Session, store: Store, settings: StoreSettings) -> int:
    """Work out foreign-currency orders again after the merchant's rates changed; the number that changed."""
    rows = bulk.select(
        session,
        "SELECT id, customer_id, placed_at, currency, fx_rate, total, refunded, current_merchandise, received, net, basis FROM orders "
        "WHERE store_id = ? AND currency <> ?",
        *(store.id, store.currency),
    )
    zone = ZoneInfo(store.zone)
    updates, people = [], set()
    for order_id, person, placed_at, currency, fx_rate, total, refunded, remaining, *stored in rows:
        rate = exchange.rate_for(currency, placed_at, fx_rate, settings.exchange_rates, zone)
        values = _converted(rate, currency, store.currency, total, refunded, remaining)
        if list(values) != stored:
            updates.append((*values, order_id))
            if person is not None:
                people.add(person)
    bulk.update_rows(session, "UPDATE orders SET received = ?, net = ?, basis = ? WHERE id = ?", updates)
    stale.mark(session, [(store.id, person) for person in people])
    return len(updates)


def _is_news(record: OrderRecord, stored: KnownOrder | None) -> bool:
    """Newer, or of the same second but different: times have one-second grain, so a fresh answer wins a tie."""
    if stored is None or record.modified_at > stored.modified_at:
        return True
    return record.modified_at == stored.modified_at and record.content_hash != stored.content_hash


def _at_home(
    record: OrderRecord, settings: StoreSettings, home: str, zone: ZoneInfo
) -> tuple[int | None, int | None, int | None]:
    rate = exchange.rate_for(record.currency, record.placed_at, record.fx_rate, settings.exchange_rates, zone)
    return _converted(rate, record.currency, home, record.total, record.refunded, record.basis)


def _converted(
    rate: Decimal | None, currency: str, home: str, total: int, refunded: int, remaining: int
) -> tuple[int | None, int | None, int | None]:
    if rate is None:
        return None, None, None
    net = exchange.convert(max(0, total - refunded), rate, currency, home)
    return exchange.convert(total, rate, currency, home), net, exchange.convert(remaining, rate, currency, home)


def _owners(session: Session, store: Store, people: People, records: Sequence[OrderRecord]) -> list[tuple[int | None, str]]:
    """For each order the person it belongs to (None: nobody can be named) and its address in identity form."""
    accounts = known_accounts(session, store, sorted({record.customer_id for record in records if record.customer_id}))
    emails = [normalise_email(record.email) for record in records]
    people.load_addresses(
        email
        for record, email in zip(records, emails, strict=True)
        if email and not (record.customer_id in accounts and accounts[record.customer_id].email)
    )
    placeholders: dict[str, int] = {}
    owners: list[tuple[int | None, str]] = []
    for record, email in zip(records, emails, strict=True):
        ext = record.customer_id
        if ext:
            account = accounts.get(ext)
            if account is None:
                person = placeholders.get(ext)
                if person is None:
                    person = placeholders[ext] = people.new(f"{store.key}:{ext}", record.placed_at)
            else:
                person = account.customer_id
                if email and not account.email and not account.placeholder:
                    people.link(person, email)
                    people.describe(person, record.placed_at, email=email)
            people.seen(person, record.placed_at)
        elif email:
            known = people.by_address.get(email)
            person = people.new(email, record.placed_at) if known is None else known
            people.link(person, email)
            people.seen(person, record.placed_at)
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
        else:
            owners.append((None, ""))
            continue
        owners.append((person, email))
    if placeholders:
        people.save()
        bulk.upsert(
            session,
            _ACCOUNTS,
            _ACCOUNT_COLUMNS,
            [(store.id, ext, person, True, "", "[]", "", "", 0, "") for ext, person in placeholders.items()],
            key=("store_id", "external_id"),
        )
    return owners
