"""What orders earn and when balances expire, worked out from the orders and the ledger's other entries alone.

- An order is worth floor(net merchandise left x the rate stored when it first counted); 0 while it does not count.
- *Earning* is an order that was worth a point when it was bought, or points granted; a refund does not undo that it happened.
- After ``expiry_months`` without earning or redeeming, the balance standing at that moment expires then; an order placed at that
  very moment comes too late. Points still pending then expire at the moment they would have become available.
- What is refunded later shrinks what had expired, not the balance: nobody pays twice for points they never had.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US
from plugin_core.loyalty.rules import Rules, months_later

_NEVER = 2**62
_SHORTEST_MONTH = 27 * DAY_US  # and a day less for clocks that change


class Movement(NamedTuple):
    """Something that changed the balance, expiry left out."""

    at: int
    points: int
    available_at: int
    activity: bool  # earning or redeeming: the clock of expiry starts anew


class Expiry(NamedTuple):
    at: int
    points: int  # positive


def worth(basis: int | None, rate: str, unit: int) -> int:
    """floor(``basis`` in major units x ``rate``); ``unit`` minor units are one major unit."""
    if not basis or basis < 0:
        return 0
    top, bottom = _ratio(rate)
    return basis * top // (bottom * unit)


@lru_cache(maxsize=256)
def _ratio(rate: str) -> tuple[int, int]:
    return Decimal(rate).as_integer_ratio()


def expiries(movements: Sequence[Movement], rules: Sequence[Rules], zone: ZoneInfo, now: int) -> tuple[list[Expiry], int | None]:
    """What expired up to ``now`` (moments without points left out), and the next moment at which something will.

    ``movements`` in order of time.
    """
    found: list[Expiry] = []
    balance = usable = 0
    active: int | None = None
    soonest = min(one.expiry_months for one in rules) * _SHORTEST_MONTH
    for one in movements:
        if one.at > now:
            break
        # Most orders follow the last one long before its pause can have ended: no need to ask the calendar.
        if active is not None and one.at - active >= soonest and (deadline := _deadline(active, usable, rules, zone)) <= one.at:
            if balance > 0:
                found.append(Expiry(deadline, balance))
                balance = 0
            active = None
        balance += one.points
        if one.points or one.activity:  # what brought nothing holds up nothing
            usable = max(usable, one.available_at)
        if one.activity:
            active = one.at
    if active is None or balance <= 0:
        return found, None
    deadline = _deadline(active, usable, rules, zone)
    if deadline <= now:
        return [*found, Expiry(deadline, balance)], None
    return found, deadline if deadline < _NEVER else None


def _deadline(last_activity: int, usable: int, rules: Sequence[Rules], zone: ZoneInfo) -> int:
    """The first moment at which the rules then in force call the pause too long."""
    for position, rule in enumerate(rules):
        ends = rules[position + 1].since if position + 1 < len(rules) else _NEVER
        if ends <= last_activity or not rule.expiry_months:
            continue
        moment = max(months_later(last_activity, rule.expiry_months, zone), usable, rule.since)
        if moment < ends:
            return moment
    return _NEVER
