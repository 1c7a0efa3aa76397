"""The columns we need of WooCommerce's records, typed; everything else in an answer is skipped while decoding."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw, Struct

from plugin_core.clock import to_us

Amount = str | int | float | None  # text by contract; plugins that filter answers make numbers of it

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Meta(Struct):
    key: str = ""
    value: Raw = Raw(b"null")


class Person(Struct):
    first_name: str = ""
    last_name: str = ""
    country: str = ""
    email: str | None = ""
    phone: str | None = ""


class Line(Struct):
    id: int
    name: str | None = ""
    product_id: int = 0
    variation_id: int = 0
    quantity: int | float = 0
    total: Amount = "0"
    total_tax: Amount = "0"
    sku: str | None = ""
    meta_data: list[Meta] = []


class Coupon(Struct):
    code: str = ""


class RefundSummary(Struct):
    id: int
    total: Amount = "0"


class RefundDetail(Struct):
    """``GET /refunds`` and ``/orders/{id}/refunds``: which lines the money was given back for."""

    id: int
    date_created: str | None = None
    date_created_gmt: str | None = None
    amount: Amount = "0"
    line_items: list[Line] = []
    shipping_lines: list[Line] = []
    fee_lines: list[Line] = []


class Order(Struct):
    id: int
    status: str
    currency: str
    total: Amount
    number: str | int | None = ""
    date_created: str | None = None
    date_created_gmt: str | None = None
    date_modified: str | None = None
    date_modified_gmt: str | None = None
    date_paid: str | None = None
    date_paid_gmt: str | None = None
    customer_id: int = 0
    order_key: str = ""
    created_via: str | None = ""
    payment_url: str | None = ""
    cart_hash: str | None = ""
    billing: Person = msgspec.field(default_factory=Person)
    shipping: Person = msgspec.field(default_factory=Person)
    meta_data: list[Meta] = []
    line_items: list[Line] = []
    coupon_lines: list[Coupon] = []
    refunds: list[RefundSummary] = []


class Account(Struct):
    id: int
    date_created: str | None = None
    date_created_gmt: str | None = None
    date_modified: str | None = None
    date_modified_gmt: str | None = None
    email: str | None = ""
    first_name: str | None = ""
    last_name: str | None = ""
    role: str | None = ""
    billing: Person = msgspec.field(default_factory=Person)
    shipping: Person = msgspec.field(default_factory=Person)
    meta_data: list[Meta] = []


class Category(Struct):
    name: str = ""


class Image(Struct):
    src: str | None = ""


class Product(Struct):
    id: int
    name: str | None = ""
    status: str | None = "publish"
    permalink: str | None = ""
    price: Amount = ""
    date_created: str | None = None
    date_created_gmt: str | None = None
    date_modified: str | None = None
    date_modified_gmt: str | None = None
    categories: list[Category] = []
    images: list[Image] = []


class _Id(Struct):
    id: int | str | None = None
    date_modified_gmt: str | None = None
    date_modified: str | None = None


# Not strict: plugins turn numbers into text and back.
order_decoder = msgspec.json.Decoder(Order, strict=False)
account_decoder = msgspec.json.Decoder(Account, strict=False)
product_decoder = msgspec.json.Decoder(Product, strict=False)
refund_decoder = msgspec.json.Decoder(RefundDetail, strict=False)
rows_decoder = msgspec.json.Decoder(list[Raw])
_id_decoder = msgspec.json.Decoder(_Id, strict=False)


def row_id(row: Raw | bytes) -> str:
    """The row's id, or "" where even that can't be read."""
    try:
        found = _id_decoder.decode(row).id
    except msgspec.MsgspecError:
        return ""
    return "" if found is None else str(found)


def row_modified(row: Raw | bytes, zone: ZoneInfo) -> datetime | None:
    try:
        found = _id_decoder.decode(row)
        return moment(found.date_modified_gmt, found.date_modified, zone)
    except (msgspec.MsgspecError, ValueError):
        return None


def moment(gmt: str | None, local: str | None, zone: ZoneInfo) -> datetime | None:
    """UTC. The ``_gmt`` field is UTC without a sign of it; the other is the site's wall time, used where ``_gmt`` is missing."""
    text, assumed = (gmt, UTC) if gmt else (local, zone)
    if not text:
        return None
    parsed = datetime.fromisoformat(text)
    aware = (parsed if parsed.tzinfo else parsed.replace(tzinfo=assumed)).astimezone(UTC)
    if not _EARLIEST <= aware <= _LATEST:
        raise ValueError(f"the date {text[:30]!r} can't be right")
    return aware


def moment_us(gmt: str | None, local: str | None, zone: ZoneInfo) -> int | None:
    found = moment(gmt, local, zone)
    return None if found is None else to_us(found)


def meta_values(entries: list[Meta], keys: frozenset[str]) -> dict[str, Any]:
    """Only the keys asked for are decoded; the rest (other plugins' secrets among them) is never looked at."""
    return {entry.key: msgspec.json.decode(entry.value) for entry in entries if entry.key in keys}
