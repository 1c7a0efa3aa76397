"""A second opinion on points and tiers: plain dates and fractions, one moment after the other."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Bought:
    at: datetime
    goods: Fraction  # major units, as bought
    kept: Fraction  # major units, what is left after refunds
    counts: bool = True


@dataclass(frozen=True)
class Programme:
    rate: Fraction = Fraction(1)
    pending_days: int = 14
    expiry_months: int = 12
    tiers: tuple[tuple[str, int], ...] = (("bronze", 0), ("silver", 200), ("gold", 500), ("platinum", 1000))
    window_months: int = 12
    hold_months: int = 12
    grace_days: int = 30
    zone: str = "UTC"


@dataclass(frozen=True)
class Answer:
    points: int
    pending: int
    tier: str


def later(moment: datetime, months: int, zone: str) -> datetime:
    wall = moment.astimezone(ZoneInfo(zone))
    year, month = wall.year, wall.month + months
    while month > 12:
        year, month = year + 1, month - 12
    last = calendar.monthrange(year, month)[1]
    return wall.replace(year=year, month=month, day=min(wall.day, last)).astimezone(UTC)


def balances(history: list[Bought], programme: Programme, now: datetime) -> Answer:
    history = [one for one in history if one.counts and one.at <= now]
    return Answer(*_points(history, programme, now), _tier(history, programme, now))


def _points(history: list[Bought], programme: Programme, now: datetime) -> tuple[int, int]:
    pause = programme.expiry_months
    moments = {one.at for one in history} | {now}
    if pause:
        moments |= {_dead(one.at, programme) for one in history}
    lots: list[tuple[datetime, int]] = []  # (available from, points)
    active: datetime | None = None
    for moment in sorted(one for one in moments if one <= now):
        if pause and active is not None and moment >= _dead(active, programme):
            lots, active = [], None
        for one in history:
            if one.at == moment:
                lots.append((one.at + timedelta(days=programme.pending_days), floor(one.kept * programme.rate)))
                if floor(one.goods * programme.rate) >= 1:
                    active = one.at
    return sum(points for since, points in lots if since <= now), sum(points for since, points in lots if since > now)


def _dead(active: datetime, programme: Programme) -> datetime:
    return max(later(active, programme.expiry_months, programme.zone), active + timedelta(days=programme.pending_days))


def _tier(history: list[Bought], programme: Programme, now: datetime) -> str:
    history = [one for one in history if one.kept > 0]
    ends = {one.at: later(one.at, programme.window_months, programme.zone) for one in history}
    level, held_until = 0, None
    moments = {one.at for one in history} | set(ends.values()) | {now}
    seen: set[datetime] = set()
    while pending := {one for one in moments if one <= now} - seen:
        moment = min(pending)
        seen.add(moment)
        metric = sum((one.kept for one in history if one.at <= moment < ends[one.at]), Fraction(0))
        reached = max(place for place, (_name, least) in enumerate(programme.tiers) if metric >= least)
        bought = any(one.at == moment for one in history)
        if reached > level or (reached == level and bought) or (reached < level and held_until and moment >= held_until):
            level = reached
            held_until = later(moment, programme.hold_months, programme.zone) + timedelta(days=programme.grace_days)
            moments.add(held_until)
    return programme.tiers[level][0]
