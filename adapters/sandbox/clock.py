"""The twins' clock: starts at a chosen moment and then runs with the machine's."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("The twins' clock needs a moment with a time zone")
        self.start = start.astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self._began)
