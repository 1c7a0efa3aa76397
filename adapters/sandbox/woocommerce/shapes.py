"""The JSON of orders, customers, refunds, coupons and products, field for field as recorded from WooCommerce 11.0.1."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from adapters.sandbox.cents import text
from adapters.sandbox.draw import token
from adapters.sandbox.people import Person
from adapters.sandbox.woocommerce.store import VERSION, Record, WooStore

SYMBOLS = {"EUR": "€", "USD": "$", "TRY": "₺", "GBP": "£"}
PAID = frozenset({"processing", "completed", "refunded"})
EMPTY_BILLING = dict.fromkeys(
    ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode", "country", "state", "email", "phone"), ""
)
EMPTY_SHIPPING = {key: value for key, value in EMPTY_BILLING.items() if key != "email"}


def address(each: Person | None, email: str, phone: str = "") -> Record:
    if each is None:
        return EMPTY_BILLING | {"email": email}
    return EMPTY_BILLING | {
        "first_name": each.first, "last_name": each.last, "address_1": each.street, "city": each.city, "postcode": each.postcode,
        "country": each.country, "email": email, "phone": phone,
    }  # fmt: skip


def without_email(billing: Record) -> Record:
    return {key: value for key, value in billing.items() if key != "email"}


def avatar(email: str) -> str:
    digest = sha256(email.strip().lower().encode()).hexdigest() if email else ""
    return f"https://secure.gravatar.com/avatar/{digest}?s=96&d=mm&r=g"


def customer(store: WooStore, number: int, created: datetime, modified: datetime, **fields: Any) -> Record:
    email = fields.get("email", "")
    return {
        "id": number,
        **store.dates("date_created", created),
        **store.dates("date_modified", modified),
        "email": email,
        "first_name": fields.get("first_name", ""),
        "last_name": fields.get("last_name", ""),
        "role": fields.get("role", "customer"),
        "username": fields.get("username") or (email.split("@")[0] if email else f"customer{number}"),
        "billing": EMPTY_BILLING | fields.get("billing", {}),
        "shipping": EMPTY_SHIPPING | fields.get("shipping", {}),
        "is_paying_customer": fields.get("is_paying_customer", False),
        "avatar_url": avatar(email),
        "meta_data": fields.get("meta_data", []),
        "_links": store.links(f"customers/{number}"),
    }


def line(store: WooStore, article: Record, quantity: int, subtotal: int, total: int, taxes: tuple[int, int]) -> Record:
    """Amounts in cents without tax; ``taxes`` of the subtotal and of the total."""
    return {
        "id": store.row_id(),
        "name": article["name"],
        "product_id": article["id"],
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": text(subtotal),
        "subtotal_tax": text(taxes[0]),
        "total": text(total),
        "total_tax": text(taxes[1]),
        "taxes": [{"id": 1, "total": text(taxes[1]), "subtotal": text(taxes[0])}],
        "meta_data": [],
        "sku": article["sku"],
        "global_unique_id": "",
        "price": total / quantity / 100 if quantity else 0,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def shipping_line(store: WooStore, total: int, tax: int) -> Record:
    return {
        "id": store.row_id(), "method_title": "Flat rate", "method_id": "flat_rate", "instance_id": "", "total": text(total),
        "total_tax": text(tax),
        "taxes": [{"id": 1, "total": text(tax), "subtotal": ""}], "tax_status": "taxable", "meta_data": [],
    }  # fmt: skip


def tax_line(store: WooStore, goods: int, shipping: int) -> Record:
    return {
        "id": store.row_id(), "rate_code": "KDV-1", "rate_id": 1, "label": "KDV", "compound": False, "tax_total": text(goods),
        "shipping_tax_total": text(shipping), "rate_percent": 20, "meta_data": [],
    }  # fmt: skip


def coupon_line(store: WooStore, code: str, percent: int, discount: int, tax: int) -> Record:
    info = f'[0,"{code}","percent",{percent}]'
    return {
        "id": store.row_id(), "code": code, "discount": text(discount), "discount_tax": text(tax),
        "meta_data": [store.meta("coupon_info", info) | {"display_key": "coupon_info", "display_value": info}],
        "discount_type": "percent", "nominal_amount": percent, "free_shipping": False,
    }  # fmt: skip


def order(store: WooStore, number: int, at: datetime, status: str, billing: Record, **parts: Any) -> Record:
    """``parts``: the lists of lines and meta_data, amounts {field: cents}, customer_id, currency, modified, paid."""
    key = f"wc_order_{token(13, store.seed, 'order key', number)}"
    currency = parts.get("currency", store.currency)
    customer_id = parts.get("customer_id", 0)
    paid = parts.get("paid") if status in PAID else None
    return {
        "id": number,
        "parent_id": 0,
        "status": status,
        "currency": currency,
        "version": VERSION,
        "prices_include_tax": False,
        **store.dates("date_created", at),
        **store.dates("date_modified", parts.get("modified", at)),
        **{name: text(cents) for name, cents in parts["amounts"].items()},
        "customer_id": customer_id,
        "order_key": key,
        "billing": billing,
        "shipping": without_email(billing),
        "payment_method": "stripe",
        "payment_method_title": "Credit card",
        "transaction_id": f"tx_{token(8, store.seed, 'tx', number)}" if paid else "",
        "customer_ip_address": "127.0.0.1",
        "customer_user_agent": "Mozilla/5.0",
        "created_via": parts.get("created_via", "checkout"),
        "customer_note": "",
        **store.dates("date_completed", paid if status in ("completed", "refunded") else None),
        **store.dates("date_paid", paid),
        "cart_hash": "",
        "number": str(number),
        "meta_data": parts.get("meta_data", []),
        "line_items": parts["line_items"],
        "tax_lines": parts["tax_lines"],
        "shipping_lines": parts["shipping_lines"],
        "fee_lines": [],
        "coupon_lines": parts.get("coupon_lines", []),
        "refunds": [],
        "payment_url": f"{store.origin}/checkout/order-pay/{number}/?pay_for_order=true&key={key}",
        "is_editable": status in ("pending", "on-hold", "checkout-draft"),
        "needs_payment": status in ("pending", "failed", "checkout-draft"),
        "needs_processing": True,
        "currency_symbol": SYMBOLS[currency],
        "_links": store.links(f"orders/{number}", more={"customer": f"customers/{customer_id}"} if customer_id else {}),
    }


def refund(store: WooStore, number: int, order_id: int, at: datetime, amount: int, **parts: Any) -> Record:
    path = f"orders/{order_id}/refunds/{number}"
    return {
        "id": number,
        "parent_id": order_id,
        **store.dates("date_created", at),
        "amount": text(amount),
        "reason": parts.get("reason", ""),
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [store.meta("_refund_type", parts.get("kind", "partial"))],
        "line_items": parts.get("line_items", []),
        "shipping_lines": [],
        "tax_lines": parts.get("tax_lines", []),
        "fee_lines": [],
        "_links": store.links(path, ["GET", "DELETE"], more={"up": f"orders/{order_id}"}),
    }


def product(store: WooStore, number: int, at: datetime, name: str, sku: str, price: int, categories: list[Record]) -> Record:
    slug = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
    return {
        "id": number, "name": name, "slug": slug, "permalink": f"{store.origin}/product/{slug}/",
        **store.dates("date_created", at), **store.dates("date_modified", at),
        "type": "simple", "status": "publish", "featured": False, "catalog_visibility": "visible", "description": "",
        "short_description": "",
        "sku": sku, "price": text(price), "regular_price": text(price), "sale_price": "", "on_sale": False, "purchasable": True,
        "total_sales": 0,
        "virtual": False, "downloadable": False, "tax_status": "taxable", "tax_class": "", "manage_stock": False,
        "stock_quantity": None,
        "weight": "", "parent_id": 0, "categories": categories, "brands": [], "tags": [], "images": [], "attributes": [],
        "variations": [],
        "menu_order": 0, "meta_data": [], "stock_status": "instock", "has_options": False,
        "_links": store.links(f"products/{number}"),
    }  # fmt: skip
