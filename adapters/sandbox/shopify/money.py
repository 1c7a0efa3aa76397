"""Money as Shopify writes it: {amount, currencyCode}, and the bag of shop and presentment money."""

from __future__ import annotations

from functools import lru_cache

from adapters.sandbox.cents import text
from adapters.sandbox.shopify.store import Record

CURRENCY = "GBP"


@lru_cache(maxsize=65536)
def money(pence: int) -> Record:
    """Shopify trims a trailing zero: "9.9", "100.0"."""
    amount = text(pence)
    return {"amount": amount.removesuffix("0"), "currencyCode": CURRENCY}


@lru_cache(maxsize=65536)
def bag(pence: int) -> Record:
    return {"shopMoney": money(pence), "presentmentMoney": money(pence)}
