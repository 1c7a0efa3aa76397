"""Bodies of the Shopify twin's webhooks, in the shapes of the old REST resources: what they carry and what they have lost."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.cents import text
from adapters.sandbox.shopify import order_fields
from adapters.sandbox.shopify.store import Record, ShopStore


def number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[1])


def customer(shop: ShopStore, held: Record) -> Record:
    """Tags, consent, language and sums are not in it any more."""
    return {
        "id": number(held["id"]), "admin_graphql_api_id": held["id"], "email": held["email"], "first_name": held["first"],
        "last_name": held["last"], "phone": held["phone"], "currency": shop.currency, "created_at": held["created"],
        "updated_at": held["updated"], "state": held["state"].lower(), "note": held["note"], "verified_email": True,
        "multipass_identifier": None, "tax_exempt": False, "tax_exemptions": [], "addresses": [_address(held["address"])],
        "default_address": _address(held["address"]),
    }  # fmt: skip


def order(shop: ShopStore, held: Record) -> Record:
    """No net payment, no price of a piece after all discounts, no id of the checkout."""
    total, back = order_fields.total(held), order_fields.refunded(held)
    tax = order_fields.tax_in(order_fields.bought(held)) + order_fields.tax_in(held["shipping"])
    tax_now = order_fields.tax_in(order_fields.kept(held)) + order_fields.tax_in(held["shipping"])
    given = sum(line["price"] * line["quantity"] - line["discounted"] for line in held["lines"])
    return {
        "id": number(held["id"]), "admin_graphql_api_id": held["id"], "name": held["name"], "number": held["number"],
        "order_number": held["number"], "email": held["email"], "contact_email": held["email"], "phone": held["phone"],
        "created_at": held["created"], "updated_at": held["updated"], "processed_at": held["processed"], "closed_at": None,
        "cancelled_at": held["cancelled"], "cancel_reason": held["cancel_reason"] and held["cancel_reason"].lower(),
        "test": held["test"], "confirmed": True, "currency": shop.currency, "presentment_currency": shop.currency,
        "financial_status": held["status"].lower(), "fulfillment_status": "fulfilled", "taxes_included": True,
        "total_price": text(total), "total_price_set": _bag(shop, total), "current_total_price": text(total - back),
        "current_total_price_set": _bag(shop, total - back), "total_outstanding": text(_outstanding(held)),
        "subtotal_price_set": _bag(shop, order_fields.bought(held)), "total_tax": text(tax), "total_tax_set": _bag(shop, tax),
        "current_total_tax_set": _bag(shop, tax_now), "total_discounts": text(given), "total_tip_received": text(held["tip"]),
        "total_shipping_price_set": _bag(shop, held["shipping"]), "tags": ", ".join(held["tags"]), "note_attributes": [],
        "discount_codes": [{"code": code, "amount": text(given), "type": "percentage"} for code in held["codes"]],
        "source_name": held["source"], "cart_token": held["cart_token"], "checkout_token": held["checkout_token"],
        "customer_locale": held["locale"], "buyer_accepts_marketing": held["accepts"],
        "customer": customer(shop, held["customer"]) if held["customer"] else None,
        "billing_address": _address(held["address"]), "shipping_address": _address(held["address"]),
        "line_items": [_line(shop, line) for line in held["lines"]],
        "refunds": [refund(shop, held, each) for each in held["refunds"]], "shipping_lines": [],
    }  # fmt: skip


def refund(shop: ShopStore, held: Record, made: Record) -> Record:
    adjustments = []
    if made["shipping"]:
        adjustments.append({"kind": "shipping_refund", "amount": text(-made["shipping"]), "tax_amount": "0.00"})
    unnamed = made["amount"] - made["shipping"] - sum(amount for _, _, amount in made["lines"])
    if unnamed:
        adjustments.append({"kind": "refund_discrepancy", "amount": text(unnamed), "tax_amount": "0.00"})
    return {
        "id": number(made["id"]), "admin_graphql_api_id": made["id"], "order_id": number(held["id"]),
        "created_at": made["created"], "processed_at": made["created"], "note": made["note"], "restock": bool(made["lines"]),
        "order_adjustments": adjustments,
        "refund_line_items": [
            {
                "line_item_id": number(line["id"]), "quantity": quantity, "subtotal_set": _bag(shop, amount),
                "total_tax_set": _bag(shop, order_fields.tax_in(amount)), "restock_type": "return",
            }
            for line, quantity, amount in made["lines"]
        ],
        "transactions": [
            {
                "id": number(made["id"]) + 1, "kind": "refund", "status": "success", "amount": text(made["amount"]),
                "currency": shop.currency, "gateway": "shopify_payments",
            }
        ],
    }  # fmt: skip


def _line(shop: ShopStore, line: Record) -> Record:
    given = line["price"] * line["quantity"] - line["discounted"]
    product: Record | None = line["product"]
    taxes = [] if line["gift"] or not line["discounted"] else [_tax(shop, order_fields.tax_in(line["discounted"]))]
    return {
        "id": number(line["id"]), "admin_graphql_api_id": line["id"], "title": line["title"], "name": line["title"],
        "sku": line["sku"], "quantity": line["quantity"], "current_quantity": line["current"], "gift_card": line["gift"],
        "product_id": number(product["id"]) if product else None,
        "variant_id": number(product["variant"]["id"]) if product else None, "price": text(line["price"]),
        "price_set": _bag(shop, line["price"]), "total_discount": "0.00", "taxable": not line["gift"], "tax_lines": taxes,
        "discount_allocations": [
            {"amount": text(given), "amount_set": _bag(shop, given), "discount_application_index": 0}
        ] if given else [],
    }  # fmt: skip


def _tax(shop: ShopStore, amount: int) -> Record:
    return {"title": "VAT", "rate": 0.2, "price": text(amount), "price_set": _bag(shop, amount), "channel_liable": False}


def _outstanding(held: Record) -> int:
    return 0 if held["cancelled"] else order_fields.total(held) - int(held["received"])


def _bag(shop: ShopStore, pence: int) -> Record:
    money = {"amount": text(pence), "currency_code": shop.currency}
    return {"shop_money": money, "presentment_money": money}


def _address(address: Record | None) -> Record | None:
    if address is None:
        return None
    held: dict[str, Any] = {"first_name": address["first"], "last_name": address["last"], "address1": address["street"]}
    return held | {"city": address["city"], "zip": address["postcode"], "country_code": address["country"]}
