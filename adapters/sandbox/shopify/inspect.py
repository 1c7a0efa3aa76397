"""What a shop of the Shopify twin holds, counted from its own records: a second opinion on what was imported and written."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.census import same, spending
from adapters.sandbox.cents import text
from adapters.sandbox.shopify import order_fields
from adapters.sandbox.shopify.store import Record, ShopStore

COUNTED = frozenset({"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"})


def counted(order: Record) -> bool:
    """A cancelled order counts only where money was received."""
    return order["status"] in COUNTED and not order["test"] and (order["cancelled"] is None or order["received"] > 0)


def net_spent(order: Record) -> int:
    return max(0, order_fields.net(order))


def identities(shop: ShopStore) -> list[tuple[str, str | None]]:
    """(account, e-mail) of everybody, guests with the account ''."""
    people: list[tuple[str, str | None]] = [(each["id"], each["email"]) for each in shop.customers.values()]
    people += [("", each["email"]) for each in shop.orders.values() if each["customer"] is None and each["email"]]
    return people


def _person(order: Record) -> str:
    """By e-mail, as a person is known over all stores; an account without one by its id; '' for nobody."""
    customer = order["customer"]
    if customer:
        return same(customer["email"]) if customer["email"] else str(customer["id"])
    return same(order["email"] or "")


def state(shop: ShopStore, prefix: str) -> dict[str, Any]:
    orders = list(shop.orders.values())
    mine = [each for each in orders if counted(each)]
    by_person = spending((person, net_spent(each)) for each in mine if (person := _person(each)))
    return {
        "shop": shop.domain,
        "currency": shop.currency,
        "customers": len(shop.customers),
        "products": len(shop.products),
        "orders": len(orders),
        "orders_counted": len(mine),
        "orders_anonymous": sum(each["customer"] is None and not each["email"] for each in orders),
        "orders_by_status": _tally(each["status"] for each in orders),
        "refunds": sum(len(each["refunds"]) for each in orders),
        "buyers": len(by_person),
        "net_spent": text(sum(net_spent(each) for each in mine)),
        "net_spent_identified": text(sum(net_spent(each) for each in mine if each["customer"] or each["email"])),
        "abandoned_checkouts": len(shop.checkouts),
        "abandoned_checkouts_open": sum(each["completed"] is None for each in shop.checkouts.values()),
        "consent": _tally(each["marketing_state"] for each in shop.customers.values()),
        "tags": {
            gid: ours
            for gid, each in shop.customers.items()
            if (ours := sorted(tag for tag in each["tags"] if tag.startswith(prefix)))
        },
        "merchant_tags": {
            gid: other
            for gid, each in shop.customers.items()
            if (other := sorted(t for t in each["tags"] if not t.startswith(prefix)))
        },
        "metafields": {gid: fields for gid, each in shop.customers.items() if (fields := _ours(shop, each))},
        "merchant_metafields": sum(len(each["metafields"]) - len(_ours(shop, each)) for each in shop.customers.values()),
        "codes": {each["discount"]["code"]: _code(each) for each in shop.discounts.values()},
        "code_attempts": {code: dict(kinds) for code, kinds in shop.code_attempts.items()},
        "grants": dict(shop.grants),
        "writes": dict(shop.writes),
        "write_calls": sum(shop.writes.values()),
        "requests": dict(shop.requests),
        "tag_writes": {gid: dict(kinds) for gid, kinds in shop.tag_writes.items()},
        "throttled": shop.bucket.throttled,
        "bulk_operations": _tally(f"{each['type']} {each['status']}" for each in shop.operations.values()),
        "by_person": by_person,
    }


def _tally(values: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def _ours(shop: ShopStore, customer: Record) -> dict[str, str]:
    return {key: each["value"] for (space, key), each in customer["metafields"].items() if space.startswith(shop.namespace)}


def _code(node: Record) -> dict[str, Any]:
    discount = node["discount"]
    customers = [each["id"] for each in discount["context"].get("customers", [])]
    return {
        "id": node["id"],
        "title": discount["title"],
        "status": discount["status"],
        "ends_at": discount["ends"],
        "customers": customers,
    }
