"""The shipped order history, moved to today: who bought what and when, and what came back. Knows neither platform."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from adapters.sandbox.draw import draw
from adapters.sandbox.people import Person, person

PART = Path(__file__).parent / "data" / "online_retail_part.json.gz"
GUESTS_PER_PERSON = 0.4
QUIET = timedelta(minutes=20)  # nothing of the history is younger than this
GIFT_CARD_SHARE = 0.012


class Article(NamedTuple):
    code: str
    title: str
    pence: int  # the usual price

    @property
    def gift_card(self) -> bool:
        return self.code.startswith("gift_")


class Line(NamedTuple):
    article: int  # index into the articles
    quantity: int
    pence: int  # each


class Return(NamedTuple):
    at: datetime
    pieces: tuple[tuple[int, int], ...]  # (index of the line, quantity)
    pence: int  # money given back without naming lines
    everything: bool = False  # all that is left of the order, shipping included


@dataclass
class Purchase:
    number: str
    at: datetime
    person: Person | None
    country: str
    lines: list[Line]
    shipping: int
    returns: list[Return] = field(default_factory=list)
    left: list[int] = field(default_factory=list)  # quantity of each line not yet returned


class History(NamedTuple):
    articles: list[Article]
    people: list[Person]
    purchases: list[Purchase]  # by time


@cache
def _source() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(gzip.decompress(PART.read_bytes()))
    return loaded


def history(people: int | None, seed: int, now: datetime) -> History:
    """``people`` customers (None: all in the file) with all they ever ordered, and guests in proportion."""
    source = _source()
    invoices = source["invoices"]
    chosen = _chosen(invoices, people, seed)
    moved = (now.astimezone(UTC).date() - datetime.fromisoformat(invoices[-1][1]).date()).days
    persons = {number: person(seed, int(number), country) for number, country in sorted(chosen.items())}
    guests = [each for each in invoices if not each[2]]
    wanted = round(len(persons) * GUESTS_PER_PERSON)
    guest_numbers = {each[0] for each in sorted(guests, key=lambda each: draw(seed, "guest", each[0]))[:wanted]}
    purchases: list[Purchase] = []
    owned: dict[str, list[Purchase]] = defaultdict(list)
    for number, date, customer, country, lines, shipping, other in invoices:
        if customer not in persons and number not in guest_numbers:
            continue
        at = _moved(datetime.fromisoformat(date).replace(tzinfo=UTC), moved, now)
        if number.startswith("C"):
            _give_back(owned[customer], at, lines, shipping + other)
            continue
        bought = [Line(*line) for line in lines]
        if draw(seed, "gift", number) < GIFT_CARD_SHARE:
            bought.append(Line(len(source["products"]), 1, 2000))
        made = Purchase(number, at, persons.get(customer), country, bought, shipping, left=[line.quantity for line in bought])
        purchases.append(made)
        owned[customer].append(made)
    purchases.sort(key=lambda made: (made.at, made.number))
    return History(_articles(), list(persons.values()), purchases)


def _chosen(invoices: list[Any], people: int | None, seed: int) -> dict[str, str]:
    countries = {customer: country for _, _, customer, country, *_ in invoices if customer}
    ranked = sorted(countries, key=lambda customer: draw(seed, "person", customer))
    return {customer: countries[customer] for customer in ranked[:people]}


@cache
def _articles() -> list[Article]:
    source = _source()
    prices: dict[int, int] = {}
    for _, _, _, _, lines, _, _ in source["invoices"]:
        for article, _, pence in lines:
            prices[article] = max(prices.get(article, 0), pence)
    sold = [
        Article(code, (title or code).title(), prices.get(index, 0)) for index, (code, title) in enumerate(source["products"])
    ]
    return [*sold, Article("gift_voucher_20", "Gift Voucher", 2000)]


def _moved(at: datetime, days: int, now: datetime) -> datetime:
    at += timedelta(days=days)
    while at > now - QUIET:
        at -= timedelta(days=1)
    return at


def _give_back(bought: list[Purchase], at: datetime, lines: list[list[int]], pence: int) -> None:
    """A cancellation seldom names its invoice: each line goes to the latest earlier order that still has it."""
    pieces: dict[int, list[tuple[int, int]]] = defaultdict(list)
    unmatched = pence
    for article, quantity, each in lines:
        wanted = quantity
        for index in range(len(bought) - 1, -1, -1):
            for position, line in enumerate(bought[index].lines):
                found = min(wanted, bought[index].left[position]) if line.article == article else 0
                if found:
                    bought[index].left[position] -= found
                    pieces[index].append((position, found))
                    wanted -= found
        unmatched += wanted * each
    for index, found_pieces in pieces.items():
        order = bought[index]
        everything = not any(order.left)
        order.returns.append(Return(max(at, order.at + timedelta(minutes=20)), tuple(found_pieces), 0, everything))
    if unmatched and bought and (plain := [order for order in bought if not order.returns and unmatched <= _worth(order)]):
        order = plain[-1]
        order.returns.append(Return(max(at, order.at + timedelta(minutes=20)), (), unmatched))


def _worth(order: Purchase) -> int:
    return sum(line.quantity * line.pence for line in order.lines)
