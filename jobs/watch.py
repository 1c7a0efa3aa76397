"""Applies deliveries within a moment of their arrival: a thread that looks for due ones a few times a second.

Looking is one probe of an index, and finds deliveries however they came in: by this process, a web process, another machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from jobs.context import JobContext
from jobs.inbox import apply_due
from jobs.refresh import refresh_touched
from jobs.turns import turn
from jobs.writeback import write_profiles
from plugin_core.inbox import queue

LOOK_EVERY = 0.25  # seconds
_LONGEST_WAIT = 30.0  # seconds; after failures in a row

_log = structlog.get_logger("jobs.watch")


def take_in(context: JobContext, store_id: int) -> bool:
    """A store's due deliveries and what follows from them for the people concerned, up to what the store shows of them.

    False: another process is busy with the store, and takes them in itself or leaves them for the next look.
    """
    with turn(context.database, store_id) as ours:
        if ours:
            apply_due(context, store_id)
            if refresh_touched(context, store_id).queued:
                write_profiles(context, store_id)
        return ours


class Watch:
    """Starts and stops with the process that does the work. Nothing that goes wrong inside ends it."""

    def __init__(self, context: JobContext, take: Callable[[JobContext, int], bool] = take_in) -> None:
        self._context = context
        self._take = take
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._failures: dict[int, tuple[int, float]] = {}  # store -> failures in a row, looks to leave out
        self._thread = threading.Thread(target=self._run, name="inbox-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def nudge(self) -> None:
        """Look now. Not needed, only quicker."""
        self._wake.set()

    def stop(self) -> None:
        """Returns once what is being done is done."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def look(self) -> int:
        """One round; the number of stores with something due. Whatever fails waits longer each time."""
        with self._context.database.read() as session:
            due = queue.due_stores(session, now=self._context.clock())
        for store_id in due:
            failures, rest = self._failures.get(store_id, (0, 0.0))
            if rest > 0:
                self._failures[store_id] = (failures, rest - LOOK_EVERY)
                continue
            try:
                self._take(self._context, store_id)
                self._failures.pop(store_id, None)
            except Exception:  # noqa: BLE001 - one store's trouble stops no other
                self._failures[store_id] = (failures + 1, min(_LONGEST_WAIT, LOOK_EVERY * 2 ** (failures + 1)))
                _log.exception("deliveries not taken in", store_id=store_id)
        return len(due)

    def _run(self) -> None:
        wait = LOOK_EVERY
        while not self._stopping.is_set():
            self._wake.wait(wait)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self.look()
                wait = LOOK_EVERY
            except Exception:  # noqa: BLE001 - the database may be gone for a while; the thread is not
                wait = min(_LONGEST_WAIT, wait * 2)
                _log.exception("deliveries can't be looked for")
