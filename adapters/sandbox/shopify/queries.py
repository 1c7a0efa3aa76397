"""The root fields of queries, each with the access scope it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.sandbox.shopify import order_fields
from adapters.sandbox.shopify.fields import by, by_id, number
from adapters.sandbox.shopify.projector import Arguments, Listing
from adapters.sandbox.shopify.search import Reader, search
from adapters.sandbox.shopify.store import VERSION, Record, ShopStore

Place = Callable[[Record], tuple[str, str]]


def _key(name: str) -> Reader:
    return lambda record: record[name]


CUSTOMER_SEARCH: Mapping[str, Reader] = {
    "id": lambda r: int(number(r["id"])), "email": _key("email"), "first_name": _key("first"), "last_name": _key("last"),
    "phone": _key("phone"),
    "updated_at": _key("updated"), "customer_date": _key("created"), "state": _key("state"), "tag": _key("tags"),
    "accepts_marketing": lambda r: r["marketing_state"] == "SUBSCRIBED",
    "country": lambda r: r["address"] and r["address"]["country"],
}  # fmt: skip
ORDER_SEARCH: Mapping[str, Reader] = {
    "id": lambda r: int(number(r["id"])), "name": _key("name"), "email": _key("email"), "created_at": _key("created"),
    "updated_at": _key("updated"),
    "processed_at": _key("processed"), "financial_status": lambda r: r["status"].lower(), "tag": _key("tags"),
    "test": _key("test"),
    "customer_id": lambda r: r["customer"] and int(number(r["customer"]["id"])), "discount_code": _key("codes"),
    "source_name": _key("source"),
    "cart_token": _key("cart_token"), "checkout_token": _key("checkout_token"),
    "status": lambda r: ["cancelled" if r["cancelled"] else "open", "any", "not_closed"],
}  # fmt: skip
PRODUCT_SEARCH: Mapping[str, Reader] = {
    "id": lambda r: int(number(r["id"])), "title": _key("title"), "updated_at": _key("updated"), "created_at": _key("created"),
    "handle": _key("handle"),
    "status": lambda r: r["status"].lower(), "product_type": _key("type"), "sku": lambda r: r["variant"]["sku"],
    "gift_card": _key("gift"),
}  # fmt: skip
CHECKOUT_SEARCH: Mapping[str, Reader] = {
    "id": lambda r: int(number(r["id"])), "created_at": _key("created"), "updated_at": _key("updated"),
    "status": lambda _r: "open",
    "recovery_state": lambda r: "recovered" if r["completed"] else "not_recovered",
    "email_state": lambda r: r["email_state"].lower(),
}  # fmt: skip
DISCOUNT_SEARCH: Mapping[str, Reader] = {
    "id": lambda r: int(number(r["id"])), "code": lambda r: r["discount"]["code"], "title": lambda r: r["discount"]["title"],
    "status": lambda r: r["discount"]["status"].lower(), "created_at": lambda r: r["discount"]["created"],
    "updated_at": lambda r: r["discount"]["updated"],
    "ends_at": lambda r: r["discount"]["ends"], "starts_at": lambda r: r["discount"]["starts"],
    "discount_type": lambda _r: "code",
    "times_used": lambda r: r["discount"]["used"],
}  # fmt: skip
OPERATION_SEARCH: Mapping[str, Reader] = {
    "id": lambda r: int(number(r["id"])), "status": lambda r: r["status"].lower(), "created_at": _key("created"),
    "operation_type": lambda r: r["type"].lower(),
}  # fmt: skip
PLACES: Mapping[str, Place] = {
    "ID": by_id, "CREATED_AT": by("created"), "UPDATED_AT": by("updated"), "PROCESSED_AT": by("processed"), "NAME": by("last"),
    "TITLE": by("title"),
    "ORDER_NUMBER": lambda r: (f"{r['number']:09d}", r["id"]),
    "TOTAL_PRICE": lambda r: (f"{order_fields.total(r):012d}", r["id"]),
    "CHECKOUT_ID": by_id, "RELEVANCE": by_id,
}  # fmt: skip


class BadRequest(Exception):
    """Said as a top-level error."""


def _listing(table: str, readers: Mapping[str, Reader]) -> Callable[[ShopStore, Arguments, str], Listing]:
    def resolve(shop: ShopStore, arguments: Arguments, token: str) -> Listing:
        held: dict[str, Record] = getattr(shop, table)
        found, warning = search(held.values(), arguments.get("query"), readers, table)
        sort = arguments.get("sortKey") or "ID"
        if sort not in PLACES:
            raise BadRequest(f"The twin does not sort {table} by {sort}")
        return Listing(found, PLACES[sort], warning)

    return resolve


def _counted(shop: ShopStore, table: str) -> Mapping[str, Reader]:
    return {"orders_count": lambda r: len(shop.orders_of.get(r["id"], []))} if table == "customers" else {}


def _count(table: str, readers: Mapping[str, Reader]) -> Callable[[ShopStore, Arguments, str], Record]:
    def resolve(shop: ShopStore, arguments: Arguments, token: str) -> Record:
        found, _ = search(getattr(shop, table).values(), arguments.get("query"), {**readers, **_counted(shop, table)}, table)
        limit = arguments.get("limit")
        if limit is not None and len(found) > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": len(found), "precision": "EXACT"}

    return resolve


def _by_gid(table: str) -> Callable[[ShopStore, Arguments, str], Record | None]:
    def resolve(shop: ShopStore, arguments: Arguments, token: str) -> Record | None:
        held: dict[str, Record] = getattr(shop, table)
        return held.get(arguments["id"])

    return resolve


def _node(shop: ShopStore, arguments: Arguments, token: str) -> Record | None:
    return shop.node(arguments["id"])


def _nodes(shop: ShopStore, arguments: Arguments, token: str) -> list[Record | None]:
    if len(arguments["ids"]) > 250:
        raise BadRequest("The input array size of " + str(len(arguments["ids"])) + " is greater than the maximum allowed of 250.")
    return [shop.node(gid) for gid in arguments["ids"]]


def _by_identifier(shop: ShopStore, arguments: Arguments, token: str) -> Record | None:
    wanted = arguments["identifier"]
    if gid := wanted.get("id"):
        return shop.customers.get(gid)
    field, value = ("email", wanted.get("emailAddress")) if "emailAddress" in wanted else ("phone", wanted.get("phoneNumber"))
    return next(
        (each for each in shop.customers.values() if each[field] and value and each[field].lower() == value.lower()), None
    )


def by_code(shop: ShopStore, code: str) -> Record | None:
    return next((each for each in shop.discounts.values() if each["discount"]["code"].lower() == code.lower()), None)


def _code(shop: ShopStore, arguments: Arguments, token: str) -> Record | None:
    return by_code(shop, arguments["code"])


def _abandonment(shop: ShopStore, arguments: Arguments, token: str) -> Record | None:
    return shop.checkouts.get(arguments["abandonedCheckoutId"])


def _definitions(shop: ShopStore, arguments: Arguments, token: str) -> Listing:
    return Listing([each for (owner, _, _), each in shop.definitions.items() if owner == arguments["ownerType"]])


def _shop(shop: ShopStore, arguments: Arguments, token: str) -> Record:
    return {}


def _installation(shop: ShopStore, arguments: Arguments, token: str) -> Record:
    return {"token": token}


def _current(shop: ShopStore, arguments: Arguments, token: str) -> Record | None:
    wanted = arguments.get("type") or "QUERY"
    return next((each for each in reversed(shop.operations.values()) if each["type"] == wanted), None)


def _versions(shop: ShopStore, arguments: Arguments, token: str) -> list[Record]:
    return [{"handle": VERSION, "displayName": f"{VERSION} (Latest)", "supported": True}]


def allowed(shop: ShopStore, token: str, scope: str | None) -> bool:
    """Writing implies reading."""
    held = shop.tokens[token]
    return scope is None or scope in held or (scope.startswith("read_") and scope.replace("read_", "write_", 1) in held)


Resolve = Callable[[ShopStore, Arguments, str], Any]
QUERIES: Mapping[str, tuple[str | None, Resolve]] = {
    "shop": (None, _shop),
    "customers": ("read_customers", _listing("customers", CUSTOMER_SEARCH)),
    "customersCount": ("read_customers", _count("customers", CUSTOMER_SEARCH)),
    "customer": ("read_customers", _by_gid("customers")),
    "customerByIdentifier": ("read_customers", _by_identifier),
    "orders": ("read_orders", _listing("orders", ORDER_SEARCH)),
    "ordersCount": ("read_orders", _count("orders", ORDER_SEARCH)),
    "order": ("read_orders", _by_gid("orders")),
    "products": ("read_products", _listing("products", PRODUCT_SEARCH)),
    "productsCount": ("read_products", _count("products", PRODUCT_SEARCH)),
    "product": ("read_products", _by_gid("products")),
    "abandonedCheckouts": ("read_orders", _listing("checkouts", CHECKOUT_SEARCH)),
    "abandonedCheckoutsCount": ("read_orders", _count("checkouts", CHECKOUT_SEARCH)),
    "abandonmentByAbandonedCheckoutId": ("read_orders", _abandonment),
    "codeDiscountNodeByCode": ("read_discounts", _code),
    "codeDiscountNode": ("read_discounts", _by_gid("discounts")),
    "codeDiscountNodes": ("read_discounts", _listing("discounts", DISCOUNT_SEARCH)),
    "discountNodes": ("read_discounts", _listing("discounts", DISCOUNT_SEARCH)),
    "metafieldDefinitions": (None, _definitions),
    "node": (None, _node),
    "nodes": (None, _nodes),
    "bulkOperation": (None, _by_gid("operations")),
    "bulkOperations": (None, _listing("operations", OPERATION_SEARCH)),
    "currentBulkOperation": (None, _current),
    "currentAppInstallation": (None, _installation),
    "publicApiVersions": (None, _versions),
}
