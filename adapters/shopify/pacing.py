"""Keeps one client's calls within half of the store's point bucket, as its answers describe it.

Nothing about the bucket is assumed: before the first answer nothing is known and nothing is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LEFT_TO_OTHERS = 0.5  # of the bucket: the merchant's other apps live on it too
NAMED = "_by_id"  # how documents end that ask for records by name
LEFT_TO_NEWS = 0.1  # of the bucket: while we write, or read at length, what has just changed can be asked for at once


class Pace:
    def __init__(self, clock: Callable[[], float], *, left_to_others: float = LEFT_TO_OTHERS) -> None:
        self._clock = clock
        self._left_to_others = left_to_others
        self.maximum = 0.0
        self.rate = 0.0
        self._available = 0.0
        self._at = 0.0
        self._asked: dict[str, float] = {}  # what each document was weighed with the last time

    def wait_before(self, document: str, units: int = 1) -> float:
        """Seconds until the document, with so many records named in it, can be sent and the others' share stays untouched."""
        if not self.maximum or not self.rate:
            return 0.0
        available = min(self.maximum, self._available + (self._clock() - self._at) * self.rate)
        left = self._left_to_others + (0.0 if document.endswith(NAMED) else LEFT_TO_NEWS)
        wanted = min(self.maximum, self.maximum * left + self._asked.get(document, 0.0) * units)
        return max(0.0, (wanted - available) / self.rate)

    def learn(self, document: str, cost: Mapping[str, Any], units: int = 1) -> None:
        """``cost`` is an answer's ``extensions.cost``."""
        status = cost.get("throttleStatus") or {}
        self.maximum = float(status.get("maximumAvailable") or self.maximum)
        self.rate = float(status.get("restoreRate") or self.rate)
        self._available = float(status.get("currentlyAvailable") or 0.0)
        self._at = self._clock()
        if cost.get("requestedQueryCost"):
            self._asked[document] = float(cost["requestedQueryCost"]) / max(1, units)

    def asked(self, document: str) -> float:
        """Points the document was weighed with the last time, for one record named in it; 0 where it was never sent."""
        return self._asked.get(document, 0.0)

    def wait_after_throttle(self, cost: Mapping[str, Any]) -> float:
        """(requested - available) / restore rate; a second where the answer doesn't say."""
        status = cost.get("throttleStatus") or {}
        rate = float(status.get("restoreRate") or self.rate or 0.0)
        missing = float(cost.get("requestedQueryCost") or 0.0) - float(status.get("currentlyAvailable") or 0.0)
        return max(0.1, missing / rate) if rate and missing > 0 else 1.0
