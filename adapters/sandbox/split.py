"""Who shops where, and what they told each store about marketing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from adapters.sandbox.draw import draw, weighted
from adapters.sandbox.history import History, Purchase
from adapters.sandbox.people import Person, person

SHOPIFY, WOOCOMMERCE = "shopify", "woocommerce"
CODES = ((("WELCOME10", 10), 0.5), (("SPRING15", 15), 0.3), (("FRIENDS20", 20), 0.2))
NEWCOMERS = 90_000  # numbers of people who never bought anything


class Consent(NamedTuple):
    state: str  # subscribed | unsubscribed | pending | none | invalid
    at: datetime | None


def stores_of(seed: int, number: int) -> tuple[str, ...]:
    """Half of the people shop in both stores, a quarter in each."""
    return weighted((((SHOPIFY, WOOCOMMERCE), 0.5), ((SHOPIFY,), 0.25), ((WOOCOMMERCE,), 0.25)), seed, "stores", number)


def store_of(seed: int, purchase: Purchase) -> str:
    if purchase.person is None:
        return SHOPIFY if draw(seed, "guest store", purchase.number) < 0.4 else WOOCOMMERCE
    stores = stores_of(seed, purchase.person.number)
    return stores[0] if len(stores) == 1 or draw(seed, "order store", purchase.number) < 0.5 else stores[1]


def purchases_in(store: str, past: History, seed: int) -> list[Purchase]:
    return [purchase for purchase in past.purchases if store_of(seed, purchase) == store]


def newcomers(seed: int, people: int, store: str) -> list[Person]:
    """People with an account in ``store`` who never bought; some of them in both."""
    count = max(2, people // 25)
    everyone = [person(seed, NEWCOMERS + index, "United Kingdom") for index in range(count)]
    return [each for each in everyone if store in stores_of(seed, each.number)]


def consent(seed: int, each: Person, store: str, since: datetime, now: datetime) -> Consent:
    """What the person told this store; a person of both stores may have said yes in one and no in the other."""
    state = weighted(
        (("subscribed", 0.56), ("none", 0.2), ("unsubscribed", 0.13), ("pending", 0.08), ("invalid", 0.03)),
        seed,
        "consent",
        store,
        each.number,
    )
    if each.number >= NEWCOMERS:
        state = "subscribed"
    if state in ("none", "invalid"):
        return Consent(state, None)
    return Consent(state, since + (now - timedelta(minutes=30) - since) * draw(seed, "consent at", store, each.number))


def discount_code(seed: int, purchase: Purchase) -> tuple[str, int] | None:
    """The code used with an order and its percentage; some people never buy without one."""
    hunter = purchase.person is not None and draw(seed, "hunter", purchase.person.number) < 0.08
    if hunter or draw(seed, "code", purchase.number) < 0.1:
        return weighted(CODES, seed, "which code", purchase.number)
    return None
