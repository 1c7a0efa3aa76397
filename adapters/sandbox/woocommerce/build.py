"""Fills the WooCommerce twin from the history: accounts, guests, orders in every status, refunds, foreign currency, products."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.sandbox.cases import COMPLETED, OPEN, left_behind
from adapters.sandbox.cents import minor, share, text
from adapters.sandbox.draw import draw, pick, weighted
from adapters.sandbox.history import History, Purchase, Return
from adapters.sandbox.people import Person
from adapters.sandbox.split import WOOCOMMERCE, discount_code, purchases_in
from adapters.sandbox.woocommerce import accounts, shapes
from adapters.sandbox.woocommerce.store import Record, WooStore
from adapters.sandbox.woocommerce.telling import tell

EUR_PER_100_GBP = 117
TAX = 20  # per cent, on top of the price
FOREIGN = ("TRY", 50)  # and its rate: units for 1 EUR
CATEGORIES = (
    ("Kitchen", ("Mug", "Cup", "Plate", "Bowl", "Cake", "Tea", "Jar", "Baking", "Egg")),
    ("Christmas", ("Christmas", "Reindeer", "Santa", "Advent")),
    ("Bags", ("Bag", "Purse", "Shopper", "Box")), ("Garden", ("Garden", "Bird", "Flower", "Plant")),
    ("Lights & Candles", ("Light", "Candle", "Lantern")),
    ("Giysi & Ayakkabı", ("Slipper", "Sock", "Apron", "Umbrella")),  # noqa: RUF001
    ("Gift vouchers", ("Gift Voucher",)), ("Other", ("",)),
)  # fmt: skip


@dataclass
class _Bill:
    """Sums of one order, in the order's cents."""

    lines: list[Record] = field(default_factory=list)
    goods: int = 0
    goods_tax: int = 0
    discount: int = 0
    discount_tax: int = 0
    shipping: int = 0
    shipping_tax: int = 0

    @property
    def amounts(self) -> dict[str, int]:
        tax = self.goods_tax + self.shipping_tax
        return {
            "discount_total": self.discount, "discount_tax": self.discount_tax, "shipping_total": self.shipping,
            "shipping_tax": self.shipping_tax,
            "cart_tax": self.goods_tax, "total": self.goods + self.shipping + tax, "total_tax": tax,
        }  # fmt: skip


def fill(store: WooStore, past: History) -> None:
    products = _products(store, past)
    purchases = purchases_in(WOOCOMMERCE, past, store.seed)
    accounts.fill(store, past, purchases)
    by_number = {each.number: each for each in past.people}
    for purchase in purchases:
        each = by_number[purchase.person.number] if purchase.person else None
        _order(store, purchase, each, products)
    for index, case in enumerate(left_behind(past, WOOCOMMERCE, store.seed, store.clock.start)):
        begun = Purchase(case.number, case.at, case.person, case.country, case.lines, 0)
        if case.outcome != COMPLETED:
            _order(store, begun, case.person, products, ("checkout-draft", "pending", "failed")[index % 3])
        if case.outcome != OPEN:
            _order(store, case.order(), case.person, products, "processing")


def _products(store: WooStore, past: History) -> dict[int, Record]:
    names = {name: store.post_id() for name, _ in CATEGORIES}
    for name, number in names.items():
        slug = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
        store.categories[number] = {
            "id": number, "name": name.replace("&", "&amp;"), "slug": slug, "parent": 0, "description": "",
            "display": "default", "image": None,
            "menu_order": 0, "count": 0, "_links": store.links(f"products/categories/{number}"),
        }  # fmt: skip
    sold = sorted({line.article for purchase in purchases_in(WOOCOMMERCE, past, store.seed) for line in purchase.lines})
    made: dict[int, Record] = {}
    began = store.clock.start - timedelta(days=800)
    for index in sold:
        article = past.articles[index]
        category = next(name for name, words in CATEGORIES if any(word in article.title for word in words))
        shown = store.categories[names[category]]
        shown["count"] += 1
        number = store.post_id(2)
        kept = [{"id": shown["id"], "name": shown["name"], "slug": shown["slug"]}]
        made[index] = shapes.product(store, number, began, article.title, article.code, euro(article.pence), kept)
        store.products[number] = made[index]
    return made


def euro(pence: int) -> int:
    return share(pence, EUR_PER_100_GBP, 100)


def _order(store: WooStore, purchase: Purchase, each: Person | None, products: dict[int, Record], status: str = "") -> None:
    seed, key = store.seed, purchase.number
    number = store.post_id(1 + int(draw(seed, "gap", key) * 3))
    foreign = draw(seed, "foreign", key) < 0.012
    bill, coupons = _bill(store, purchase, products, FOREIGN[1] if foreign else 1)
    status = status or _status(seed, purchase, store.clock.start)
    customer_id, billing = accounts.buyer(store, purchase, each)
    meta = [store.meta("_wc_order_attribution_source_type", pick(("utm", "organic", "typein"), seed, "source", key))]
    if foreign and draw(seed, "rate", key) < 0.6:
        meta.append(store.meta("_wcpay_multi_currency_order_exchange_rate", text(FOREIGN[1] * 100)))
        meta.append(store.meta("_wcpay_multi_currency_order_default_currency", store.currency))
    if draw(seed, "gift note", key) < 0.03:
        meta.append(store.meta("gift_note", "Doğum günün kutlu olsun 🎂"))
    meta.extend(accounts.guest_consent(store, purchase, each, customer_id))
    modified = min(purchase.at + timedelta(hours=1 + 70 * draw(seed, "modified", key)), store.clock.start - timedelta(seconds=30))
    if status == "trash":
        meta.append(store.meta("_wp_trash_meta_status", "wc-cancelled"))
    made = shapes.order(
        store, number, purchase.at, status, billing, line_items=bill.lines, amounts=bill.amounts, coupon_lines=coupons,
        meta_data=meta,
        shipping_lines=[shapes.shipping_line(store, bill.shipping, bill.shipping_tax)] if bill.shipping else [],
        tax_lines=[shapes.tax_line(store, bill.goods_tax, bill.shipping_tax)], customer_id=customer_id,
        modified=max(modified, purchase.at),
        paid=purchase.at + timedelta(minutes=2), currency=FOREIGN[0] if foreign else store.currency,
    )  # fmt: skip
    store.orders[number] = made
    if status in shapes.PAID:
        for back in purchase.returns:
            _refund(store, made, back, FOREIGN[1] if foreign else 1)


def _status(seed: int, purchase: Purchase, now: datetime) -> str:
    if purchase.returns:
        return "completed"
    usual = "processing" if now - purchase.at < timedelta(days=3) else "completed"
    odd = (
        ("cancelled", 0.02),
        ("failed", 0.015),
        ("pending", 0.01),
        ("on-hold", 0.015),
        ("trash", 0.012),
        ("checkout-draft", 0.008),
    )
    return weighted((*odd, (usual, 1.0)), seed, "status", purchase.number)


def _bill(store: WooStore, purchase: Purchase, products: dict[int, Record], rate: int) -> tuple[_Bill, list[Record]]:
    bill = _Bill(shipping=euro(purchase.shipping) * rate)
    bill.shipping_tax = share(bill.shipping, TAX, 100)
    code = discount_code(store.seed, purchase)
    for bought in purchase.lines:
        subtotal = euro(bought.pence) * bought.quantity * rate
        total = subtotal - (share(subtotal, code[1], 100) if code else 0)
        taxes = share(subtotal, TAX, 100), share(total, TAX, 100)
        bill.lines.append(shapes.line(store, products[bought.article], bought.quantity, subtotal, total, taxes))
        bill.goods += total
        bill.goods_tax += taxes[1]
        bill.discount += subtotal - total
        bill.discount_tax += taxes[0] - taxes[1]
    coupons = [shapes.coupon_line(store, code[0].lower(), code[1], bill.discount, bill.discount_tax)] if code else []
    return bill, coupons


def _refund(store: WooStore, order: Record, back: Return, rate: int) -> None:
    left = minor(order["total"]) + sum(minor(each["total"]) for each in order["refunds"])
    lines: list[Record] = []
    if back.everything:
        amount = left  # as recorded: a full refund names no lines
    elif back.pieces:
        lines = [_returned(store, order["line_items"][position], quantity) for position, quantity in back.pieces]
        amount = -sum(minor(each["total"]) + minor(each["total_tax"]) for each in lines)
    else:
        amount = euro(back.pence) * rate
    amount = min(amount, left)
    if amount <= 0:
        return
    add_refund(
        store,
        order,
        amount,
        back.at,
        lines,
        pick(("", "Eksik ürün", "Damaged", "Customer's wish"), store.seed, "reason", order["id"]),
    )


def _returned(store: WooStore, sold: Record, quantity: int) -> Record:
    part = {
        name: text(-share(minor(sold[name]), quantity, sold["quantity"]))
        for name in ("subtotal", "subtotal_tax", "total", "total_tax")
    }
    link = {"id": store.row_id(), "key": "_refunded_item_id", "value": str(sold["id"])}
    link |= {"display_key": link["key"], "display_value": link["value"]}
    taxes = [{"id": 1, "total": part["total_tax"], "subtotal": part["subtotal_tax"]}]
    return sold | part | {"id": store.row_id(), "quantity": -quantity, "taxes": taxes, "meta_data": [link]}


def add_refund(store: WooStore, order: Record, amount: int, at: datetime, lines: list[Record], reason: str = "") -> Record:
    """Also moves the order's date_modified; a refund of all that is left makes the order's status refunded."""
    left = minor(order["total"]) + sum(minor(each["total"]) for each in order["refunds"])
    full = amount >= left
    tax = sum(minor(each["total_tax"]) for each in lines)
    number = store.post_id()
    made = shapes.refund(
        store, number, order["id"], at, amount, reason=reason, kind="full" if full else "partial", line_items=lines,
        tax_lines=[shapes.tax_line(store, tax, 0)] if lines else [],
    )  # fmt: skip
    store.refunds[number] = made
    order["refunds"].append({"id": number, "reason": reason, "total": text(-amount), "total_tax": text(tax)})
    moved = store.dates("date_modified", at)
    if moved["date_modified_gmt"] > order["date_modified_gmt"]:
        order.update(moved)
    if full:
        order["status"] = "refunded"
    tell(store, "order", order["id"], "updated")
    return made
