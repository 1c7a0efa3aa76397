"""The fields of orders, their lines and refunds, with the sums behind them. Prices contain their tax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.sandbox.cents import share
from adapters.sandbox.shopify.money import bag, money
from adapters.sandbox.shopify.projector import Arguments, Listing
from adapters.sandbox.shopify.store import Record, ShopStore

Read = Callable[[Record, ShopStore, Arguments], Any]
TAX = 20  # per cent, contained in the price


def tax_in(gross: int) -> int:
    return share(gross, TAX, 100 + TAX)


def bought(order: Record) -> int:
    """Lines after all discounts, as bought."""
    return sum(int(line["discounted"]) for line in order["lines"])


def total(order: Record) -> int:
    return bought(order) + int(order["shipping"]) + int(order["tip"])


def refunded(order: Record) -> int:
    return sum(int(refund["amount"]) for refund in order["refunds"])


def net(order: Record) -> int:
    return int(order["received"]) - refunded(order)


def current(line: Record) -> int:
    return share(line["discounted"], line["current"], line["quantity"])


def kept(order: Record) -> int:
    return sum(current(line) for line in order["lines"])


def _discount(order: Record) -> int:
    return sum(line["price"] * line["quantity"] - line["discounted"] for line in order["lines"])


def _taxes(gross: int) -> list[Record]:
    return (
        [
            {
                "title": "VAT",
                "rate": 0.2,
                "ratePercentage": 20.0,
                "priceSet": bag(tax_in(gross)),
                "channelLiable": False,
                "source": "Shopify",
            }
        ]
        if gross
        else []
    )


def _shipping(order: Record, shop: ShopStore, arguments: Arguments) -> Record | None:
    if not order["shipping"]:
        return None
    price = bag(order["shipping"])
    return {
        "id": None, "title": "Standard", "code": "Standard", "source": "shopify", "originalPriceSet": price,
        "discountedPriceSet": price,
        "currentDiscountedPriceSet": price, "taxLines": _taxes(order["shipping"]), "isRemoved": False, "custom": False,
    }  # fmt: skip


def _refund_lines(refund: Record, shop: ShopStore, arguments: Arguments) -> Listing:
    return Listing([
        {
            "id": f"gid://shopify/RefundLineItem/{refund['id'].rsplit('/', 1)[1]}{index}", "lineItem": line,
            "quantity": quantity, "restockType": "RETURN",
            "restocked": True, "location": None, "subtotalSet": bag(amount), "totalTaxSet": bag(tax_in(amount)),
            "priceSet": bag(share(amount, 1, quantity)),
        }
        for index, (line, quantity, amount) in enumerate(refund["lines"])
    ])  # fmt: skip


def _transactions(order: Record, shop: ShopStore, arguments: Arguments) -> list[Record]:
    tail = order["id"].rsplit("/", 1)[1]
    kind = "AUTHORIZATION" if order["status"] in ("AUTHORIZED", "VOIDED") else "SALE"
    rows = [
        (kind, "SUCCESS" if order["status"] != "PENDING" else "PENDING", order["received"] or total(order), order["processed"])
    ]
    rows += [("REFUND", "SUCCESS", refund["amount"], refund["created"]) for refund in order["refunds"]]
    return [
        {
            "id": f"gid://shopify/OrderTransaction/{tail}{index}", "kind": kind, "status": status, "amountSet": bag(amount),
            "createdAt": at,
            "processedAt": at, "gateway": "shopify_payments", "test": order["test"], "errorCode": None,
            "formattedGateway": "Shopify Payments",
        }
        for index, (kind, status, amount, at) in enumerate(rows)
    ]  # fmt: skip


def _given_back(refund: Record, shop: ShopStore, arguments: Arguments) -> Listing:
    rows = _transactions(refund["order"], shop, arguments)
    return Listing([each for each in rows if each["kind"] == "REFUND" and each["createdAt"] == refund["created"]])


def _allocations(line: Record, shop: ShopStore, arguments: Arguments) -> list[Record]:
    given = line["price"] * line["quantity"] - line["discounted"]
    return [{"allocatedAmountSet": bag(given)}] if given else []


def const(value: Any) -> Read:
    return lambda _record, _shop, _arguments: value


def sums(measure: Callable[[Record], int]) -> Read:
    return lambda record, _shop, _arguments: bag(measure(record))


def _legacy(record: Record, shop: ShopStore, arguments: Arguments) -> str:
    return str(record["id"].rsplit("/", 1)[1])


def _unpaid(order: Record) -> int:
    return 0 if order["cancelled"] else total(order) - int(order["received"])


ORDER: dict[str, str | Read] = {
    "id": "id", "legacyResourceId": _legacy, "name": "name", "number": "number", "email": "email", "phone": "phone",
    "processedAt": "processed",
    "createdAt": "created", "updatedAt": "updated", "cancelledAt": "cancelled", "cancelReason": "cancel_reason",
    "closedAt": const(None),
    "closed": const(False), "test": "test", "confirmed": const(True), "taxesIncluded": const(True), "currencyCode": const("GBP"),
    "presentmentCurrencyCode": const("GBP"), "displayFinancialStatus": "status", "displayFulfillmentStatus": const("FULFILLED"),
    "customer": "customer",
    "customerLocale": "locale", "customerAcceptsMarketing": "accepts", "discountCodes": "codes",
    "discountCode": lambda r, _s, _a: next(iter(r["codes"]), None),
    "sourceName": "source", "cartToken": "cart_token", "checkoutToken": "checkout_token",
    "tags": lambda r, _s, _a: list(r["tags"]), "note": const(None),
    "billingAddress": "address", "shippingAddress": "address", "displayAddress": "address",
    "fullyPaid": lambda r, _s, _a: not _unpaid(r),
    "unpaid": lambda r, _s, _a: r["received"] == 0, "edited": const(False), "returnStatus": const("NO_RETURN"),
    "refundable": const(True),
    "subtotalPriceSet": sums(bought), "totalPriceSet": sums(total), "originalTotalPriceSet": sums(total),
    "totalReceivedSet": sums(lambda r: int(r["received"])),
    "totalRefundedSet": sums(refunded), "netPaymentSet": sums(net), "totalOutstandingSet": sums(_unpaid),
    "totalDiscountsSet": sums(_discount),
    "currentTotalDiscountsSet": sums(_discount), "currentSubtotalPriceSet": sums(kept),
    "currentTotalPriceSet": sums(lambda r: total(r) - refunded(r)),
    "totalTaxSet": sums(lambda r: tax_in(bought(r)) + tax_in(r["shipping"])),
    "currentTotalTaxSet": sums(lambda r: tax_in(kept(r)) + tax_in(r["shipping"])),
    "totalShippingPriceSet": sums(lambda r: int(r["shipping"])), "currentShippingPriceSet": sums(lambda r: int(r["shipping"])),
    "totalTipReceivedSet": sums(lambda r: int(r["tip"])),
    "totalCapturableSet": sums(lambda r: _unpaid(r) if r["status"] == "AUTHORIZED" else 0),
    "totalRefundedShippingSet": sums(lambda r: sum(refund["shipping"] for refund in r["refunds"])),
    "refundDiscrepancySet": const(bag(0)),
    "taxLines": lambda r, _s, _a: _taxes(bought(r) + r["shipping"]),
    "currentTaxLines": lambda r, _s, _a: _taxes(kept(r) + r["shipping"]),
    "lineItems": lambda r, _s, _a: Listing(r["lines"]), "refunds": "refunds", "shippingLine": _shipping,
    "transactions": _transactions,
    "shippingLines": lambda r, s, a: Listing([line] if (line := _shipping(r, s, a)) else []),
    "risk": const({"recommendation": "ACCEPT", "assessments": []}),
    "subtotalLineItemsQuantity": lambda r, _s, _a: sum(line["quantity"] for line in r["lines"]),
    "currentSubtotalLineItemsQuantity": lambda r, _s, _a: sum(line["current"] for line in r["lines"]),
    "customerJourneySummary": lambda r, _s, _a: r["journey"], "paymentGatewayNames": const(["shopify_payments"]),
    "customAttributes": const([]),
    "confirmationNumber": "confirmation", "metafield": const(None), "metafields": const(Listing([])), "poNumber": const(None),
    "app": const(None),
    "statusPageUrl": const(None), "sourceIdentifier": const(None), "registeredSourceUrl": const(None), "clientIp": const(None),
    "dutiesIncluded": const(False),
}  # fmt: skip
LINE: dict[str, str | Read] = {
    "id": "id", "title": "title", "name": "title", "sku": "sku", "quantity": "quantity", "currentQuantity": "current",
    "refundableQuantity": "current",
    "unfulfilledQuantity": const(0), "nonFulfillableQuantity": const(0), "isGiftCard": "gift", "product": "product",
    "taxable": lambda r, _s, _a: not r["gift"],
    "variant": lambda r, _s, _a: r["product"]["variant"] if r["product"] else None, "variantTitle": const(None),
    "vendor": const("Comeback demo"),
    "originalUnitPriceSet": sums(lambda r: int(r["price"])), "originalTotalSet": sums(lambda r: r["price"] * r["quantity"]),
    # code discounts belong to the order: only the "after all discounts" fields show them
    "discountedUnitPriceSet": sums(lambda r: int(r["price"])), "discountedTotalSet": sums(lambda r: r["price"] * r["quantity"]),
    "discountedUnitPriceAfterAllDiscountsSet": sums(lambda r: share(r["discounted"], 1, r["quantity"])),
    "priceAfterAllDiscountsBeforeTaxesSet": sums(lambda r: current(r) - (0 if r["gift"] else tax_in(current(r)))),
    "totalDiscountSet": const(bag(0)), "taxLines": lambda r, _s, _a: [] if r["gift"] else _taxes(r["discounted"]),
    "requiresShipping": lambda r, _s, _a: not r["gift"],
    "discountAllocations": _allocations,
    "customAttributes": const([]), "image": const(None), "restockable": const(True), "merchantEditable": const(True),
}  # fmt: skip
REFUND: dict[str, str | Read] = {
    "id": "id", "legacyResourceId": _legacy, "createdAt": "created", "updatedAt": "created", "processedAt": "created",
    "note": "note", "order": "order",
    "totalRefundedSet": sums(lambda r: int(r["amount"])), "totalRefunded": lambda r, _s, _a: money(r["amount"]),
    "refundLineItems": _refund_lines,
    "refundShippingLines": const(Listing([])), "orderAdjustments": const(Listing([])),
    "transactions": _given_back,
}  # fmt: skip
TABLES = {"Order": ORDER, "LineItem": LINE, "Refund": REFUND}
