"""The stores' own records, read a second time: who is who over both stores, and what each order was worth. Exact fractions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple
from unicodedata import normalize

Record = dict[str, Any]
Node = tuple[str, str]  # ("shopify", id), ("woocommerce", id) or ("mail", address)

RATE = "_wcpay_multi_currency_order_exchange_rate"
CONSENT = "comeback_marketing_consent"


class Deal(NamedTuple):
    """A counted order. Money in minor units of the store's currency; None where its own has no known rate."""

    at: datetime
    received: int | None
    refunded: int
    goods: Fraction  # net merchandise as bought, and what is left of it
    kept: Fraction
    refunded_at: datetime | None
    with_code: bool
    currency: str


class Word(NamedTuple):
    channel: str
    state: str
    at: datetime


@dataclass
class StoreRecords:
    """What one store knows: of whom, which accounts they have, what they bought and said."""

    currency: str
    zone: str
    known: set[Node] = field(default_factory=set)
    accounts: dict[Node, str] = field(default_factory=dict)
    deals: list[tuple[Node, Deal]] = field(default_factory=list)
    words: list[tuple[Node, Word]] = field(default_factory=list)


class People:
    """Nodes that turn out to be one person."""

    def __init__(self) -> None:
        self._up: dict[Node, Node] = {}

    def of(self, node: Node) -> Node:
        while (above := self._up.get(node, node)) != node:
            node = above
        return node

    def nodes(self) -> set[Node]:
        return {*self._up, *self._up.values()}

    def join(self, one: Node, other: Node) -> None:
        top = self.of(one)
        self._up[self.of(other)] = top
        self._up.setdefault(top, top)


def mail(address: str | None) -> Node | None:
    same = normalize("NFC", (address or "").strip()).lower()
    return ("mail", same) if same else None


def shopify(shop: Any, people: People) -> StoreRecords:
    found = StoreRecords("GBP", "Europe/London")
    for customer in shop.customers.values():
        node = ("shopify", customer["id"])
        found.known.add(node)
        found.accounts[node] = customer["id"].rsplit("/", 1)[1]
        if address := mail(customer["email"]):
            people.join(node, address)
        if customer["marketing_state"] in {"SUBSCRIBED", "UNSUBSCRIBED", "PENDING"} and customer["email"]:
            found.words.append((node, Word("email", customer["marketing_state"].lower(), _time(customer["marketing_at"]))))
        if customer["phone"] and customer["sms_state"] in {"SUBSCRIBED", "UNSUBSCRIBED"}:
            found.words.append((node, Word("sms", customer["sms_state"].lower(), _time(customer["sms_at"]))))
    for order in shop.orders.values():
        node = ("shopify", order["customer"]["id"]) if order["customer"] else mail(order["email"])
        if node is None:
            continue
        found.known.add(node)
        paid = order["status"] in {"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"} and not order["test"]
        if paid and (order["cancelled"] is None or order["received"] > 0):
            found.deals.append((node, _shopify_deal(order)))
    found.known |= {("shopify", each["customer"]["id"]) for each in shop.checkouts.values()}
    return found


def _shopify_deal(order: Record) -> Deal:
    goods = kept = Fraction(0)
    for line in order["lines"]:
        if line["gift"]:
            continue
        unit = _half_up(Fraction(line["discounted"], line["quantity"]))
        net = unit * line["quantity"] - _half_up(Fraction(line["discounted"] * 20, 120))
        goods += net
        kept += Fraction(net * line["current"], line["quantity"])
    refunded = sum(each["amount"] for each in order["refunds"])
    named = sum(sum(amount for _, _, amount in each["lines"]) + each["shipping"] for each in order["refunds"])
    return Deal(
        _time(order["processed"]),
        order["received"],
        refunded,
        goods,
        Fraction(_half_up(_reduced(kept, refunded - named, order["received"] - named))),
        max((_time(each["created"]) for each in order["refunds"]), default=None),
        bool(order["codes"]),
        "GBP",
    )


def woocommerce(store: Any, people: People) -> StoreRecords:
    found = StoreRecords("EUR", "Europe/Istanbul")
    for account in store.customers.values():
        node = ("woocommerce", str(account["id"]))
        found.known.add(node)
        found.accounts[node] = str(account["id"])
        if address := mail(account["email"]):
            people.join(node, address)
        found.words += [(node, word) for word in _said(account)]
    for order in store.orders.values():
        node = _buyer(store, order, people)
        if node is None:
            continue
        found.known.add(node)
        found.words += [(node, word) for word in _said(order)]
        if order["status"] in {"processing", "completed", "refunded"}:
            found.deals.append((node, _woo_deal(store, order)))
    return found


def _buyer(store: Any, order: Record, people: People) -> Node | None:
    address = mail(order["billing"]["email"])
    if not order["customer_id"]:
        return address
    node = ("woocommerce", str(order["customer_id"]))
    account = store.customers.get(order["customer_id"])
    if account is not None and not account["email"] and address:
        people.join(node, address)
    return node


def _woo_deal(store: Any, order: Record) -> Deal:
    total = _cents(order["total"])
    goods = sum((_cents(line["total"]) for line in order["line_items"]), Fraction(0))
    kept, named, refunded = goods, Fraction(0), Fraction(0)
    for short in order["refunds"]:
        refunded -= _cents(short["total"])
        for line in store.refunds[short["id"]]["line_items"]:
            kept += _cents(line["total"])
            named -= _cents(line["total"]) + _cents(line["total_tax"])
    kept = _reduced(kept, refunded - named, total - named)
    rate = _rate(order, store.currency)
    dates = [_time(store.refunds[each["id"]]["date_created_gmt"] + "Z") for each in order["refunds"]]
    home = [Fraction(_half_up(_half_up(each) / rate)) for each in (total, refunded, kept, goods)] if rate else [Fraction(0)] * 4
    net = _half_up(max(Fraction(0), total - refunded) / rate) if rate else 0
    return Deal(
        _time(order["date_created_gmt"] + "Z"),
        int(home[0]) if rate else None,
        int(home[0]) - net,
        home[3],
        home[2],
        max(dates, default=None),
        bool(order["coupon_lines"]),
        order["currency"],
    )


def _rate(order: Record, currency: str) -> Fraction | None:
    if order["currency"] == currency:
        return Fraction(1)
    return next((Fraction(str(each["value"])) for each in order["meta_data"] if each["key"] == RATE), None)


def _said(record: Record) -> Iterator[Word]:
    meta = {each["key"]: each["value"] for each in record["meta_data"]}
    if meta.get(CONSENT) in {"subscribed", "unsubscribed"}:
        yield Word("email", meta[CONSENT], _time(meta[f"{CONSENT}_at"]))


def _reduced(kept: Fraction, unnamed: Fraction | int, remaining: Fraction | int) -> Fraction:
    """Money given back for nothing named: goods, tax and shipping lose the same share."""
    if unnamed <= 0:
        return kept
    return Fraction(0) if unnamed >= remaining else kept * (1 - Fraction(unnamed) / Fraction(remaining))


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime(1970, 1, 1, tzinfo=UTC)


def _cents(amount: str) -> Fraction:
    return Fraction(amount) * 100


def _half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))
