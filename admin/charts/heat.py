"""A table whose cells are shaded by their share: the picture is the table, so nothing has to be said twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LEVELS = 7


class Heat(NamedTuple):
    """``rows``: for each cell its share (None: not known yet) and its shade, from 0 to LEVELS (the highest there is)."""

    rows: tuple[tuple[tuple[float | None, int], ...], ...]
    most: float


def heat(shares: Sequence[Sequence[float | None]]) -> Heat:
    most = max((share for row in shares for share in row if share is not None), default=0.0)
    return Heat(tuple(tuple((share, _shade(share, most)) for share in row) for row in shares), most)


def _shade(share: float | None, most: float) -> int:
    if not share or not most:
        return 0
    return max(1, round(share / most * LEVELS))
