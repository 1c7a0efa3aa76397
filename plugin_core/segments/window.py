"""Windows of calendar months: "in the last 6 months" begins at the same wall time 6 months earlier, and moves by jumps.

The distance from a moment to its window's start is constant but for jumps: at month ends (clipped days) and where the clocks
change. Leaving a window can therefore be foretold exactly only up to the next jump; beyond it, a safe early guess serves: the
person is looked at again then, and foretold anew.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US, SECOND_US, from_us, months_before, to_us

_QUARTER = 900 * SECOND_US  # every zone's clock changes fall on a quarter of an hour
_PROBES = 96
# Clipping (31st to 28th) and a clock change can bring a window's start back by less than this.
WOBBLE_US = 4 * DAY_US


class Outlook(NamedTuple):
    length: int  # from the window's start to now
    steady_since: int  # the jump to this length, 0 where it lies more than a day back
    steady_until: int  # up to here the length stays as it is
    shortest: int  # no later window is shorter before the one that begins now would have ended


def start(now: int, months: int, zone: ZoneInfo) -> int:
    return to_us(months_before(from_us(now), months, zone))


def outlook(now: int, months: int, zone: ZoneInfo) -> Outlook:
    length = now - start(now, months, zone)
    quarter = now // _QUARTER
    steady = _steady_until(quarter, length, months, zone)
    since = _steady_since(quarter, length, months, zone)
    return Outlook(length, since, max(steady, now + 1), _shortest(now // DAY_US, months, zone))


@lru_cache(maxsize=256)
def _steady_until(quarter: int, length: int, months: int, zone: ZoneInfo) -> int:
    for step in range(1, _PROBES + 1):
        moment = (quarter + step) * _QUARTER
        if moment - start(moment, months, zone) != length:
            return moment
    return (quarter + _PROBES) * _QUARTER


@lru_cache(maxsize=256)
def _steady_since(quarter: int, length: int, months: int, zone: ZoneInfo) -> int:
    for step in range(_PROBES):
        moment = (quarter - step) * _QUARTER
        if moment - 1 - start(moment - 1, months, zone) != length:
            return moment
    return 0


@lru_cache(maxsize=256)
def _shortest(day: int, months: int, zone: ZoneInfo) -> int:
    days = range(day, day + 31 * months + 2)
    return min(at * DAY_US - start(at * DAY_US, months, zone) for at in days) - DAY_US // 8
