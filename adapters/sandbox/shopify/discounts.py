"""Discount codes: created for named customers, unique whatever the case, deleted one by one or in bulk."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.sandbox.shopify.mutations import Change, checked, error
from adapters.sandbox.shopify.projector import Arguments
from adapters.sandbox.shopify.queries import DISCOUNT_SEARCH, by_code
from adapters.sandbox.shopify.search import search
from adapters.sandbox.shopify.store import Record, ShopStore, iso

COMBINES = {"orderDiscounts": False, "productDiscounts": False, "shippingDiscounts": False}
REQUIRED = ("code", "context", "customerGets", "startsAt", "title")


def _problem(message: str, field: str, code: str) -> Record:
    return error(message, ["basicCodeDiscount", field], code=code, extraInfo=None)


def basic_create(shop: ShopStore, arguments: Arguments) -> Record:
    given = arguments["basicCodeDiscount"]
    code = str(given.get("code") or "").strip()
    wrong = [_problem(f"{name} can't be blank", name, "BLANK") for name in REQUIRED if not given.get(name)]
    wrong = wrong or _wrong(shop, given, code)
    if wrong:
        if any(each["code"] == "TAKEN" for each in wrong):
            shop.code_attempts[code]["refused"] += 1
        return {"codeDiscountNode": None, "userErrors": wrong}
    shop.code_attempts[code]["created"] += 1
    gid = shop.gid("DiscountCodeNode", 1_200_000_000_000)
    node: Record = {"__typename": "DiscountCodeNode", "id": gid, "metafields": {}, "discount": _discount(shop, given, code)}
    shop.discounts[gid] = node
    return {"codeDiscountNode": node, "userErrors": []}


def _wrong(shop: ShopStore, given: Arguments, code: str) -> list[Record]:
    if by_code(shop, code) is not None:
        return [_problem("Code must be unique. Please try a different code.", "code", "TAKEN")]
    if given.get("endsAt") and str(given["endsAt"]) <= str(given["startsAt"]):
        return [_problem("Ends at needs to be after starts_at", "endsAt", "END_DATE_BEFORE_START_DATE")]
    percentage = (given["customerGets"].get("value") or {}).get("percentage")
    if percentage is not None and not 0 < percentage <= 1:
        return [_problem("Value must be between 0.0 and 1.0", "customerGets", "VALUE_OUTSIDE_RANGE")]
    customers = given["context"].get("customers")
    if customers is not None:
        unknown = [gid for gid in checked(customers.get("add") or [], "customers") if gid not in shop.customers]
        if unknown or not customers.get("add"):
            return [_problem("Customer selection can't be blank" if not unknown else "Customer is invalid", "context", "INVALID")]
    return []


def _discount(shop: ShopStore, given: Arguments, code: str) -> Record:
    now = shop.now()
    chosen = (given["context"].get("customers") or {}).get("add") or []
    context: Record = {"__typename": "DiscountBuyerSelectionAll", "all": "ALL"}
    if chosen:
        context = {"__typename": "DiscountCustomers", "customers": [shop.customers[gid] for gid in chosen]}
    ends = given.get("endsAt")
    return {
        "__typename": "DiscountCodeBasic", "title": given["title"], "code": code,
        "code_id": shop.gid("DiscountRedeemCode", 20_000_000_000_000),
        "status": "EXPIRED" if ends and _moment(ends) <= now else "SCHEDULED" if _moment(given["startsAt"]) > now else "ACTIVE",
        "starts": given["startsAt"], "ends": ends, "usage_limit": given.get("usageLimit"),
        "once": bool(given.get("appliesOncePerCustomer")), "used": 0,
        "created": now, "updated": now, "tags": given.get("tags") or [], "summary": given["title"], "context": context,
        "gets": _gets(given["customerGets"]), "minimum": _minimum(given.get("minimumRequirement")),
        "combines": COMBINES | (given.get("combinesWith") or {}),
    }  # fmt: skip


def _moment(text: str) -> str:
    return iso(datetime.fromisoformat(str(text))) or ""


def _gets(given: Arguments) -> Record:
    value = given.get("value") or {}
    if value.get("percentage") is not None:
        shown: Record = {"__typename": "DiscountPercentage", "percentage": value["percentage"]}
    else:
        amount = value["discountAmount"]
        money = {"amount": str(Decimal(str(amount["amount"])).quantize(Decimal("0.01"))), "currencyCode": "GBP"}
        shown = {"__typename": "DiscountAmount", "amount": money, "appliesOnEachItem": bool(amount.get("appliesOnEachItem"))}
    return {
        "value": shown,
        "items": {"__typename": "AllDiscountItems", "allItems": True},
        "appliesOnOneTimePurchase": True,
        "appliesOnSubscription": False,
    }


def _minimum(given: Arguments | None) -> Record | None:
    if given and (subtotal := (given.get("subtotal") or {}).get("greaterThanOrEqualToSubtotal")) is not None:
        return {
            "__typename": "DiscountMinimumSubtotal",
            "greaterThanOrEqualToSubtotal": {"amount": str(subtotal), "currencyCode": "GBP"},
        }  # fmt: skip
    if given and (quantity := (given.get("quantity") or {}).get("greaterThanOrEqualToQuantity")) is not None:
        return {"__typename": "DiscountMinimumQuantity", "greaterThanOrEqualToQuantity": str(quantity)}
    return None


def delete(shop: ShopStore, arguments: Arguments) -> Record:
    node = shop.discounts.pop(arguments["id"], None)
    if node is None:
        missing = error("Code discount does not exist.", ["id"], code="INVALID", extraInfo=None)
        return {"deletedCodeDiscountId": None, "userErrors": [missing]}
    shop.code_attempts[node["discount"]["code"]]["deleted"] += 1
    return {"deletedCodeDiscountId": node["id"], "userErrors": []}


def bulk_delete(shop: ShopStore, arguments: Arguments) -> Record:
    """Done at once here; the real one works through a job."""
    if not arguments.get("ids") and not arguments.get("search"):
        missing = error(
            "Missing expected argument key: 'ids', 'search' or 'saved_search_id'.", None, code="MISSING_ARGUMENT", extraInfo=None
        )
        return {"job": None, "userErrors": [missing]}
    chosen: list[Any] = checked(arguments.get("ids") or [], "ids")
    if not chosen:
        chosen = [each["id"] for each in search(shop.discounts.values(), arguments["search"], DISCOUNT_SEARCH, "discounts")[0]]
    for gid in chosen:
        delete(shop, {"id": gid})
    return {"job": {"id": shop.gid("Job", 1), "done": True}, "userErrors": []}


def deactivate(shop: ShopStore, arguments: Arguments) -> Record:
    node = shop.discounts.get(arguments["id"])
    if node is None:
        missing = error("Code discount does not exist.", ["id"], code="INVALID", extraInfo=None)
        return {"codeDiscountNode": None, "userErrors": [missing]}
    node["discount"]["status"] = "EXPIRED"
    node["discount"]["ends"] = node["discount"]["updated"] = shop.now()
    return {"codeDiscountNode": node, "userErrors": []}


MUTATIONS: dict[str, tuple[str | None, Change]] = {
    "discountCodeBasicCreate": ("write_discounts", basic_create),
    "discountCodeDelete": ("write_discounts", delete),
    "discountCodeBulkDelete": ("write_discounts", bulk_delete),
    "discountCodeDeactivate": ("write_discounts", deactivate),
}
