"""A scale from nothing to a round number that is not less than anything shown."""

from __future__ import annotations

import math
from typing import NamedTuple

_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)


class Axis(NamedTuple):
    top: float
    marks: tuple[float, ...]  # what to write beside it, from the top down to 0, evenly apart


def axis(highest: float, *, whole: bool = True) -> Axis:
    """``whole``: of things that come one by one, so that no mark stands between two of them."""
    if highest <= 0:
        return Axis(1, (1, 0))
    power = 10.0 ** math.floor(math.log10(highest))
    top = next(step * power for step in _STEPS if step * power >= highest * (1 - 1e-9))
    if whole:
        top = max(1.0, math.ceil(top))
    half = top / 2
    marks = (top, half, 0.0) if not whole or half == int(half) else (top, 0.0)
    return Axis(top, tuple(int(mark) if mark == int(mark) else mark for mark in marks))
