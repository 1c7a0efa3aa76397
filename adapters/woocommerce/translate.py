"""WooCommerce's JSON into our records; what can't be understood becomes Rejected, with the reason for people."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from html import unescape
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw

from adapters.woocommerce import payloads
from adapters.woocommerce.amounts import money, order_amounts
from adapters.woocommerce.meta import consents, fx_rate
from adapters.woocommerce.payloads import Account, Order, Product, RefundDetail
from adapters.woocommerce.ways_back import offer_url, recovery_url
from plugin_core.records import CheckoutRecord, CustomerRecord, OrderRecord, ProductRecord, Record, RefundRecord, Rejected

COUNTED = frozenset({"processing", "completed", "refunded"})
VOID = frozenset({"cancelled", "failed", "trash", "checkout-draft"})  # a draft was never placed
OPEN_CHECKOUT = frozenset({"checkout-draft", "pending", "failed"})
ERASED = "deleted@site.invalid"  # what WordPress' privacy eraser leaves in an order

# What a kept raw record may hold of meta: other plugins store secrets there.
_KEPT_META = ("comeback_", "_wcpay_multi_currency_", "_base_currency_exchange_rate", "_woocs_order_", "wmc_order_info")


Row = TypeVar("Row")


class Context(NamedTuple):
    """The store's own facts that translation depends on."""

    zone: ZoneInfo
    currency: str
    url: str
    settings: Mapping[str, object] = {}
    counted: frozenset[str] = COUNTED
    checkout_links: bool = False  # the store has addresses that fill a basket and enter a code


def context(zone: str, currency: str, url: str, settings: Mapping[str, object], *, checkout_links: bool = False) -> Context:
    extra = settings.get("counted_statuses")
    counted = {str(each).removeprefix("wc-") for each in extra} if isinstance(extra, list | tuple) else set()
    return Context(ZoneInfo(zone or "UTC"), currency, url.rstrip("/"), settings, COUNTED | counted, checkout_links)


def order_record(order: Order, details: Mapping[int, RefundDetail], about: Context) -> OrderRecord:
    currency = order.currency.strip().upper()
    if len(currency) != 3 or not currency.isalpha():
        raise ValueError(f"the order's currency is {order.currency[:10]!r}")
    placed = _required(order.date_created_gmt, order.date_created, about.zone, "when the order was placed")
    amounts = order_amounts(order, details)
    status = order.status.removeprefix("wc-")
    buyer = order.billing
    email = (buyer.email or "").strip()
    record = OrderRecord(
        external_id=str(order.id),
        modified_at=payloads.moment_us(order.date_modified_gmt, order.date_modified, about.zone) or placed,
        content_hash="",
        placed_at=placed,
        number=str(order.number or order.id),
        status=status,
        counted=status in about.counted,
        void=status in VOID,
        test=False,
        customer_id=str(order.customer_id) if order.customer_id > 0 else "",
        email="" if email.lower() == ERASED else email,
        first_name=buyer.first_name or order.shipping.first_name,
        last_name=buyer.last_name or order.shipping.last_name,
        country=(buyer.country or order.shipping.country).upper(),
        locale="",
        currency=currency,
        total=amounts.total,
        refunded=amounts.refunded,
        merchandise=amounts.merchandise,
        basis=amounts.basis,
        fx_rate=fx_rate(order.meta_data, currency, about.currency),
        codes=tuple(coupon.code for coupon in order.coupon_lines if coupon.code),
        source=order.created_via or "",
        cart_token=order.cart_hash or "",
        consents=consents(order.meta_data, about.settings, about.zone),
        phone=buyer.phone or "",
        lines=amounts.lines,
        refunds=tuple(_refund(refund.id, refund.total, details, currency, about, placed) for refund in order.refunds),
    )
    return record._replace(content_hash=_hash(record._replace(modified_at=0)))


def customer_record(account: Account, about: Context) -> CustomerRecord:
    created = payloads.moment_us(account.date_created_gmt, account.date_created, about.zone)
    modified = payloads.moment_us(account.date_modified_gmt, account.date_modified, about.zone) or created
    if modified is None:
        raise ValueError("the account has neither a creation nor a modification date")
    record = CustomerRecord(
        external_id=str(account.id),
        modified_at=modified,
        content_hash="",
        created_at=created,
        email=(account.email or "").strip(),
        phone=account.billing.phone or "",
        first_name=account.first_name or account.billing.first_name,
        last_name=account.last_name or account.billing.last_name,
        country=(account.billing.country or account.shipping.country).upper(),
        role=account.role or "",
        consents=consents(account.meta_data, about.settings, about.zone),
    )
    return record._replace(content_hash=_hash(record._replace(modified_at=0)))


def product_record(product: Product, about: Context) -> ProductRecord:
    modified = _required(
        product.date_modified_gmt or product.date_created_gmt,
        product.date_modified or product.date_created,
        about.zone,
        "when it was changed",
    )
    record = ProductRecord(
        external_id=str(product.id),
        modified_at=modified,
        content_hash="",
        title=unescape(product.name or ""),  # WordPress stores titles and terms with & as &amp;
        categories=tuple(unescape(category.name) for category in product.categories),
        price=money(product.price, about.currency, "the price") if product.price not in ("", None) and about.currency else None,
        currency=about.currency,
        url=product.permalink or "",
        image_url=next((image.src for image in product.images if image.src), ""),
        active=product.status == "publish",
    )
    return record._replace(content_hash=_hash(record._replace(modified_at=0)))


def checkout_record(order: Order, about: Context) -> CheckoutRecord:
    """``order`` is open (a draft, pending or failed) or has become a purchase since; then ``completed_at`` is set."""
    created = _required(order.date_created_gmt, order.date_created, about.zone, "when the checkout was begun")
    modified = payloads.moment_us(order.date_modified_gmt, order.date_modified, about.zone) or created
    paid = payloads.moment_us(order.date_paid_gmt, order.date_paid, about.zone)
    email = (order.billing.email or "").strip()
    record = CheckoutRecord(
        external_id=str(order.id),
        modified_at=modified,
        content_hash="",
        created_at=created,
        completed_at=None if order.status in OPEN_CHECKOUT else paid or modified,
        customer_id=str(order.customer_id) if order.customer_id > 0 else "",
        email="" if email.lower() == ERASED else email,
        first_name=order.billing.first_name or order.shipping.first_name,
        last_name=order.billing.last_name or order.shipping.last_name,
        locale="",
        currency=order.currency,
        total=money(order.total, order.currency, "the order's total"),
        recovery_url=recovery_url(order, about),
        offer_url=offer_url(order, about),
        items=tuple(line.name for line in order.line_items if line.name),
    )
    return record._replace(content_hash=_hash(record._replace(modified_at=0)))


def decode_rows(
    rows: Iterable[Raw | bytes], resource: str, decode: Callable[[Raw | bytes], Row]
) -> tuple[list[tuple[Raw | bytes, Row]], list[Rejected]]:
    """Each row by itself, with its text: a bad one is kept, with what is wrong with it, and the rest goes on."""
    decoded: list[tuple[Raw | bytes, Row]] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            decoded.append((row, decode(row)))
        except msgspec.MsgspecError as problem:
            rejected.append(_rejected(row, resource, problem))
    return decoded, rejected


def make_records(
    decoded: Iterable[tuple[Raw | bytes, Row]], resource: str, make: Callable[[Row], Record]
) -> tuple[list[Record], list[Rejected]]:
    records: list[Record] = []
    rejected: list[Rejected] = []
    for row, typed in decoded:
        try:
            records.append(make(typed))
        except (ValueError, ArithmeticError, msgspec.MsgspecError) as problem:
            rejected.append(_rejected(row, resource, problem))
    return records, rejected


def _rejected(row: Raw | bytes, resource: str, problem: Exception) -> Rejected:
    return Rejected(resource, payloads.row_id(row), _kept(row), _in_words(problem))


def _refund(
    refund_id: int, total: payloads.Amount, details: Mapping[int, RefundDetail], currency: str, about: Context, placed: int
) -> RefundRecord:
    detail = details.get(refund_id)
    at = payloads.moment_us(detail.date_created_gmt, detail.date_created, about.zone) if detail is not None else None
    return RefundRecord(str(refund_id), placed if at is None else at, -money(total, currency, "a refund's total"))


def _required(gmt: str | None, local: str | None, zone: ZoneInfo, what: str) -> int:
    found = payloads.moment_us(gmt, local, zone)
    if found is None:
        raise ValueError(f"it does not say {what}")
    return found


def _hash(record: Record) -> str:
    return hashlib.blake2b(msgspec.json.encode(record), digest_size=16).hexdigest()


def _kept(row: Raw | bytes) -> str:
    """The record as it came, less all meta that is not ours to keep."""
    try:
        whole = msgspec.json.decode(row)
    except msgspec.MsgspecError:
        return bytes(row).decode("utf-8", "replace")
    if isinstance(whole, dict) and isinstance(whole.get("meta_data"), list):
        whole["meta_data"] = [
            each for each in whole["meta_data"] if isinstance(each, dict) and str(each.get("key")).startswith(_KEPT_META)
        ]
    return msgspec.json.encode(whole).decode()


def _in_words(problem: Exception) -> str:
    if isinstance(problem, msgspec.MsgspecError):
        return f"WooCommerce sent a field of the wrong kind: {problem}"
    if isinstance(problem, ValueError):
        return str(problem)
    return f"a number in it can't be right ({type(problem).__name__})"
