"""Fills a shop of the Shopify twin from the history: customers, products, orders in every financial status, refunds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from adapters.sandbox.cases import COMPLETED, OPEN, LeftBehind, left_behind
from adapters.sandbox.cents import share
from adapters.sandbox.draw import draw, pick, token, weighted
from adapters.sandbox.history import History, Purchase, Return
from adapters.sandbox.people import Person
from adapters.sandbox.shopify import order_fields
from adapters.sandbox.shopify.store import Record, ShopStore, iso
from adapters.sandbox.split import SHOPIFY, consent, discount_code, newcomers, purchases_in

STATES = {
    "subscribed": "SUBSCRIBED",
    "unsubscribed": "UNSUBSCRIBED",
    "pending": "PENDING",
    "none": "NOT_SUBSCRIBED",
    "invalid": "INVALID",
}
# "cbd-oil" begins almost like a tag of ours, and is the merchant's
MERCHANT_TAGS = (("VIP",), ("wholesale", "net-30"), ("cbd-oil",), ("newsletter", "Müşteri"), ("VIP", "cb-friend"))
KINDS = (
    ("Christmas", "Christmas"),
    ("Bag", "Bags"),
    ("Mug", "Kitchen"),
    ("Cake", "Kitchen"),
    ("Light", "Lights"),
    ("Garden", "Garden"),
)
RFM = ("CHAMPIONS", "LOYAL", "ACTIVE", "NEW", "PROMISING", "NEEDS_ATTENTION", "AT_RISK", "ALMOST_LOST", "DORMANT")


def fill(shop: ShopStore, past: History) -> None:
    purchases = purchases_in(SHOPIFY, past, shop.seed)
    products = _products(shop, past, purchases)
    customers: dict[int, Record] = {}
    for purchase in purchases:
        each = purchase.person
        if each and each.number not in customers:
            customers[each.number] = add_customer(shop, each, purchase.at - timedelta(minutes=5))
    for each in newcomers(shop.seed, len(past.people), SHOPIFY):
        add_customer(shop, each, shop.clock.start - timedelta(days=20 + 300 * draw(shop.seed, "joined", each.number)))
    shop.customers_of_person = {number: record["id"] for number, record in customers.items()}
    shop.products_of_article = products
    for purchase in purchases:
        customer = customers[purchase.person.number] if purchase.person else None
        add_order(shop, purchase, customer, products)
    for case in left_behind(past, SHOPIFY, shop.seed, shop.clock.start):
        _checkout(shop, case, customers[case.person.number], products)
        if case.outcome != OPEN:
            add_order(shop, case.order(), customers[case.person.number], products, "PAID")


def _checkout(shop: ShopStore, case: LeftBehind, customer: Record, products: dict[int, Record]) -> None:
    gid = shop.gid("AbandonedCheckout", 36_000_000_000_000)
    completed = iso(case.at + timedelta(minutes=10)) if case.outcome == COMPLETED else None
    lines = [
        {
            "__typename": "AbandonedCheckoutLineItem", "id": shop.gid("AbandonedCheckoutLineItem"),
            "title": products[line.article]["title"],
            "quantity": line.quantity, "sku": products[line.article]["variant"]["sku"], "product": products[line.article],
            "pence": line.pence,
        }
        for line in case.lines
    ]  # fmt: skip
    shop.checkouts[gid] = {
        "__typename": "AbandonedCheckout", "id": gid, "name": f"#{gid.rsplit('/', 1)[1]}", "customer": customer, "lines": lines,
        "url": f"https://{shop.domain}/checkouts/ac/{token(24, shop.seed, 'recover', case.number)}/recover",
        "created": iso(case.at),
        "updated": completed or iso(case.at), "completed": completed,
        # a shop may send reminders of its own
        "email_state": "SENT" if shop.clock.start - case.at > timedelta(days=4) and len(shop.checkouts) % 2 else "NOT_SENT",
    }  # fmt: skip


def _products(shop: ShopStore, past: History, purchases: list[Purchase]) -> dict[int, Record]:
    made: dict[int, Record] = {}
    created = iso(shop.clock.start - timedelta(days=800))
    for index in sorted({line.article for purchase in purchases for line in purchase.lines}):
        article = past.articles[index]
        handle = "-".join("".join(c if c.isalnum() else " " for c in article.title.lower()).split())
        record: Record = {
            "__typename": "Product", "id": shop.gid("Product"), "title": article.title, "handle": handle, "status": "ACTIVE",
            "created": created,
            "updated": created, "gift": article.gift_card, "pence": article.pence,
            "type": next((kind for word, kind in KINDS if word in article.title), "Gifts"),
            "url": f"https://{shop.domain}/products/{handle}",
        }  # fmt: skip
        record["variant"] = {
            "__typename": "ProductVariant", "id": shop.gid("ProductVariant"), "sku": article.code, "title": article.title,
            "pence": article.pence,
            "product": record, "created": created,
        }  # fmt: skip
        made[index] = shop.products[record["id"]] = record
    return made


def add_customer(shop: ShopStore, each: Person, since: datetime) -> Record:
    seed, key = shop.seed, each.number
    given = consent(seed, each, SHOPIFY, since, shop.clock.start)
    nameless, with_phone = draw(seed, "shopify name", key) < 0.02, draw(seed, "phone", key) < 0.5
    email = None if draw(seed, "shopify mail", key) < 0.04 and with_phone else each.email
    gid = shop.gid("Customer")
    first, last = (None, None) if nameless else (each.first, each.last)
    address = {
        "__typename": "MailingAddress", "id": gid.replace("Customer", "MailingAddress"), "first": first, "last": last,
        "street": each.street, "city": each.city,
        "postcode": each.postcode, "country": each.country, "phone": each.phone if with_phone else None,
    }  # fmt: skip
    tags = list(pick(MERCHANT_TAGS, seed, "tags", key)) if draw(seed, "tagged", key) < 0.25 else []
    record: Record = {
        "__typename": "Customer", "id": gid, "first": first, "last": last, "email": email,
        "phone": each.phone if with_phone else None,
        "locale": each.locale, "state": "ENABLED" if draw(seed, "enabled", key) < 0.4 else "DISABLED", "tags": tags, "note": None,
        "created": iso(since), "updated": iso(since), "marketing_state": STATES[given.state], "marketing_at": iso(given.at),
        "marketing_level": "CONFIRMED_OPT_IN" if given.state == "subscribed" else None, "address": address, "metafields": {},
        "sms_state": weighted((("SUBSCRIBED", 0.2), ("UNSUBSCRIBED", 0.05), ("NOT_SUBSCRIBED", 0.75)), seed, "sms", key),
        "sms_at": None,
        "rfm": pick(RFM, seed, "rfm", key),
    }  # fmt: skip
    if draw(seed, "birthday", key) < 0.15:
        born = f"19{60 + key % 39}-{1 + key % 12:02d}-{1 + key % 28:02d}"
        put_metafield(shop, record, "facts", "birth_date", "date", born, since)
    shop.customers[gid] = record
    return record


def put_metafield(shop: ShopStore, owner: Record, namespace: str, key: str, kind: str, value: str, at: datetime) -> Record:
    held: Record | None = owner["metafields"].get((namespace, key))
    moment = iso(at)
    made = {
        "__typename": "Metafield", "id": held["id"] if held else shop.gid("Metafield"), "namespace": namespace, "key": key,
        "type": kind, "value": value,
        "created": held["created"] if held else moment, "updated": moment, "owner_type": "CUSTOMER", "json": value,
    }  # fmt: skip
    owner["metafields"][namespace, key] = made
    return made


def add_order(
    shop: ShopStore, purchase: Purchase, customer: Record | None, products: dict[int, Record], status: str = ""
) -> Record:
    seed, key = shop.seed, purchase.number
    gid = shop.gid("Order", 9_100_000_000_000_000)
    code = discount_code(seed, purchase)
    lines = [_line(shop, products[line.article], line.quantity, line.pence, code[1] if code else 0) for line in purchase.lines]
    number = 1000 + len(shop.orders) + 1
    plain = bool(status)
    status = status or _status(seed, purchase)
    updated = min(
        purchase.at + timedelta(hours=1 + 70 * draw(seed, "shopify updated", key)), shop.clock.start - timedelta(seconds=30)
    )
    email = customer["email"] if customer else None
    if customer is None and draw(seed, "mail only", key) < 0.3:
        email = f"guest.{key}@guests.example"
    made: Record = {
        "__typename": "Order", "id": gid, "name": f"#{number}", "number": number, "email": email, "phone": None,
        "processed": iso(purchase.at),
        "created": iso(purchase.at), "updated": iso(max(updated, purchase.at)), "cancelled": None, "cancel_reason": None,
        "test": not plain and not purchase.returns and draw(seed, "test", key) < 0.008, "status": status, "customer": customer,
        "locale": customer["locale"] if customer else None,
        "accepts": bool(customer and customer["marketing_state"] == "SUBSCRIBED"), "codes": [code[0]] if code else [],
        "lines": lines,
        "source": "web" if customer else "pos", "cart_token": token(32, seed, "cart", key),
        "checkout_token": token(32, seed, "checkout", key), "tags": [],
        "shipping": purchase.shipping, "tip": 200 if draw(seed, "tip", key) < 0.01 else 0, "refunds": [],
        "address": customer["address"] if customer else None,
        "received": 0,
        "journey": {"ready": True, "customerOrderIndex": None, "daysToConversion": None, "firstVisit": None, "lastVisit": None},
        "confirmation": token(9, seed, "confirmation", key).upper(),
    }  # fmt: skip
    due = order_fields.total(made)
    made["received"] = due if status == "PAID" else due // 2 if status == "PARTIALLY_PAID" else 0
    if status == "VOIDED" or (status == "PAID" and not plain and not purchase.returns and draw(seed, "cancelled", key) < 0.008):
        made["cancelled"], made["cancel_reason"] = (
            iso(purchase.at + timedelta(hours=3)),
            pick(("CUSTOMER", "FRAUD", "INVENTORY"), seed, "why", key),
        )
    shop.orders[gid] = made
    if customer:
        shop.orders_of[customer["id"]].append(made)
        customer["updated"] = max(str(customer["updated"]), iso(purchase.at) or "")
    if status in ("PAID", "PARTIALLY_PAID"):
        for back in purchase.returns:
            _refund(shop, made, back)
    return made


def _status(seed: int, purchase: Purchase) -> str:
    if purchase.returns:
        return "PAID"
    return weighted(
        (("AUTHORIZED", 0.008), ("VOIDED", 0.012), ("PENDING", 0.012), ("PARTIALLY_PAID", 0.006), ("PAID", 1.0)),
        seed,
        "financial",
        purchase.number,
    )


def _line(shop: ShopStore, product: Record, quantity: int, pence: int, percent: int) -> Record:
    gross = pence * quantity
    return {
        "__typename": "LineItem", "id": shop.gid("LineItem", 14_000_000_000_000), "title": product["title"],
        "sku": product["variant"]["sku"],
        "product": product, "quantity": quantity, "current": quantity, "price": pence,
        "discounted": gross - share(gross, percent, 100),
        "gift": product["gift"],
    }  # fmt: skip


def _refund(shop: ShopStore, order: Record, back: Return) -> None:
    pieces = [(order["lines"][position], quantity) for position, quantity in back.pieces]
    left = order_fields.net(order)
    named = sum(share(line["discounted"], quantity, line["quantity"]) for line, quantity in pieces)
    amount = left if back.everything else named or back.pence
    if min(amount, left) > 0:
        add_refund(shop, order, min(amount, left), back.at, pieces)


def add_refund(
    shop: ShopStore, order: Record, amount: int, at: datetime, pieces: list[tuple[Record, int]], note: str = ""
) -> Record:
    """Also moves the order's updatedAt and its financial status."""
    named: list[Any] = []
    for line, quantity in pieces:
        before = order_fields.current(line)
        line["current"] -= quantity
        named.append((line, quantity, before - order_fields.current(line)))
    goods = sum(each[2] for each in named)
    made: Record = {
        "__typename": "Refund", "id": shop.gid("Refund", 900_000_000_000), "created": iso(at), "amount": amount, "lines": named,
        "order": order, "note": note,
        "shipping": min(max(0, amount - goods), order["shipping"]) if named else 0,
    }  # fmt: skip
    order["refunds"].append(made)
    order["updated"] = max(str(order["updated"]), iso(at) or "")
    order["status"] = "REFUNDED" if order_fields.net(order) <= 0 else "PARTIALLY_REFUNDED"
    return made
