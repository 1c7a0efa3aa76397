"""A small line: the points of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 600, 120
_PAD = 4


class Line(NamedTuple):
    """``points`` of a polyline in a box of 600 x 120; the line's ``area`` down to the floor; lowest and highest value."""

    points: str
    area: str
    low: float
    high: float


def line(values: Sequence[float]) -> Line:
    """From the first value at the left to the last at the right; the floor is 0 where the values come near it."""
    if not values:
        return Line("", "", 0, 0)
    high, low = max(values), min(values)
    floor = 0 if low >= 0 and low < high / 2 else low
    reach = (high - floor) or 1
    step = WIDTH / max(len(values) - 1, 1)
    places = [
        f"{round(index * step, 1):g},{round(HEIGHT - _PAD - (one - floor) / reach * (HEIGHT - 2 * _PAD), 1):g}"
        for index, one in enumerate(values)
    ]
    return Line(" ".join(places), f"0,{HEIGHT} {' '.join(places)} {WIDTH},{HEIGHT}", low, high)
