"""A WooCommerce store with a history, the deliveries it sent about it, and what it answers when asked how things stand now."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.shopify import ShopifyOptions, ShopifyPlatform
from adapters.woocommerce import WooCommercePlatform, payloads
from adapters.woocommerce.translate import context as about_store
from adapters.woocommerce.translate import customer_record, order_record
from jobs.context import JobContext
from jobs.inbox import apply_due
from plugin_core import bulk
from plugin_core.clock import to_us
from plugin_core.db import Database, is_sqlite
from plugin_core.deliveries import Verified
from plugin_core.errors import StoreError
from plugin_core.inbox.receive import insert_sql, received
from plugin_core.records import Deletion, Page, Record
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Store
from tests.plugin_core.shop import account, state, store, work_out
from tests.webhooks.senders import signature

NOW = to_us(datetime(2026, 11, 22, 12, tzinfo=UTC))
VAULT = Vault(["a key for tests, long enough to be one"])
ABOUT = about_store("UTC", "EUR", "https://ben.example", {})
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Told = tuple[str, bytes]  # topic, body


class TalkativeStore:
    """Answers ``fetch`` from its present rows. ``trouble`` is raised instead, while it is set."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {"orders": {}, "customers": {}}
        self.asked: Counter[str] = Counter()
        self.trouble: StoreError | None = None
        self.platform_name = "woocommerce"

    def fetch(self, resource: str, external_ids: Sequence[str]) -> Page:
        self.asked[resource] += 1
        if self.trouble is not None:
            raise self.trouble
        records: list[Record] = []
        for each in external_ids:
            row = self.rows[resource].get(each)
            records.append(Deletion(resource, each, NOW) if row is None else _record(resource, row))
        return Page(records, {}, last=True)

    @contextmanager
    def open(self, _store: Store) -> Iterator[Any]:
        yield self


def _record(resource: str, row: dict[str, Any]) -> Record:
    raw = json.dumps(row).encode()
    if resource == "customers":
        return customer_record(payloads.account_decoder.decode(raw), ABOUT)
    order = payloads.order_decoder.decode(raw)
    parts = [
        {"id": each["id"], "amount": each["total"].lstrip("-"), "date_created_gmt": row["date_modified_gmt"]}
        for each in row["refunds"]
    ]
    details = {each["id"]: payloads.refund_decoder.decode(json.dumps(each).encode()) for each in parts}
    return order_record(order, details, ABOUT)


def history(shop: TalkativeStore, people: int, events: int, seed: int = 1) -> list[Told]:
    """What a shop of ``people`` told us in ``events`` deliveries, oldest first; the shop is left as it was at the end."""
    draw = random.Random(seed)
    told: list[Told] = []
    at = _BEGIN
    while len(told) < events:
        at += timedelta(seconds=draw.choice((0, 0, 1, 3_600)))
        person = str(draw.randrange(1, people + 1))
        kind = draw.random()
        if kind < 0.25 or person not in shop.rows["customers"]:
            told.append(_customer(shop, draw, person, at))
        elif kind < 0.6 or not shop.rows["orders"]:
            told.append(_order(shop, draw, person, at))
        else:
            told.append(_later(shop, draw, draw.choice(sorted(shop.rows["orders"])), at))
        if draw.random() < 0.01 and person in shop.rows["customers"]:
            del shop.rows["customers"][person]
            told.append(("customer.deleted", json.dumps({"id": int(person)}).encode()))
    return told


def simple(shop: TalkativeStore) -> None:
    """One customer and one order, no refunds."""
    draw = random.Random(7)
    _customer(shop, draw, "1", _BEGIN)
    _order(shop, draw, "1", _BEGIN)


def _customer(shop: TalkativeStore, draw: random.Random, person: str, at: datetime) -> Told:
    held = shop.rows["customers"].get(person)
    row = {
        "id": int(person),
        "email": f"person{person}@x.example",
        "first_name": draw.choice(("Ada", "Ben", "Cleo")),
        "date_created_gmt": held["date_created_gmt"] if held else _gmt(_BEGIN + timedelta(seconds=int(person))),
        "date_modified_gmt": _gmt(at),
        "meta_data": [{"key": "comeback_marketing_consent", "value": draw.choice(("subscribed", "unsubscribed"))}],
    }
    shop.rows["customers"][person] = row
    return ("customer.updated" if held else "customer.created"), json.dumps(row).encode()


def _order(shop: TalkativeStore, draw: random.Random, person: str, at: datetime) -> Told:
    number = str(10_000 + len(shop.rows["orders"]))
    guest = draw.random() < 0.3
    total = f"{draw.randrange(1, 200)}.00"
    row = {
        "id": int(number),
        "status": draw.choice(("processing", "on-hold", "pending")),
        "currency": "EUR",
        "total": total,
        "date_created_gmt": _gmt(at),
        "date_modified_gmt": _gmt(at),
        "customer_id": 0 if guest else int(person),
        "billing": {"email": f"person{person}@x.example", "first_name": "Ada"},
        "line_items": [{"id": 1, "name": "Tea", "product_id": 7, "quantity": 1, "total": total, "total_tax": "0"}],
        "refunds": [],
    }
    shop.rows["orders"][number] = row
    return "order.created", json.dumps(row).encode()


def _later(shop: TalkativeStore, draw: random.Random, number: str, at: datetime) -> Told:
    row = dict(shop.rows["orders"][number], date_modified_gmt=_gmt(at))
    shop.rows["orders"][number] = row
    if draw.random() < 0.1:
        row["status"] = "trash"
        return "order.deleted", json.dumps({"id": int(number)}).encode()
    row["status"] = draw.choice(("completed", "cancelled", "processing"))
    if draw.random() < 0.3 and not row["refunds"]:
        row["refunds"] = [{"id": int(number) + 500_000, "total": "-1.00"}]
    return "order.updated", json.dumps(row).encode()


def _gmt(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat()


def open_shop(database: Database, shop: TalkativeStore) -> tuple[JobContext, int]:
    with database.write() as session:
        made = store(session, account(session), "ben")
        made.platform, made.address, made.zone = "woocommerce", "https://ben.example", "UTC"
        store_id = made.id
    platforms = {"woocommerce": WooCommercePlatform(), "shopify": ShopifyPlatform(ShopifyOptions())}
    unused: Any = None
    return JobContext(database, VAULT, shop.open, unused, unused, "", lambda: NOW, platforms), store_id


def deliver(context: JobContext, store_id: int, told: Sequence[Told]) -> None:
    """As the routes do, less HTTP."""
    platform = context.platforms["woocommerce"].webhooks
    rows = []
    for topic, raw in told:
        headers = {"content-type": "application/json", "x-wc-webhook-topic": topic, "x-wc-webhook-signature": signature(raw, "s")}
        verified = platform.verify(headers, raw, ("s",))
        assert isinstance(verified, Verified)
        rows.append(tuple(received(VAULT, store_id, verified, raw, now=NOW)))
    with context.database.write() as session:
        bulk.update_rows(session, insert_sql(sqlite=is_sqlite(session)).replace("%s", "?"), rows)


def outcome(context: JobContext, store_id: int, told: Sequence[Told], *, batch: int) -> dict[str, Any]:
    """The state after all of it, taken in ``batch`` deliveries at a time."""
    for start in range(0, len(told), batch):
        deliver(context, store_id, told[start : start + batch])
        apply_due(context, store_id)
    with context.database.write() as session:
        work_out(session, session.get_one(Store, store_id))
        return state(session)
