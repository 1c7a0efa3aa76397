"""The queue's port: it carries nudges ("look at this store's inbox"), never work. What there is to do stands in the tables.

A nudge that is lost costs seconds: the timer asks the tables what is due and nudges again. One that comes twice costs a look.
"""

from __future__ import annotations

from typing import Protocol

EVERY_STORE = 0  # in place of a store's id: whichever stores the task has something due for


class Queue(Protocol):
    def nudge(self, task: str, store_id: int = EVERY_STORE, *, again: bool = False) -> None:
        """Never raises, never waits. The same nudge is carried once, until it is taken; ``again``: also while it is."""
        ...

    def taken(self, task: str, store_id: int) -> None:
        """The tables are read from now on: what changes later needs a nudge of its own."""
        ...

    def depth(self) -> int:
        """Nudges on their way."""
        ...

    def reachable(self) -> bool: ...

    def close(self) -> None: ...


class NoQueue:
    """For commands that end soon: whoever sweeps finds what they left."""

    def nudge(self, task: str, store_id: int = EVERY_STORE, *, again: bool = False) -> None:
        pass

    def taken(self, task: str, store_id: int) -> None:
        pass

    def depth(self) -> int:
        return 0

    def reachable(self) -> bool:
        return True

    def close(self) -> None:
        pass
