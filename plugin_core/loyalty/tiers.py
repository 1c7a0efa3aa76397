"""Where a person stands among the tiers, worked out from all their purchases and nothing else.

- The metric is the net merchandise of purchases in the rolling window: a purchase counts from its moment until the same wall
  time ``window_months`` later. What was refunded of a purchase was never bought, so the order of arrival can't matter.
- Up at once. A tier is held until ``hold_months`` + ``grace_us`` after the last purchase at which the metric reached it.
- From that moment on, the first moment at which the metric falls short moves the person down to what it does reach, held anew.
- A change of the rules is such a moment too: it can lift at once, and lowers when the hold ends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US
from plugin_core.loyalty.rules import Rules, TierRule, months_later

_NEVER = 2**62


class Purchase(NamedTuple):
    at: int
    amount: int  # net merchandise left of it, minor units


class Standing(NamedTuple):
    tier: str
    metric: int
    since: int
    held_until: int | None
    next_check_at: int | None  # the next moment at which time alone changes metric or tier


class _Held(NamedTuple):
    level: int
    since: int
    until: int  # _NEVER on the lowest level: nothing to lose


def standing(purchases: Sequence[Purchase], rules: Sequence[Rules], zone: ZoneInfo, now: int) -> Standing:
    """``purchases`` in order of time; those after ``now`` have not happened yet."""
    bought = [one for one in purchases if one.amount > 0]
    eras = _eras(rules)
    held = _Held(0, purchases[0].at if purchases else 0, _NEVER)
    metric, upcoming, names = 0, _NEVER, eras[0][1].names
    for (begin, rule), (end, _next) in pairwise([*eras, (_NEVER, eras[-1][1])]):
        if begin > now:
            upcoming = min(upcoming, begin)
            break
        held = _carried(held, names, rule)
        names = rule.names
        metric, held, upcoming = _era(bought, rule, zone, held, begin, min(end - 1, now))
    until = held.until if held.level else None
    return Standing(names[held.level], metric, held.since, until, None if upcoming == _NEVER else upcoming)


def _eras(rules: Sequence[Rules]) -> list[tuple[int, TierRule]]:
    """Versions that differ in nothing that concerns tiers are one era."""
    eras = [(rules[0].since, rules[0].tier)]
    eras.extend((later.since, later.tier) for earlier, later in pairwise(rules) if later.tier != earlier.tier)
    return eras


def _carried(held: _Held, names: tuple[str, ...], rule: TierRule) -> _Held:
    """The same tier by its name under other rules; one that is no more ends there."""
    name = names[held.level]
    if name in rule.names:
        return held._replace(level=rule.names.index(name))
    return _Held(0, held.since, _NEVER)


def _era(bought: Sequence[Purchase], rule: TierRule, zone: ZoneInfo, held: _Held, begin: int, end: int) -> tuple[int, _Held, int]:
    """Play ``begin``..``end`` under one rule: the metric at the end, what is held then, and the next moment that matters."""
    bought = _that_matter(bought, rule, held, end)
    leaving = sorted((months_later(one.at, rule.window_months, zone), one.amount) for one in bought)
    arrived = bisect_right(bought, begin, key=lambda one: one.at)
    left = bisect_right(leaving, begin, key=lambda one: one[0])
    metric = sum(one.amount for one in bought[:arrived]) - sum(amount for _at, amount in leaving[:left])
    moment = begin
    held = _judged(held, metric, rule, zone, moment, purchase=False)
    while True:
        until = held.until if held.until > moment else _NEVER
        following = min(
            bought[arrived].at if arrived < len(bought) else _NEVER,
            leaving[left][0] if left < len(leaving) else _NEVER,
            until,
        )
        if following > end:
            return metric, held, following
        moment, first = following, arrived
        while left < len(leaving) and leaving[left][0] <= moment:
            metric -= leaving[left][1]
            left += 1
        while arrived < len(bought) and bought[arrived].at <= moment:
            metric += bought[arrived].amount
            arrived += 1
        held = _judged(held, metric, rule, zone, moment, purchase=arrived > first)


def _that_matter(bought: Sequence[Purchase], rule: TierRule, held: _Held, end: int) -> Sequence[Purchase]:
    """Where all purchases together can't reach a second tier, only those that may still be in the window at the end."""
    if held.level == 0 and (len(rule.thresholds) == 1 or sum(one.amount for one in bought) < rule.thresholds[1]):
        oldest = end - (rule.window_months * 31 + 1) * DAY_US
        return bought[bisect_right(bought, oldest, key=lambda one: one.at) :]
    return bought


def _judged(held: _Held, metric: int, rule: TierRule, zone: ZoneInfo, moment: int, *, purchase: bool) -> _Held:
    reached = bisect_right(rule.thresholds, metric) - 1
    if reached > held.level or (reached < held.level and moment >= held.until):
        return _Held(reached, moment, _hold_end(reached, rule, zone, moment))
    if reached == held.level and purchase:
        return held._replace(until=_hold_end(reached, rule, zone, moment))
    if held.level and held.until == _NEVER:  # lifted above a new lowest tier by a change of the rules
        return held._replace(until=_hold_end(held.level, rule, zone, moment))
    return held


def _hold_end(level: int, rule: TierRule, zone: ZoneInfo, moment: int) -> int:
    return months_later(moment, rule.hold_months, zone) + rule.grace_us if level else _NEVER
