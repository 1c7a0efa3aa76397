"""What stage everybody stood in at moments of the past, from their visits up to then and the store's gap of today.

Between two visits a person passes through the stages at moments that the first of them fixes, so nothing has to be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plugin_core.clock import DAY_US
from plugin_core.insights.purchases import Column, Flags, Orders
from plugin_core.segments.lifecycle import LATER, STORE_WEIGHT

STAGES = ("new", "active", *LATER)
_NEVER = np.iinfo(np.int64).max


class Stays(NamedTuple):
    """One row a visit: from its start until the next one's, and the last moments of the stages in between."""

    person: Column
    at: Column
    until: Column  # start of the person's next visit; far away after the last
    first: Flags
    ends: tuple[Column, ...]  # by boundary: the last moment that is not past it, ``until`` at most


def visit_starts(orders: Orders, span: int) -> Flags:
    """For each order whether a visit starts with it; within ``span`` of the *start* it belongs to that visit."""
    at = orders.at
    starts = np.ones(len(at), dtype=np.bool_)
    starts[1:] = (orders.person[1:] != orders.person[:-1]) | (np.diff(at) > span)
    before, began = -1, 0
    # Further than a span from the order before is always a start; only what follows closely needs a look at the start itself.
    for index in np.flatnonzero(~starts).tolist():
        if index - 1 != before:
            began = int(at[index - 1])
        if int(at[index]) - began > span:
            starts[index] = True
            began = int(at[index])
        before = index
    return starts


def stays(orders: Orders, *, span: int, store_gap_days: float, boundaries: Sequence[float]) -> Stays:
    starts = visit_starts(orders, span)
    person, at = orders.person[starts], orders.at[starts]
    first = np.ones(len(at), dtype=np.bool_)
    first[1:] = person[1:] != person[:-1]
    began = np.maximum.accumulate(np.where(first, np.arange(len(at)), 0)) if len(at) else np.empty(0, np.int64)
    gaps = np.arange(len(at)) - began
    own = (at - at[began]) / np.maximum(gaps, 1) / DAY_US
    expected = np.where(first, store_gap_days, (gaps * own + STORE_WEIGHT * store_gap_days) / (gaps + STORE_WEIGHT))
    until = np.full(len(at), _NEVER, dtype=np.int64)
    until[:-1] = np.where(first[1:], _NEVER, at[1:])
    gap_us = expected * DAY_US
    ends = tuple(np.minimum(at + np.floor(gap_us * boundary).astype(np.int64), until) for boundary in boundaries)
    return Stays(person, at, until, first, ends)


def stages_at(found: Stays, moments: Sequence[int]) -> list[dict[str, int]]:
    """For each moment (ascending) the people in each stage, by the orders placed before it."""
    times = np.asarray(moments, dtype=np.int64)
    marks = [np.searchsorted(times, edge, side="right") for edge in (found.at, *found.ends, found.until)]
    counts: dict[str, Column] = {}
    for stage, chosen in (("new", found.first), ("active", ~found.first)):
        counts[stage] = _present(marks[0][chosen], marks[1][chosen], len(times))
    for place, stage in enumerate(LATER, 1):
        counts[stage] = _present(marks[place], marks[place + 1], len(times))
    return [{stage: int(counts[stage][place]) for stage in STAGES} for place in range(len(times))]


def _present(begins: Column, ends: Column, moments: int) -> Column:
    """How many of the spans from ``begins`` up to (not including) ``ends`` cover each of the moments."""
    steps = np.bincount(begins, minlength=moments + 1) - np.bincount(ends, minlength=moments + 1)
    return np.cumsum(steps)[:moments].astype(np.int64)


def not_lapsed_at(found: Stays, moment: int) -> Column:
    """The people (by number) who were new, active, slipping or at risk then, by the orders placed before it."""
    return found.person[(found.at < moment) & (moment <= found.ends[2])]
