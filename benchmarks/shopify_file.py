"""A bulk file of Shopify orders as a shop of any size would get it: 3.5 KB an order with its lines, the same each time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

_START = datetime(2023, 1, 1, tzinfo=UTC)
_DAYS = 1_200
ORDERS_PER_CUSTOMER = 4
_GUESTS = 0.15
_REFUNDED = 0.08
_CODES = ("WELCOME10", "SUMMER", "FREESHIP", "VIP15")
_FIRST = ("Ada", "Ben", "Cleo", "Dmitri", "Elif", "Farah", "Günther", "Hana", "İpek", "Jörg")
_LAST = ("Lovelace", "Nakamura", "Öztürk", "Petrova", "Rossi", "Sørensen", "Tehrani", "Ünal", "van Dijk", "Weiß")

# The fields we ask for, and some of those that stores' own tools leave in their files.
_ORDER = (
    '{"id":"gid://shopify/Order/%(id)d","legacyResourceId":"%(id)d","name":"#%(number)d","email":%(email)s,"phone":null,'
    '"createdAt":"%(placed)s","processedAt":"%(placed)s","updatedAt":"%(updated)s","cancelledAt":null,"closedAt":"%(updated)s",'
    '"test":false,"taxesIncluded":false,"currencyCode":"EUR","presentmentCurrencyCode":"EUR","confirmed":true,'
    '"displayFinancialStatus":"%(status)s","displayFulfillmentStatus":"FULFILLED","confirmationNumber":"XK%(number)dQ",'
    '"netPaymentSet":{"shopMoney":{"amount":"%(net)s","currencyCode":"EUR"}},'
    '"totalRefundedSet":{"shopMoney":{"amount":"%(refunded)s"}},'
    '"currentTotalPriceSet":{"shopMoney":{"amount":"%(net)s"}},'
    '"totalTaxSet":{"shopMoney":{"amount":"%(tax)s"}},"currentTotalTaxSet":{"shopMoney":{"amount":"%(tax)s"}},'
    '"totalShippingPriceSet":{"shopMoney":{"amount":"4.90"}},"totalRefundedShippingSet":{"shopMoney":{"amount":"0.0"}},'
    '"discountCodes":[%(code)s],"sourceName":"web","cartToken":"c1-%(token)s","checkoutToken":"%(token)s","customerLocale":"de-DE",'
    '"customer":%(customer)s,"tags":["imported","newsletter"],"note":"Please leave the parcel with the neighbours, thank you.",'
    '"billingAddress":%(address)s,"shippingAddress":%(address)s,'
    '"clientIp":"203.0.113.%(octet)d","customAttributes":[{"key":"gift_note","value":"Happy birthday to you and all the best"},'
    '{"key":"utm_source","value":"newsletter"},{"key":"utm_campaign","value":"spring-collection-second-wave"}],'
    '"paymentGatewayNames":["shopify_payments"],"registeredSourceUrl":null,"statusPageUrl":'
    '"https://comeback-demo.example/6500%(number)d/orders/%(token)s/authenticate?key=%(token)s","refunds":[%(refunds)s]}\n'
)
_ADDRESS = (
    '{"firstName":"%s","lastName":"%s","company":null,"address1":"Lindenstra\u00dfe %d","address2":"Hinterhaus, 3. Stock links",'
    '"city":"Berlin","zip":"%05d","provinceCode":"BE","countryCodeV2":"DE","phone":"+49301%06d"}'
)
_LINE = (
    '{"id":"gid://shopify/LineItem/%(id)d","title":"%(title)s","name":"%(title)s - Medium / Blue","quantity":%(quantity)d,'
    '"currentQuantity":%(current)d,"sku":"SKU-%(product)05d","vendor":"Comeback Demo","isGiftCard":false,"requiresShipping":true,'
    '"product":{"id":"gid://shopify/Product/%(product)d"},"variant":{"id":"gid://shopify/ProductVariant/%(variant)d"},'
    '"originalUnitPriceSet":{"shopMoney":{"amount":"%(price)s","currencyCode":"EUR"}},'
    '"discountedUnitPriceAfterAllDiscountsSet":{"shopMoney":{"amount":"%(price)s"}},'
    '"taxLines":[{"title":"MwSt","rate":0.19,"priceSet":{"shopMoney":{"amount":"%(tax)s"}}}],'
    '"__parentId":"gid://shopify/Order/%(order)d"}\n'
)


def write(path: Path, orders: int) -> None:
    """``orders`` groups of an order and its lines, about two lines each; three out of four people come back."""
    chance = random.Random(orders)  # noqa: S311 - made-up shoppers
    people = max(1, orders // ORDERS_PER_CUSTOMER)
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        for number in range(orders):
            file.write(_group(chance, number, people))


def _group(chance: random.Random, number: int, people: int) -> str:
    order = 5_400_000_000_000 + number
    person = min(chance.randrange(people), chance.randrange(people))
    placed = _START + timedelta(seconds=number * _DAYS * 86_400 // 100_003 % (_DAYS * 86_400) + chance.randrange(86_400))
    first, last = _FIRST[person % 10], _LAST[person // 10 % 10]
    lines = []
    goods = tax = 0
    for index in range(chance.choices((1, 2, 3, 4), (40, 30, 20, 10))[0]):
        product, quantity, cents = chance.randrange(2_000), chance.choice((1, 1, 1, 2, 3)), chance.randrange(300, 9_000)
        line_tax = cents * quantity * 19 // 100
        goods, tax = goods + cents * quantity, tax + line_tax
        lines.append(
            {
                "id": order * 8 + index,
                "order": order,
                "title": f"Linen shirt number {product}",
                "quantity": quantity,
                "current": quantity,
                "product": product,
                "variant": 40_000 + product,
                "price": _money(cents),
                "tax": _money(line_tax),
            }
        )
    received = goods + tax + 490
    refunded = 0
    if chance.random() < _REFUNDED:
        refunded = goods + tax if chance.random() < 0.3 else min(goods, 1_000)
        if refunded == goods + tax:
            for line in lines:
                line["current"] = 0
    address = _ADDRESS % (first, last, 1 + person % 180, 10_000 + person % 4_000, person % 1_000_000)
    text = _ORDER % {
        "id": order,
        "number": number,
        "placed": _moment(placed),
        "updated": _moment(placed + timedelta(days=3)),
        "email": f'"shopper{person}@example.com"',
        "customer": "null" if person % 100 < _GUESTS * 100 else f'{{"id":"gid://shopify/Customer/{6_000_000_000_000 + person}"}}',
        "status": "PAID" if not refunded else "PARTIALLY_REFUNDED",
        "net": _money(received - refunded),
        "refunded": _money(refunded),
        "tax": _money(tax),
        "address": address,
        "code": f'"{chance.choice(_CODES)}"' if chance.random() < 0.2 else "",
        "token": f"{chance.getrandbits(128):032x}",
        "octet": number % 250,
        "refunds": _refund(order, placed, refunded) if refunded else "",
    }
    return text + "".join([_LINE % line for line in lines])


def _refund(order: int, placed: datetime, cents: int) -> str:
    moment = _moment(placed + timedelta(days=3))
    return (
        f'{{"id":"gid://shopify/Refund/{order}","createdAt":"{moment}",'
        f'"totalRefundedSet":{{"shopMoney":{{"amount":"{_money(cents)}"}}}}}}'
    )


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
