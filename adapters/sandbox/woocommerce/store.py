"""What the WooCommerce twin holds: records in the shape in which the store answers them, and counters of what was written."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sandbox.clock import Clock
from adapters.sandbox.deliveries import Deliveries
from adapters.sandbox.draw import token

Record = dict[str, Any]
VERSION = "11.0.1"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class WooStore:
    def __init__(self, origin: str, clock: Clock, seed: int) -> None:
        self.origin = origin
        self.clock = clock
        self.seed = seed
        self.zone = ZoneInfo("Europe/Istanbul")
        self.zone_name = "Europe/Istanbul"
        self.currency = "EUR"
        self.consumer_key = "ck_" + token(40, seed, "woo key")
        self.consumer_secret = "cs_" + token(40, seed, "woo secret")
        self.keys: dict[str, tuple[str, str]] = {self.consumer_key: (self.consumer_secret, "read_write")}
        self.keys_made = 0  # by the one-click connect
        self.auth_nonce = token(10, seed, "wc-auth")
        self.nonces: dict[tuple[str, str], int] = {}
        self.refunds_route = True  # GET /refunds is unknown to older stores
        self.coupons_enabled = True
        self.lock = threading.RLock()
        self.customers: dict[int, Record] = {}
        self.users_of_person: dict[int, tuple[int, datetime]] = {}  # of the made-up person: account and since when
        self.orders: dict[int, Record] = {}
        self.refunds: dict[int, Record] = {}
        self.coupons: dict[int, Record] = {}
        self.products: dict[int, Record] = {}
        self.categories: dict[int, Record] = {}
        self.webhooks: dict[int, Record] = {}
        self.webhook_secrets: dict[int, str] = {}
        self.webhook_failures: Counter[int] = Counter()  # in a row
        self.unpinged: set[int] = set()  # webhooks whose ping nobody has answered with 200
        self.queued: set[tuple[int, int]] = set()  # webhook and record that wait for their turn
        self.deliveries = Deliveries(seed)
        self.overlays: dict[tuple[str, int], tuple[Record, tuple[str, ...]]] = {}  # injected faults: fields set, fields removed
        self.writes: Counter[str] = Counter()  # requests that wrote, by "METHOD route"
        self.reads: Counter[str] = Counter()
        self.code_attempts: dict[str, Counter[str]] = defaultdict(Counter)  # code -> created, refused, deleted
        self.meta_writes: dict[int, Counter[str]] = defaultdict(Counter)  # customer -> key -> times
        self.baskets: list[Record] = []  # filled by a checkout link: products, coupon, notice
        self._post, self._user, self._row = 15, 1, 60

    def post_id(self, gap: int = 1) -> int:
        """Orders, refunds, coupons and products share one sequence, so ids have gaps."""
        self._post += gap
        return self._post

    def user_id(self) -> int:
        self._user += 1
        return self._user

    def row_id(self) -> int:
        """Of meta, line items and the like."""
        self._row += 1
        return self._row

    def meta(self, key: str, value: Any) -> Record:
        return {"id": self.row_id(), "key": key, "value": value}

    def dates(self, name: str, at: datetime | None) -> Record:
        """``name`` in the site's time and ``name``_gmt, both without an offset, to the second."""
        if at is None:
            return {name: None, f"{name}_gmt": None}
        at = at.replace(microsecond=0)
        local = at.astimezone(self.zone).replace(tzinfo=None).isoformat()
        return {name: local, f"{name}_gmt": at.astimezone(UTC).replace(tzinfo=None).isoformat()}

    def touch(self, record: Record) -> None:
        record.update(self.dates("date_modified", self.clock.now()))

    def links(self, path: str, methods: list[str] | None = None, more: Mapping[str, str] | None = None) -> Record:
        base = f"{self.origin}/wp-json/wc/v3/"
        collection = path.rsplit("/", 1)[0]
        return {
            "self": [{"href": base + path, "targetHints": {"allow": methods or METHODS}}],
            "collection": [{"href": base + collection}],
            **{name: [{"href": base + target}] for name, target in (more or {}).items()},
        }

    def shown(self, resource: str, record: Record) -> Record:
        """The record with what a test has injected into it."""
        overlay = self.overlays.get((resource, record["id"])) if self.overlays else None
        if overlay is None:
            return record
        fields, removed = overlay
        return {key: value for key, value in (record | fields).items() if key not in removed}
