"""An order's record as rows of the tables, foreign money brought home where its rate is known."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from plugin_core.orders.exchange import Converted, converted, rate_for
from plugin_core.records import OrderRecord
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

ORDER_COLUMNS = (
    *("id", "store_id", "external_id", "customer_id", "account_external_id", "email", "number", "placed_at", "modified_at"),
    *("content_hash", "status", "counted", "void", "test", "currency", "total", "refunded", "merchandise", "current_merchandise"),
    *("fx_rate", "received", "net", "basis", "codes", "with_code", "source", "cart_token"),
)
LINE_COLUMNS = (
    *("order_id", "position", "external_id", "product_id", "variant_id", "sku", "title", "quantity", "current_quantity"),
    *("net", "current_net", "gift_card"),
)
REFUND_COLUMNS = ("order_id", "external_id", "at", "amount")


class Rows:
    """Rows of a batch, filled order by order."""

    def __init__(self, store: Store, settings: StoreSettings) -> None:
        self._store_id = store.id
        self._home = store.currency
        self._zone = ZoneInfo(store.zone)
        self._rates = settings.exchange_rates
        self.new: list[tuple[Any, ...]] = []
        self.changed: list[tuple[Any, ...]] = []
        self.lines: list[tuple[Any, ...]] = []
        self.refunds: list[tuple[Any, ...]] = []

    def add(self, order_id: int, record: OrderRecord, person: int | None, email: str, *, known: bool) -> None:
        # Unpacked at once: an import comes through here for every order, and names cost more one by one.
        # fmt: off
        (external_id, modified_at, content_hash, placed_at, number, status, counted, void, test, account, _address,
         _first_name, _last_name, _country, _locale, currency, total, refunded, merchandise, left, fx_rate, codes,
         source, cart_token, _consents, _phone, lines, refunds) = record
        if currency == self._home:
            money: Converted = (total, total - refunded if total > refunded else 0, left)
        else:
            rate = rate_for(currency, placed_at, fx_rate, self._rates, self._zone)
            money = converted(rate, currency, self._home, total, refunded, left)
        received, net, basis = money
        row = (
            order_id, self._store_id, external_id, person, account, email, number, placed_at, modified_at, content_hash,
            status, counted, void, test, currency, total, refunded, merchandise, left, fx_rate, received, net, basis,
            _as_json(codes) if codes else "[]", bool(codes), source, cart_token,
        )
        # fmt: on
        (self.changed if known else self.new).append(row)
        for position, line in enumerate(lines):
            self.lines.append((order_id, position, *line))
        for refund in refunds:
            self.refunds.append((order_id, *refund))


@lru_cache(maxsize=1024)
def _as_json(codes: tuple[str, ...]) -> str:
    return json.dumps(codes)
