"""What the WooCommerce twin holds, counted from its own records: a second opinion on what was imported and written."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from adapters.sandbox.census import same, spending
from adapters.sandbox.cents import text
from adapters.sandbox.woocommerce.orders import totals
from adapters.sandbox.woocommerce.store import Record, WooStore

COUNTED = frozenset({"processing", "completed", "refunded"})
RATE_KEY = "_wcpay_multi_currency_order_exchange_rate"


def counted(order: Record) -> bool:
    return order["status"] in COUNTED


def net_spent(store: WooStore, order: Record) -> int | None:
    """In the store's cents; None where the order's currency is another one and its rate isn't known."""
    received, refunded = totals(order)
    net = max(0, received - refunded)
    if order["currency"] == store.currency:
        return net
    rate = next((each["value"] for each in order["meta_data"] if each["key"] == RATE_KEY), None)
    return None if rate is None else int((Decimal(net) / Decimal(str(rate))).quantize(Decimal(1), ROUND_HALF_UP))


def identities(store: WooStore) -> list[tuple[str, str | None]]:
    """(account, e-mail) of everybody, guests with the account ''. An account without one is known by its billing address."""
    people = [(str(each["id"]), each["email"] or each["billing"]["email"] or None) for each in store.customers.values()]
    people += [
        ("", each["billing"]["email"])
        for each in store.orders.values()
        if not each["customer_id"] and each["billing"]["email"].strip()
    ]
    return people


def _person(store: WooStore, order: Record) -> str:
    """By e-mail: the account's, or the billing address's for guests and for accounts without; '' for nobody."""
    account = store.customers.get(order["customer_id"])
    if account:
        return same(account["email"] or account["billing"]["email"]) or str(account["id"])
    return same(order["billing"]["email"])


def state(store: WooStore, prefix: str) -> dict[str, Any]:
    orders = list(store.orders.values())
    mine = [each for each in orders if counted(each)]
    known = [(each, cents) for each in mine if (cents := net_spent(store, each)) is not None]
    by_person = spending((person, net_spent(store, each)) for each in mine if (person := _person(store, each)))
    return {
        "url": store.origin,
        "currency": store.currency,
        "customers": len(store.customers),
        "customers_by_role": _tally(each["role"] for each in store.customers.values()),
        "products": len(store.products),
        "orders": len(orders),
        "orders_counted": len(mine),
        "orders_anonymous": sum(not each["customer_id"] and not each["billing"]["email"].strip() for each in orders),
        "orders_by_status": _tally(each["status"] for each in orders),
        "orders_foreign": {
            str(each["id"]): {"currency": each["currency"], "known": net_spent(store, each) is not None}
            for each in mine
            if each["currency"] != store.currency
        },
        "refunds": len(store.refunds),
        "buyers": len(by_person),
        "net_spent": text(sum(cents for _, cents in known)),
        "net_spent_identified": text(
            sum(cents for each, cents in known if each["customer_id"] or each["billing"]["email"].strip())
        ),
        "consent": _tally(_meta(each).get("comeback_marketing_consent", "none") for each in store.customers.values()),
        "meta": {str(number): ours for number, each in store.customers.items() if (ours := _ours(each, prefix))},
        "merchant_meta": sum(
            not each["key"].startswith(prefix) for customer in store.customers.values() for each in customer["meta_data"]
        ),
        "codes": {each["code"]: _code(each) for each in store.coupons.values() if each["status"] == "publish"},
        "code_attempts": {code: dict(kinds) for code, kinds in store.code_attempts.items()},
        "keys_made": store.keys_made,
        "keys": sorted(store.keys),
        "writes": dict(store.writes),
        "write_calls": sum(store.writes.values()),
        "meta_writes": {str(number): dict(kinds) for number, kinds in store.meta_writes.items()},
        "by_person": by_person,
    }


def _tally(values: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def _meta(customer: Record) -> dict[str, Any]:
    return {each["key"]: each["value"] for each in customer["meta_data"]}


def _ours(customer: Record, prefix: str) -> dict[str, Any]:
    """Consent is the shopper's word, kept by the store's own form: it is not counted as written by us."""
    return {
        key: value
        for key, value in _meta(customer).items()
        if key.startswith(prefix) and not key.startswith(f"{prefix}marketing_consent")
    }


def _code(coupon: Record) -> dict[str, Any]:
    names = ("id", "description", "email_restrictions", "date_expires_gmt", "usage_limit", "amount", "individual_use")
    return {name: coupon[name] for name in names} | {"meta": _meta(coupon)}
