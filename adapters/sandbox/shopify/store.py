"""What one shop of the Shopify twin holds: plain dictionaries (money in pence), indexes, and counters of what was written."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from adapters.sandbox.clock import Clock
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.draw import token
from adapters.sandbox.shopify.cost import Bucket

Record = dict[str, Any]
VERSION = "2026-10"
SCOPES = (
    "read_customer_merge", "read_customers", "write_customers",
    "read_orders", "read_all_orders", "read_products", "read_discounts", "write_discounts",
)  # fmt: skip


def iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ShopStore:
    def __init__(self, domain: str, origin: str, clock: Clock, seed: int) -> None:
        self.domain = domain
        self.origin = origin
        self.clock = clock
        self.seed = seed
        self.name = "Comeback demo"
        self.currency = "GBP"
        self.zone_name = "Europe/London"
        self.app_id = 260_722
        self.client_id = token(32, seed, domain, "client")
        self.client_secret = "shpss_" + token(32, seed, domain, "secret")
        self.token = "shpat_" + token(32, seed, domain, "token")
        self.tokens: dict[str, tuple[str, ...]] = {self.token: SCOPES}
        self.token_expiry: dict[str, datetime] = {}
        self.refresh_tokens: dict[str, datetime] = {}
        self.heirs: dict[str, str] = {}  # refresh token -> the one it replaced, which dies when the heir is used
        self.codes: dict[str, tuple[str, ...]] = {}  # of the code grant, each good once
        self.grants: Counter[str] = Counter()  # tokens given, by grant
        self.bucket = Bucket()
        self.shuffled_lines = False
        self.bulk_polls = 1  # how often an operation is seen CREATED and RUNNING at least
        self.bulk_limit = 5
        self.webhook_url = ""  # of the app's configuration; "" sends nothing
        self.deliveries = Deliveries(seed)
        self.lock = threading.RLock()
        self.customers: dict[str, Record] = {}
        self.orders: dict[str, Record] = {}
        self.products: dict[str, Record] = {}
        self.checkouts: dict[str, Record] = {}
        self.discounts: dict[str, Record] = {}
        self.operations: dict[str, Record] = {}
        self.definitions: dict[tuple[str, str, str], Record] = {}
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, bytes | None] = {}
        self.overlays: dict[str, Record] = {}  # injected faults: record id -> fields as GraphQL names
        self.orders_of: dict[str, list[Record]] = defaultdict(list)
        self.customers_of_person: dict[int, str] = {}  # of the made-up person
        self.products_of_article: dict[int, Record] = {}
        self.writes: Counter[str] = Counter()  # mutations applied, by name; in bulk each line counts
        self.requests: Counter[str] = Counter()  # documents executed, by root field
        self.code_attempts: dict[str, Counter[str]] = defaultdict(Counter)
        self.tag_writes: dict[str, Counter[str]] = defaultdict(Counter)
        self._next: Counter[str] = Counter()

    @property
    def namespace(self) -> str:
        """Of this app's own metafields."""
        return f"app--{self.app_id}"

    def gid(self, kind: str, start: int = 7_000_000_000_000) -> str:
        self._next[kind] += 1
        return f"gid://shopify/{kind}/{start + self._next[kind] * 37}"

    def now(self) -> str:
        return iso(self.clock.now()) or ""

    def node(self, gid: str) -> Record | None:
        kind = gid.split("/")[3] if gid.count("/") >= 4 else ""
        tables: dict[str, dict[str, Record]] = {
            "Customer": self.customers, "Order": self.orders, "Product": self.products, "AbandonedCheckout": self.checkouts,
            "DiscountCodeNode": self.discounts, "BulkOperation": self.operations,
        }  # fmt: skip
        return tables.get(kind, {}).get(gid)
