"""Visits: orders placed close together are one coming-back."""

from __future__ import annotations

from collections.abc import Iterable


def visits(moments: Iterable[int], span: int) -> list[int]:
    """Start of each visit. ``moments`` ascending; an order within ``span`` (both microseconds) of a visit's *start* belongs to it."""
    starts: list[int] = []
    for moment in moments:
        if not starts or moment - starts[-1] > span:
            starts.append(moment)
    return starts
