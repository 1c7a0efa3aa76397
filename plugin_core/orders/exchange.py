"""Foreign currency: converted where the order or the merchant gives the rate, said where nobody does, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from plugin_core.clock import from_us
from plugin_core.money import exponent

Converted = tuple[int | None, int | None, int | None]  # received, net, basis in the store's currency (None: no rate)


def rate_for(currency: str, placed_at: int, order_rate: str | None, rates: Mapping[str, str], zone: ZoneInfo) -> Decimal | None:
    """Store currency for 1 unit of ``currency``: the order's own rate, else the merchant's for that day, else for any day."""
    if order_rate is not None:
        return Decimal(order_rate)
    if not rates:
        return None
    day: datetime = from_us(placed_at).astimezone(zone)
    given = rates.get(f"{currency}@{day:%Y-%m-%d}") or rates.get(currency)
    return Decimal(given) if given else None


def convert(amount: int, rate: Decimal, source: str, target: str) -> int:
    """Minor units of ``source`` in minor units of ``target``, rounded half up."""
    scaled = Decimal(amount) * rate * Decimal(10) ** (exponent(target) - exponent(source))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def converted(rate: Decimal | None, currency: str, home: str, total: int, refunded: int, basis: int) -> Converted:
    if rate is None:
        return None, None, None
    net = convert(max(0, total - refunded), rate, currency, home)
    return convert(total, rate, currency, home), net, convert(basis, rate, currency, home)
