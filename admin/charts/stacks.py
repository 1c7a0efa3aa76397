"""Series on top of each other: as areas over time, or as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

WIDTH, HEIGHT = 1000, 100  # of the box in which points are given
_BAR = 0.7  # of the room a bar has


class Series(NamedTuple):
    """``colour``: one of the page's, c1 to c8; ``name`` in the visitor's words."""

    name: Any
    colour: str
    values: Sequence[float]


class Shape(NamedTuple):
    colour: str
    path: str  # "d" of an SVG path


def highest(series: Sequence[Series]) -> float:
    """Of what stands on top of each other."""
    return max((sum(column) for column in zip(*(one.values for one in series), strict=True)), default=0)


def areas(series: Sequence[Series], top: float) -> list[Shape]:
    """The first series lies at the bottom. A single point in time is drawn over the whole width."""
    shapes = []
    count = max((len(one.values) for one in series), default=0)
    floor = [0.0] * count
    for one in series:
        roof = [low + value for low, value in zip(floor, one.values, strict=True)]
        if count == 1:
            roof, under = roof * 2, floor * 2
        else:
            under = floor
        if roof:
            up, down = _points(roof, top), reversed(_points(under, top))
            shapes.append(Shape(one.colour, f"M{' L'.join(up)} L{' L'.join(down)} Z"))
        floor = [low + value for low, value in zip(floor, one.values, strict=True)]
    return shapes


def bars(series: Sequence[Series], top: float) -> list[Shape]:
    """One column for each place; a column's parts in the order of the series, the first at the bottom."""
    count = max((len(one.values) for one in series), default=0)
    room = WIDTH / count if count else 0
    floor = [0.0] * count
    shapes = []
    for one in series:
        parts = []
        for place, value in enumerate(one.values):
            tall = value / top * HEIGHT
            if tall > 0:
                left = place * room + room * (1 - _BAR) / 2
                parts.append(
                    f"M{_short(left)} {_short(HEIGHT - floor[place])}v{_short(-tall)}h{_short(room * _BAR)}v{_short(tall)}z"
                )
            floor[place] += tall
        shapes.append(Shape(one.colour, " ".join(parts)))
    return shapes


def _points(values: Sequence[float], top: float) -> list[str]:
    step = WIDTH / (len(values) - 1)
    return [f"{_short(place * step)} {_short(HEIGHT - value / top * HEIGHT)}" for place, value in enumerate(values)]


def _short(number: float) -> str:
    return f"{round(number, 2):g}"
