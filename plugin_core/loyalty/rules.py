"""Which programme was in force when: past moments keep the rules of their day, whatever is set later.

Everything before the programme began is reckoned by the rules it began with, "as if it had always run".
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US, from_us, shift_months, to_us
from plugin_core.money import exponent
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings, parse

ALWAYS = -(2**62)  # before any order
_OURS = (
    *("earn_rate", "pending_days", "expiry_months"),
    *("tiers", "tier_window_months", "tier_hold_months", "tier_grace_days"),
)


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


def timeline(session: Session, store: Store, settings: StoreSettings, version: int, *, started_at: int) -> tuple[Rules, ...]:
    """Oldest first and never empty; the first reaches back for ever, the last is ``settings``."""
    rows = bulk.select(
        session,
        "SELECT version, changed_at, body FROM store_settings WHERE store_id = ? AND version <= ? ORDER BY version",
        *(store.id, version),
    )
    found = [(0, ALWAYS, StoreSettings())]
    found += [(number, changed_at, _typed(body)) for number, changed_at, body in rows if number < version]
    saved_at = next((changed_at for number, changed_at, _body in rows if number == version), ALWAYS)
    found.append((version, saved_at, settings))
    in_force: list[Rules] = []
    for number, changed_at, values in found:
        since = ALWAYS if changed_at <= started_at else changed_at
        while in_force and in_force[-1].since >= since:
            in_force.pop()
        in_force.append(of_settings(values, number, store.currency, since))
    return tuple(in_force)


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


def _typed(body: Any) -> StoreSettings:
    return _from_json(body if isinstance(body, str) else json.dumps(body))


@lru_cache(maxsize=64)
def _from_json(text: str) -> StoreSettings:
    body = json.loads(text)
    return replace(StoreSettings(), **{name: parse(name, body[name]) for name in _OURS if name in body})
