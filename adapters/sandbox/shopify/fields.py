"""Which field of which type is read from where: the twin's whole vocabulary, one row a field."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from adapters.sandbox.cents import text
from adapters.sandbox.shopify import order_fields
from adapters.sandbox.shopify.money import bag, money
from adapters.sandbox.shopify.projector import Arguments, Fields, Listing
from adapters.sandbox.shopify.store import SCOPES, VERSION, Record, ShopStore

Read = Callable[[Record, ShopStore, Arguments], Any]
APP_SCOPE_TEXT = "Granted when the app was installed"


def number(gid: str) -> str:
    return gid.rsplit("/", 1)[1]


def by(key: str) -> Callable[[Record], tuple[str, str]]:
    """A record's place when listed by ``key``."""
    return lambda record: (str(record[key] or ""), record["id"])


def by_id(record: Record) -> tuple[str, str]:
    return ("", record["id"])


def _namespace(shop: ShopStore, given: str | None) -> str:
    if given is None or given == "$app":
        return shop.namespace
    return f"{shop.namespace}--{given[5:]}" if given.startswith("$app:") else given


def metafield(owner: Record, shop: ShopStore, arguments: Arguments) -> Record | None:
    held: Record | None = owner["metafields"].get((_namespace(shop, arguments.get("namespace")), arguments["key"]))
    return held


def metafields(owner: Record, shop: ShopStore, arguments: Arguments) -> Listing:
    wanted = arguments.get("namespace")
    namespace = _namespace(shop, wanted) if wanted else None
    keys = {f"{_namespace(shop, each.rpartition('.')[0])}.{each.rpartition('.')[2]}" for each in arguments.get("keys") or []}
    held = [
        each for (space, key), each in owner["metafields"].items()
        if (namespace is None or space == namespace) and (not keys or f"{space}.{key}" in keys)
    ]  # fmt: skip
    return Listing(held)


def digest(value: str) -> str:
    return sha256(value.encode()).hexdigest()


@lru_cache(maxsize=4096)
def _unsubscribe(email: str) -> str:
    return f"https://shop.example/account/unsubscribe/{digest(email)[:16]}"


def _email(customer: Record, shop: ShopStore, arguments: Arguments) -> Record | None:
    return customer if customer["email"] else None


def _phone(customer: Record, shop: ShopStore, arguments: Arguments) -> Record | None:
    return customer if customer["phone"] else None


def _orders(customer: Record, shop: ShopStore, arguments: Arguments) -> Listing:
    return Listing(shop.orders_of.get(customer["id"], []), by("processed"))


def _spent(customer: Record, shop: ShopStore, arguments: Arguments) -> Record:
    return money(sum(order_fields.net(order) for order in shop.orders_of.get(customer["id"], [])))


def _last_order(customer: Record, shop: ShopStore, arguments: Arguments) -> Record | None:
    return max(shop.orders_of.get(customer["id"], []), key=lambda order: str(order["processed"]), default=None)


def _scopes(record: Record, shop: ShopStore, arguments: Arguments) -> list[Record]:
    return [{"handle": scope, "description": APP_SCOPE_TEXT} for scope in shop.tokens.get(record["token"], SCOPES)]


def _name(record: Record, shop: ShopStore, arguments: Arguments) -> str:
    return f"{record['first'] or ''} {record['last'] or ''}".strip() or record.get("email") or ""


def _legacy(record: Record, shop: ShopStore, arguments: Arguments) -> str:
    return number(record["id"])


def _domain(record: Record, shop: ShopStore, arguments: Arguments) -> Record:
    return {
        "id": "gid://shopify/Domain/1",
        "host": shop.domain,
        "url": f"https://{shop.domain}",
        "sslEnabled": True,
        "localization": None,
    }


def _app(record: Record, shop: ShopStore, arguments: Arguments) -> Record:
    app = f"gid://shopify/App/{shop.app_id}"
    return {"id": app, "title": "Comeback", "apiKey": shop.client_id, "handle": "comeback", "webhookApiVersion": VERSION}


def _collections(product: Record, shop: ShopStore, arguments: Arguments) -> Listing:
    return Listing([{"__typename": "Collection", "id": f"gid://shopify/Collection/{product['type']}", "title": product["type"]}])


def const(value: Any) -> Read:
    return lambda _record, _shop, _arguments: value


ADDRESS: dict[str, str | Read] = {
    "id": "id", "address1": "street", "city": "city", "zip": "postcode", "countryCodeV2": "country", "country": "country",
    "phone": "phone",
    "firstName": "first", "lastName": "last", "name": _name, "address2": const(None), "company": const(None),
    "province": const(None),
    "provinceCode": const(None),
}  # fmt: skip
EMAIL_ADDRESS: dict[str, str | Read] = {
    "emailAddress": "email", "marketingState": "marketing_state", "marketingOptInLevel": "marketing_level",
    "marketingUpdatedAt": "marketing_at",
    "marketingUnsubscribeUrl": lambda r, _s, _a: _unsubscribe(r["email"]), "validFormat": const(True),
    "sourceLocation": const(None),
}  # fmt: skip
CUSTOMER: dict[str, str | Read] = {
    "id": "id", "legacyResourceId": _legacy, "firstName": "first", "lastName": "last", "displayName": _name, "email": "email",
    "phone": "phone",
    "locale": "locale", "state": "state", "tags": lambda r, _s, _a: list(r["tags"]), "note": "note", "createdAt": "created",
    "updatedAt": "updated",
    "verifiedEmail": const(True), "dataSaleOptOut": const(False), "productSubscriberStatus": const("NEVER_SUBSCRIBED"),
    "taxExempt": const(False),
    "defaultEmailAddress": _email, "defaultPhoneNumber": _phone, "defaultAddress": "address", "metafield": metafield,
    "metafields": metafields,
    "numberOfOrders": lambda r, s, _a: str(len(s.orders_of.get(r["id"], []))), "amountSpent": _spent, "orders": _orders,
    "lastOrder": _last_order,
    "statistics": lambda r, _s, _a: {"rfmGroup": r["rfm"], "predictedSpendTier": None}, "canDelete": const(False),
    "mergeable": const({"isMergeable": True, "errorFields": [], "reason": None, "mergeInProgress": None}),
    "multipassIdentifier": const(None),
    "lifetimeDuration": const("about 1 year"), "addressesV2": lambda r, _s, _a: Listing([r["address"]] if r["address"] else []),
}  # fmt: skip
SMS: dict[str, str | Read] = {
    "state": "sms_state", "optInLevel": const("SINGLE_OPT_IN"), "updatedAt": "sms_at", "collectedFrom": const("SHOPIFY"),
    "sourceLocation": const(None),
}  # fmt: skip
PHONE: dict[str, str | Read] = {"phoneNumber": "phone", "smsMarketingConsent": lambda r, _s, _a: r}
PRODUCT: dict[str, str | Read] = {
    "id": "id", "legacyResourceId": _legacy, "title": "title", "handle": "handle", "status": "status", "productType": "type",
    "vendor": const("Comeback demo"),
    "tags": const([]), "createdAt": "created", "updatedAt": "updated", "isGiftCard": "gift", "description": const(""),
    "onlineStoreUrl": "url",
    "totalInventory": const(100), "variants": lambda r, _s, _a: Listing([r["variant"]]), "featuredMedia": const(None),
    "category": const(None),
    "collections": _collections,
    "priceRangeV2": lambda r, _s, _a: {"minVariantPrice": money(r["pence"]), "maxVariantPrice": money(r["pence"])},
    "metafield": const(None), "metafields": const(Listing([])), "publishedAt": "created", "featuredImage": const(None),
}  # fmt: skip
VARIANT: dict[str, str | Read] = {
    "id": "id", "legacyResourceId": _legacy, "sku": "sku", "title": const("Default Title"), "displayName": "title",
    "price": lambda r, _s, _a: text(r["pence"]),
    "product": "product", "createdAt": "created", "updatedAt": "created", "inventoryQuantity": const(100), "barcode": const(None),
    "compareAtPrice": const(None), "availableForSale": const(True), "position": const(1), "taxable": const(True),
}  # fmt: skip
CHECKOUT: dict[str, str | Read] = {
    "id": "id", "name": "name", "abandonedCheckoutUrl": "url", "createdAt": "created", "updatedAt": "updated",
    "completedAt": "completed",
    "customer": "customer", "discountCodes": const([]), "taxesIncluded": const(True), "note": const(""),
    "customAttributes": const([]),
    "totalPriceSet": lambda r, _s, _a: bag(_basket(r)), "subtotalPriceSet": lambda r, _s, _a: bag(_basket(r)),
    "totalDiscountSet": const(bag(0)),
    "totalLineItemsPriceSet": lambda r, _s, _a: bag(_basket(r)),
    "totalTaxSet": lambda r, _s, _a: bag(order_fields.tax_in(_basket(r))),
    "lineItems": lambda r, _s, _a: Listing(r["lines"]), "shippingAddress": lambda r, _s, _a: r["customer"]["address"],
    "billingAddress": lambda r, _s, _a: r["customer"]["address"], "totalDutiesSet": const(None), "defaultCursor": "id",
}  # fmt: skip
ABANDONMENT: dict[str, str | Read] = {
    "id": lambda r, _s, _a: r["id"].replace("AbandonedCheckout", "Abandonment"),
    "emailState": "email_state", "createdAt": "created",
    "abandonedCheckoutPayload": lambda r, _s, _a: r, "abandonmentType": const("CHECKOUT"), "mostRecentStep": const("CHECKOUT"),
    "customer": "customer", "emailSentAt": lambda r, _s, _a: r["created"] if r["email_state"] == "SENT" else None,
    "customerHasNoOrderSinceAbandonment": lambda r, s, _a: not any(
        order["processed"] > r["created"] for order in s.orders_of.get(r["customer"]["id"], [])
    ),
}  # fmt: skip
CHECKOUT_LINE: dict[str, str | Read] = {
    "id": "id", "title": "title", "quantity": "quantity", "sku": "sku", "product": "product",
    "variant": lambda r, _s, _a: r["product"]["variant"],
    "variantTitle": const(None), "image": const(None), "originalUnitPriceSet": lambda r, _s, _a: bag(r["pence"]),
    "originalTotalPriceSet": lambda r, _s, _a: bag(r["pence"] * r["quantity"]),
    "discountedTotalPriceSet": lambda r, _s, _a: bag(r["pence"] * r["quantity"]),
    "discountedUnitPriceSet": lambda r, _s, _a: bag(r["pence"]), "customAttributes": const([]),
}  # fmt: skip
METAFIELD: dict[str, str | Read] = {
    "id": "id", "namespace": "namespace", "key": "key", "type": "type", "value": "value", "createdAt": "created",
    "updatedAt": "updated",
    "compareDigest": lambda r, _s, _a: digest(r["value"]), "ownerType": "owner_type", "jsonValue": lambda r, _s, _a: r["json"],
    "legacyResourceId": _legacy, "description": const(None), "definition": const(None),
}  # fmt: skip
SHOP: dict[str, str | Read] = {
    "id": const("gid://shopify/Shop/61234567"), "name": lambda _r, s, _a: s.name, "email": const("owner@shop.example"),
    "contactEmail": const("hello@shop.example"),
    "currencyCode": lambda _r, s, _a: s.currency, "ianaTimezone": lambda _r, s, _a: s.zone_name,
    "myshopifyDomain": lambda _r, s, _a: s.domain,
    "primaryDomain": _domain,
    "url": lambda _r, s, _a: f"https://{s.domain}", "taxesIncluded": const(True), "taxShipping": const(True),
    "setupRequired": const(False),
    "plan": const({"displayName": "Basic", "publicDisplayName": "Basic", "partnerDevelopment": False, "shopifyPlus": False}),
    "enabledPresentmentCurrencies": lambda _r, s, _a: [s.currency], "timezoneAbbreviation": const("GMT"),
    "timezoneOffset": const("+0000"),
    "timezoneOffsetMinutes": const(0), "shopOwnerName": const("Demo Owner"), "weightUnit": const("KILOGRAMS"),
    "unitSystem": const("METRIC_SYSTEM"),
    "createdAt": const("2020-01-01T00:00:00Z"), "updatedAt": const("2026-01-01T00:00:00Z"), "description": const(None),
    "shopAddress": const({"countryCodeV2": "GB", "city": "London", "zip": "N1 1AA", "country": "United Kingdom"}),
    "metafields": const(Listing([])),
    "billingAddress": const({"countryCodeV2": "GB", "city": "London", "zip": "N1 1AA", "country": "United Kingdom"}),
}  # fmt: skip
OPERATION: dict[str, str | Read] = {
    "id": "id", "status": "status", "errorCode": "error", "createdAt": "created", "completedAt": "completed",
    "objectCount": lambda r, _s, _a: str(r["objects"]),
    "rootObjectCount": lambda r, _s, _a: str(r["roots"]),
    "fileSize": lambda r, _s, _a: None if r["size"] is None else str(r["size"]), "url": "url",
    "partialDataUrl": "partial", "query": "query", "type": "type",
}  # fmt: skip
DISCOUNT: dict[str, str | Read] = {
    "title": "title", "status": "status", "startsAt": "starts", "endsAt": "ends", "usageLimit": "usage_limit",
    "appliesOncePerCustomer": "once",
    "asyncUsageCount": "used", "createdAt": "created", "updatedAt": "updated", "tags": "tags", "summary": "summary",
    "shortSummary": "summary",
    "codes": lambda r, _s, _a: Listing([{"id": r["code_id"], "code": r["code"], "asyncUsageCount": r["used"]}]),
    "context": "context",
    "codesCount": const({"count": 1, "precision": "EXACT"}), "customerGets": "gets", "minimumRequirement": "minimum",
    "recurringCycleLimit": const(None),
    "combinesWith": "combines", "discountClasses": const(["ORDER"]), "hasTimelineComment": const(False),
    "totalSales": const(None),
}  # fmt: skip
INSTALLATION: dict[str, str | Read] = {
    "id": const("gid://shopify/AppInstallation/1"),
    "accessScopes": _scopes,
    "launchUrl": const("https://app.example/"),
    "metafields": const(Listing([])),
    "app": _app,
}
FIELDS: Fields = {
    "Customer": CUSTOMER, "CustomerEmailAddress": EMAIL_ADDRESS, "CustomerSmsMarketingConsent": SMS, "MailingAddress": ADDRESS,
    "Product": PRODUCT,
    "CustomerPhoneNumber": PHONE, "ProductVariant": VARIANT,
    "AbandonedCheckout": CHECKOUT,
    "AbandonedCheckoutLineItem": CHECKOUT_LINE, "Abandonment": ABANDONMENT, "Metafield": METAFIELD, "Shop": SHOP,
    "BulkOperation": OPERATION,
    "DiscountCodeBasic": DISCOUNT,
    "DiscountCodeNode": {"id": "id", "codeDiscount": "discount", "metafield": metafield, "metafields": metafields},
    "DiscountNode": {
        "id": lambda r, _s, _a: r["id"].replace("CodeNode", "Node"), "discount": "discount", "metafield": metafield,
        "metafields": metafields,
    },
    "AppInstallation": INSTALLATION,
    **order_fields.TABLES,
}  # fmt: skip


def _basket(checkout: Record) -> int:
    return sum(int(line["pence"]) * int(line["quantity"]) for line in checkout["lines"])
