"""Deliveries made durable before they are answered: one thread writes for all requests, many rows a commit.

A commit that survives a power cut waits for the disk; shared by all requests that wait at that moment it costs each a little.
The thread has a connection of its own that waits for the disk whatever the database's setting (SQLite: synchronous=FULL, since
NORMAL could lose what was answered with 200 already).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from plugin_core.inbox.receive import Received, count_sql, insert_sql

_MOST = 500  # rows a commit
_PATIENCE = 25.0  # seconds a request waits for its commit; an import's page may hold SQLite's only write lock for a while
_COUNTED_EVERY = 1.0  # seconds; refusals alone must not make a disk busy

_DURABLE_SQLITE = "PRAGMA synchronous=FULL"
_DURABLE_POSTGRES = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"

_log = structlog.get_logger("webhooks.inbox")


class _Waiting:
    __slots__ = ("done", "row", "stored")

    def __init__(self, row: Received) -> None:
        self.row = row
        self.done = threading.Event()
        self.stored = False


class Inbox:
    """``nudge`` is called after each commit that stored something new. The thread starts with the first delivery or count."""

    def __init__(self, engine: Engine, clock: Callable[[], int], nudge: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self._clock = clock
        self._nudge = nudge
        self._sqlite = engine.dialect.name == "sqlite"
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None

    def put(self, row: Received) -> bool:
        """True: it is on the disk (or was there before). False: it can't be stored now, the store has to send it again."""
        waiting = _Waiting(row)
        self._started()
        self._queue.put(waiting)
        return waiting.done.wait(_PATIENCE) and waiting.stored

    def count(self, platform: str, store: str, what: str) -> None:
        """``store``: the key of one of ours, else "": a stranger must not be able to fill the table."""
        with self._guard:
            self._counts[platform, store, what] += 1
        self._started()

    def close(self) -> None:
        """Everything that waits is still written."""
        thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join()
            self._thread = None

    def _started(self) -> None:
        if self._thread is None:
            with self._guard:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="webhook-inbox", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        open_for_more = True
        while open_for_more:
            batch, open_for_more = self._gathered()
            self._store(batch)
            self._write_counts()
        self._disconnect()

    def _gathered(self) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        with suppress(Empty):
            first = self._queue.get(timeout=_COUNTED_EVERY)
            while True:
                if first is None:
                    return batch, False
                batch.append(first)
                if len(batch) >= _MOST:
                    break
                first = self._queue.get_nowait()
        return batch, True

    def _store(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        if not self._committed(batch):
            # Whatever is wrong with one of them (its store was just removed) must not cost the others.
            for one in batch:
                self._committed([one])
        for one in batch:
            one.done.set()
        if any(one.stored for one in batch):
            self._nudge()

    def _committed(self, batch: Sequence[_Waiting]) -> bool:
        rows = [tuple(one.row) for one in batch]
        try:
            connection = self._connected()
            with connection.begin():
                written = connection.exec_driver_sql(insert_sql(sqlite=self._sqlite), rows).rowcount
        except Exception as problem:  # noqa: BLE001 - whatever it is: everybody waiting gets an answer, and the thread lives on
            _log.warning("deliveries not stored", deliveries=len(rows), error=type(problem).__name__)
            self._disconnect()
            return False
        for one in batch:
            one.stored = True
        if written < len(rows):
            with self._guard:
                self._counts["", "", "duplicate"] += len(rows) - written
        return True

    def _write_counts(self) -> None:
        with self._guard:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        now = self._clock()
        try:
            connection = self._connected()
            with connection.begin():
                connection.exec_driver_sql(
                    count_sql(sqlite=self._sqlite), [(*key, count, now) for key, count in sorted(counts.items())]
                )
        except Exception as problem:  # noqa: BLE001 - the thread lives on
            _log.warning("refusals not counted", error=type(problem).__name__)
            self._disconnect()
            with self._guard:
                self._counts.update(counts)

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = self._engine.connect()
            driver: Any = connection.connection.driver_connection
            connection.detach()  # it is not like the pool's others any more
            driver.execute(_DURABLE_SQLITE if self._sqlite else _DURABLE_POSTGRES)
            driver.commit()
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None
