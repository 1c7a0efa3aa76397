"""The embedded queue: threads of this process. One thread at most for a store's turn, and every store in its time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection

import structlog

from jobs.queue import EVERY_STORE

Perform = Callable[[str, int], None]
_Line = tuple[int, bool]  # a store, and whether what stands apart

_log = structlog.get_logger("jobs.threads")


class ThreadQueue:
    """``first``: tasks in the order in which a store's own are taken; ``apart``: those that another thread may do meanwhile."""

    def __init__(self, first: tuple[str, ...], *, apart: Collection[str] = (), threads: int = 4) -> None:
        self._order = {task: place for place, task in enumerate(first)}
        self._apart = frozenset(apart)
        self._count = threads
        self._wanted: dict[_Line, set[str]] = {}
        self._waiting: deque[_Line] = deque()  # those with something wanted that no thread works for, longest waiting first
        self._busy: set[_Line] = set()
        self._change = threading.Condition()
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, perform: Perform) -> None:
        for number in range(self._count):
            thread = threading.Thread(target=self._run, args=(perform,), name=f"work-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def nudge(self, task: str, store_id: int = EVERY_STORE, *, again: bool = False) -> None:  # noqa: ARG002 - the port's
        line = store_id, task in self._apart
        with self._change:
            wanted = self._wanted.setdefault(line, set())
            if not wanted and line not in self._busy:
                self._waiting.append(line)
                self._change.notify()
            wanted.add(task)

    def taken(self, task: str, store_id: int) -> None:
        """A nudge leaves the queue when a thread takes it."""

    def depth(self) -> int:
        with self._change:
            return sum(len(tasks) for tasks in self._wanted.values())

    def reachable(self) -> bool:
        return not self._threads or any(thread.is_alive() for thread in self._threads)

    def stop(self, patience: float) -> bool:
        """No task is begun any more; whether those begun have ended within ``patience`` seconds."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(patience)
        return not any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        self.stop(0)

    def _run(self, perform: Perform) -> None:
        while (next_one := self._next()) is not None:
            task, line = next_one
            try:
                perform(task, line[0])
            except Exception:  # noqa: BLE001 - any failure
                # The tables still hold what is due; the thread must outlive any one failure.
                _log.exception("task failed", task=task, store_id=line[0])
            finally:
                self._give_back(line)

    def _next(self) -> tuple[str, _Line] | None:
        with self._change:
            while not self._stopping and not self._waiting:
                self._change.wait()
            if self._stopping:
                return None
            line = self._waiting.popleft()
            wanted = self._wanted[line]
            task = min(wanted, key=lambda name: self._order.get(name, len(self._order)))
            wanted.discard(task)
            self._busy.add(line)
            return task, line

    def _give_back(self, line: _Line) -> None:
        with self._change:
            self._busy.discard(line)
            if self._wanted[line]:
                self._waiting.append(line)
                self._change.notify()
            else:
                del self._wanted[line]
