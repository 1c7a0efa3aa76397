"""Visits: orders placed close together are one coming-back."""

from __future__ import annotations

from collections.abc import Iterable


def visits(moments: Iterable[int], span: int) -> list[int]:
    """Start of each visit; an order within ``span`` of a visit's *start* belongs to it. ``moments`` ascend, in microseconds."""
    starts: list[int] = []
    for moment in moments:
        if not starts or moment - starts[-1] > span:
            starts.append(moment)
    return starts
