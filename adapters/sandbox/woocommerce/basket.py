"""The page that fills a basket from an address, as WooCommerce 11.0.1 does it: ``/checkout-link/?products=7:2&coupon=x``.

Who comes is told by the header ``X-Shopper``, the e-mail address of somebody signed in; without it, a guest nobody knows.
"""

from __future__ import annotations

from datetime import datetime

from adapters.sandbox.web import Request, Response, text
from adapters.sandbox.woocommerce.store import Record, WooStore

PATH = "/checkout-link"


def serve(store: WooStore, request: Request) -> Response:
    """Replaces whatever was in the basket. What was done stands in ``store.baskets``."""
    given = dict(request.query)
    parts = [part.partition(":") for part in given.get("products", "").split(",") if part]
    wanted = {int(product): int(quantity or 1) for product, _, quantity in parts if f"{product}{quantity}".isdigit()}
    goods = {product: quantity for product, quantity in wanted.items() if quantity and _on_sale(store, product)}
    if not goods:
        return _to(store, "/cart/", "The provided checkout link was out of date or invalid.")
    code = given.get("coupon", "").lower()
    refused = _refused(store, code, str(request.headers.get("X-Shopper", "")).lower()) if code and store.coupons_enabled else ""
    with store.lock:
        applied = "" if refused or not store.coupons_enabled else code
        store.baskets.append({"products": goods, "coupon": applied, "notice": refused})
    return _to(store, "/checkout/", refused)


def _on_sale(store: WooStore, product: int) -> bool:
    return product in store.products or any(product in each.get("variations", ()) for each in store.products.values())


def _refused(store: WooStore, code: str, shopper: str) -> str:
    coupon = next((each for each in store.coupons.values() if each["code"] == code and each["status"] == "publish"), None)
    if coupon is None:
        return f'Coupon "{code}" cannot be applied because it does not exist.'
    if coupon["usage_limit"] and coupon["usage_count"] >= coupon["usage_limit"]:
        return f'Usage limit for coupon "{code}" has been reached.'
    if _expired(store, coupon):
        return f'Coupon "{code}" has expired.'
    if coupon["email_restrictions"] and shopper not in coupon["email_restrictions"]:
        return f'Please enter a valid email to use coupon code "{code}".'
    return ""


def _expired(store: WooStore, coupon: Record) -> bool:
    until = coupon["date_expires_gmt"]
    return until is not None and datetime.fromisoformat(f"{until}+00:00") <= store.clock.now()


def _to(store: WooStore, path: str, notice: str) -> Response:
    return text(notice, 302, Location=f"{store.origin}{path}")
