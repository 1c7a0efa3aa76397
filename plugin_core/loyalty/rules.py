"""Which programme was in force when: past moments keep the rules of their day, whatever is set later.

Everything before the programme began is reckoned by the rules it began with, "as if it had always run".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US, from_us, shift_months, to_us
from plugin_core.money import exponent
from plugin_core.stores.settings import StoreSettings

ALWAYS = -(2**62)  # before any order


class TierRule(NamedTuple):
    names: tuple[str, ...]  # lowest first
    thresholds: tuple[int, ...]  # minor units; the first is 0
    window_months: int
    hold_months: int
    grace_us: int


class Rules(NamedTuple):
    """In force from ``since`` until the next one begins."""

    since: int
    version: int  # of the store's settings
    rate: str  # points for one major unit, decimal text
    pending_us: int
    expiry_months: int  # 0: never
    tier: TierRule


def of_settings(settings: StoreSettings, version: int, currency: str, since: int = ALWAYS) -> Rules:
    unit: int = 10 ** exponent(currency)
    tier = TierRule(
        tuple(one.name for one in settings.tiers),
        tuple(one.threshold * unit for one in settings.tiers),
        settings.tier_window_months,
        settings.tier_hold_months,
        settings.tier_grace_days * DAY_US,
    )
    return Rules(since, version, str(settings.earn_rate), settings.pending_days * DAY_US, settings.expiry_months, tier)


def at(rules: Sequence[Rules], moment: int) -> Rules:
    return rules[bisect_right(rules, moment, key=lambda one: one.since) - 1] if len(rules) > 1 else rules[0]


@lru_cache(maxsize=8_192)  # a window, a hold and a pause of as many months end at the same moment
def months_later(us: int, months: int, zone: ZoneInfo) -> int:
    """The same wall time in ``zone``, ``months`` calendar months later, clipped to the month's last day."""
    return to_us(shift_months(from_us(us), months, zone))
