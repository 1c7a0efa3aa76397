"""Where somebody stands in their own rhythm of buying: pure arithmetic on visits and gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from plugin_core.clock import DAY_US

PROSPECT = "prospect"
# After `new` and `active` (both before the first boundary) each boundary begins the next stage.
LATER = ("slipping", "at_risk", "lapsed", "lost")
STAGES = (PROSPECT, "new", "active", *LATER)
# The store's own gap weighs as much as this many gaps of the person.
STORE_WEIGHT = 2


def expected_gap_days(visits: int, own_gap_days: float | None, store_gap_days: float) -> float | None:
    """Days until the next visit is due; None without a visit."""
    if visits == 0:
        return None
    if visits == 1 or own_gap_days is None:
        return store_gap_days
    gaps = visits - 1
    return (gaps * own_gap_days + STORE_WEIGHT * store_gap_days) / (gaps + STORE_WEIGHT)


def late(elapsed_us: int, gap_us: float, boundary: float) -> bool:
    """Whether lateness is strictly past ``boundary``. The SQL reading does the same arithmetic in the same order."""
    return elapsed_us > gap_us * boundary


def stage(visits: int, last_visit_at: int | None, gap_days: float | None, boundaries: Sequence[float], now: int) -> str:
    if visits == 0 or last_visit_at is None or gap_days is None:
        return PROSPECT
    gap_us = gap_days * DAY_US
    passed = sum(late(now - last_visit_at, gap_us, boundary) for boundary in boundaries)
    if passed == 0:
        return "new" if visits == 1 else "active"
    return LATER[passed - 1]


def first_moment_past(last_visit_at: int, gap_days: float, boundary: float) -> int:
    """The first microsecond at which lateness is strictly past ``boundary``."""
    return last_visit_at + math.floor(gap_days * DAY_US * boundary) + 1
