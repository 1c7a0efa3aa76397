"""Orders with their lines and refunds -> tables: newest wins, the same again writes nothing, any order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk, tombstones
from plugin_core.customers import consent, ghosts, merge
from plugin_core.customers.people import People
from plugin_core.orders import exchange, stale
from plugin_core.orders.known import KnownOrder, is_news, known_orders
from plugin_core.orders.models import Order, OrderLine, Refund
from plugin_core.orders.owners import Owner, owners
from plugin_core.orders.rows import LINE_COLUMNS, ORDER_COLUMNS, REFUND_COLUMNS, Rows
from plugin_core.records import Deletion, OrderRecord
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

__all__ = ["KnownOrder", "apply_orders", "known_orders", "remove_orders", "reprice"]

DELETED = "deleted"
_ORDERS = metadata.tables[Order.__tablename__]
_LINES = metadata.tables[OrderLine.__tablename__]
_REFUNDS = metadata.tables[Refund.__tablename__]


def apply_orders(
    session: Session, store: Store, settings: StoreSettings, people: People, records: Sequence[OrderRecord], *, now: int
) -> int:
    """Take in orders; the number that changed anything. People whose numbers must be worked out again are marked stale."""
    newest: dict[str, OrderRecord] = {}
    for record in records:
        earlier = newest.setdefault(record.external_id, record)
        if record.modified_at >= earlier.modified_at:
            newest[record.external_id] = record
    known = known_orders(session, store, newest) if newest else {}
    fresh = [record for ext, record in newest.items() if is_news(record, known.get(ext))] if known else list(newest.values())
    if not fresh:
        return 0
    fresh = _less_deleted(session, store, fresh)
    found = owners(session, store, people, fresh)
    ids = iter(bulk.next_ids(session, _ORDERS, sum(1 for record in fresh if record.external_id not in known)))
    rows = Rows(store, settings)
    for record, (person, email) in zip(fresh, found, strict=True):
        stored = known.get(record.external_id)
        rows.add(next(ids) if stored is None else stored.id, record, person, email, known=stored is not None)
    people.save()
    if rows.changed:
        # Children are replaced as a whole: an order's lines and refunds can shrink (a refund can be deleted).
        chosen = bulk.values(session, [row[0] for row in rows.changed])
        for table in ("order_lines", "refunds"):
            bulk.execute(session, f"DELETE FROM {table} WHERE order_id IN ({bulk.listed(session, 'bigint')})", chosen)
    bulk.insert(session, _ORDERS, ORDER_COLUMNS, rows.new)
    bulk.upsert(session, _ORDERS, ORDER_COLUMNS, rows.changed, key=("id",), update=ORDER_COLUMNS[3:])
    bulk.insert(session, _LINES, LINE_COLUMNS, rows.lines)
    bulk.insert(session, _REFUNDS, REFUND_COLUMNS, rows.refunds)
    consent.record_many(session, _statements(store, fresh, found), recorded_at=now)
    owned = {person for person, _ in found if person is not None}
    former = {
        stored.customer_id
        for record, (person, _) in zip(fresh, found, strict=True)
        if (stored := known.get(record.external_id)) is not None
        and stored.customer_id is not None
        and stored.customer_id != person
    }
    touched = merge.settle(session, people, owned | former, now=now)
    gone = ghosts.bereave(session, former)
    left = {
        stored.account for record in fresh if (stored := known.get(record.external_id)) and stored.account != record.customer_id
    }
    ghosts.drop_unnamed(session, store, left - {""})
    people.gone(gone)
    stale.mark(session, [(store.id, person) for person in sorted(touched - gone)])
    return len(fresh)


def remove_orders(session: Session, store: Store, deletions: Sequence[Deletion]) -> int:
    """Orders the store no longer has: kept, but they count for nothing. One changed after the deletion is back."""
    latest: dict[str, int] = {}
    for deletion in deletions:
        latest[deletion.external_id] = max(deletion.at, latest.get(deletion.external_id, deletion.at))
    known = known_orders(session, store, latest)
    changed = 0
    people = set()
    for ext, stored in known.items():
        touched = bulk.execute(
            session,
            f"UPDATE orders SET counted = ?, void = ?, status = '{DELETED}' "
            f"WHERE id = ? AND modified_at <= ? AND status <> '{DELETED}'",
            *(False, True, stored.id, latest[ext]),
        )
        changed += touched
        if touched and stored.customer_id is not None:
            people.add(stored.customer_id)
    stale.mark(session, [(store.id, person) for person in sorted(people)])
    return changed


def reprice(session: Session, store: Store, settings: StoreSettings) -> int:
    """Work out foreign-currency orders again after the merchant's rates changed; the number that changed."""
    rows = bulk.select(
        session,
        "SELECT id, customer_id, placed_at, currency, fx_rate, total, refunded, current_merchandise, received, net, basis "
        "FROM orders WHERE store_id = ? AND currency <> ?",
        *(store.id, store.currency),
    )
    zone = ZoneInfo(store.zone)
    updates, people = [], set()
    for order_id, person, placed_at, currency, fx_rate, total, refunded, remaining, *stored in rows:
        rate = exchange.rate_for(currency, placed_at, fx_rate, settings.exchange_rates, zone)
        money = exchange.converted(rate, currency, store.currency, total, refunded, remaining)
        if list(money) != stored:
            updates.append((*money, order_id))
            if person is not None:
                people.add(person)
    bulk.update_rows(session, "UPDATE orders SET received = ?, net = ?, basis = ? WHERE id = ?", updates)
    stale.mark(session, [(store.id, person) for person in sorted(people)])
    return len(updates)


def _less_deleted(session: Session, store: Store, records: list[OrderRecord]) -> list[OrderRecord]:
    gone = tombstones.moments(session, store.id, "orders", [record.external_id for record in records])
    if not gone:
        return records
    return [
        record._replace(counted=False, void=True, status=DELETED)
        if gone.get(record.external_id, record.modified_at - 1) >= record.modified_at
        else record
        for record in records
    ]


def _statements(store: Store, records: Sequence[OrderRecord], found: Iterable[Owner]) -> list[consent.Statement]:
    """What was said with the orders, by guests and account holders. Without a time: when the order was placed."""
    return [
        consent.Statement(
            person,
            store.id,
            said.channel,
            said.state,
            said.source,
            said.text_version,
            record.placed_at if said.at is None else said.at,
            record.customer_id,
        )
        for record, (person, _) in zip(records, found, strict=True)
        if record.consents and person is not None
        for said in record.consents
        if said.state != "unknown" or said.at is not None
    ]
