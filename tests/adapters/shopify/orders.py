"""Raw orders as Shopify would write them, for tests to bend."""

from __future__ import annotations

import json
from typing import Any

Raw = dict[str, Any]


def bag(amount: str) -> Raw:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def order(number: int = 1, *, net: str = "130.0", refunded: str = "0.0", **more: Any) -> Raw:
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "email": "ada@example.com",
        "processedAt": "2026-03-04T05:06:07Z",
        "updatedAt": "2026-03-05T00:00:00Z",
        "currencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "netPaymentSet": bag(net),
        "totalRefundedSet": bag(refunded),
    } | more


def line(
    number: int = 1, *, unit: str = "100.0", quantity: int = 1, current: int | None = None, tax: str | None = None, **more: Any
) -> Raw:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": "Mug",
        "quantity": quantity,
        "currentQuantity": quantity if current is None else current,
        "product": {"id": "gid://shopify/Product/7"},
        "discountedUnitPriceAfterAllDiscountsSet": bag(unit),
        "taxLines": [] if tax is None else [{"priceSet": bag(tax)}],
    } | more


def jsonl(*roots: tuple[Raw, list[Raw]]) -> list[bytes]:
    """Lines of a bulk file, children behind their parents."""
    lines = []
    for root, children in roots:
        lines.append(json.dumps(root, separators=(",", ":")).encode() + b"\n")
        lines += [json.dumps(each | {"__parentId": root["id"]}, separators=(",", ":")).encode() + b"\n" for each in children]
    return lines
