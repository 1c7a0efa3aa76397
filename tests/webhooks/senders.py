"""Stores that send: what a delivery of each platform looks like on the wire, signed by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from adapters.shopify import ShopifyOptions, ShopifyPlatform
from adapters.woocommerce import WooCommercePlatform
from plugin_core.db import Database
from plugin_core.inbox.secrets import ensure_secret, rotate_secret
from plugin_core.platforms import Platform
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Account, Store
from tests.plugin_core.shop import rows
from webhooks import Inbox, create_blueprint

VAULT = Vault(["a key for tests, long enough to be one"])
APP_SECRET, FORMER_APP_SECRET = "shpss_present", "shpss_former"
NOW = 1_795_000_000_000_000
PLATFORMS: dict[str, Platform] = {
    "shopify": ShopifyPlatform(ShopifyOptions(client_secret=APP_SECRET, former_secret=FORMER_APP_SECRET)),
    "woocommerce": WooCommercePlatform(),
}


def signature(raw: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


@dataclass
class Sender:
    """A store of ``platform``: how it addresses, signs and words an order that has changed."""

    platform: str
    path: str
    secret: str
    former: str
    foreign: str  # another store's, or another app's
    signed_by: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=lambda: {"id": 4711, "date_modified_gmt": "2026-11-20T10:00:00"})

    def raw(self, **more: Any) -> bytes:
        return json.dumps(self.body | more).encode()

    def send(self, client: FlaskClient, raw: bytes | None = None, *, secret: str | None = None, **headers: str | None) -> int:
        """The status answered. A header set to None is left out."""
        body = self.raw() if raw is None else raw
        given = self.headers | {self.signed_by: signature(body, self.secret if secret is None else secret)}
        given |= {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        left_out = {name.replace("_", "-").lower() for name, value in headers.items() if value is None}
        kept = {name: value for name, value in given.items() if name.lower() not in left_out}
        return client.post(self.path, data=body, headers=kept).status_code


@dataclass
class Desk:
    database: Database
    client: FlaskClient
    inbox: Inbox
    senders: dict[str, Sender]
    nudges: list[int]

    def stored(self) -> list[dict[str, Any]]:
        with self.database.read() as session:
            return rows(session, "SELECT * FROM webhook_deliveries ORDER BY id")

    def counts(self) -> dict[str, int]:
        """What was counted, over all stores. Ends the writing thread: only what was asked to be written is there."""
        self.inbox.close()
        with self.database.read() as session:
            return {row["what"]: int(row["times"]) for row in rows(session, _COUNTS)}


_COUNTS = "SELECT what, SUM(count) AS times FROM webhook_counts GROUP BY what"


@contextmanager
def open_desk(database: Database, *, clock: Callable[[], int] = lambda: NOW) -> Iterator[Desk]:
    """One store of each platform, and the routes they send to."""
    with database.write() as session:
        owner = Account(key="main", name="main", secret="x", reporting_currency="EUR", created_at=0)
        session.add(owner)
        session.flush()
        for platform, key, address in (
            ("shopify", "ada", "ada.myshopify.com"),
            ("woocommerce", "ben", "https://ben.example"),
            ("woocommerce", "dmitri", "https://dmitri.example"),
        ):
            session.add(
                Store(
                    account_id=owner.id, key=key, platform=platform, address=address, name=key, currency="EUR", zone="UTC",
                    connected_at=0,
                )
            )  # fmt: skip
        session.flush()
        stores = {store.key: store.id for store in session.query(Store)}
        former = ensure_secret(session, VAULT, stores["ben"])
        present = rotate_secret(session, VAULT, stores["ben"])
        foreign = ensure_secret(session, VAULT, stores["dmitri"])
    nudges: list[int] = []
    inbox = Inbox(database.engine, clock, lambda: nudges.append(1))
    web = Flask("test")
    web.url_map.merge_slashes = False
    web.register_blueprint(create_blueprint(PLATFORMS, database, VAULT, inbox, clock))
    senders = {
        "shopify": Sender(
            *("shopify", "/webhooks/shopify", APP_SECRET, FORMER_APP_SECRET, "shpss_of_another_app", "X-Shopify-Hmac-Sha256"),
            {
                "Content-Type": "application/json",
                "X-Shopify-Topic": "orders/updated",
                "X-Shopify-Shop-Domain": "ada.myshopify.com",
                "X-Shopify-Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
                "X-Shopify-Triggered-At": "2026-11-20T10:00:01.123456789Z",
            },
        ),
        "woocommerce": Sender(
            *("woocommerce", "/webhooks/woocommerce/ben", present, former, foreign, "X-WC-Webhook-Signature"),
            {
                "Content-Type": "application/json",
                "X-WC-Webhook-Topic": "order.updated",
                "X-WC-Webhook-ID": "5",
                "X-WC-Webhook-Delivery-ID": "7f058e5559c180339323cee1384e20f4",
            },
        ),
    }
    try:
        yield Desk(database, web.test_client(), inbox, senders, nudges)
    finally:
        inbox.close()
