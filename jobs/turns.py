"""A store's turn: one process at a time works for a store, and a killed one gives the turn back by dying.

There are two: who has the one works on what is known here, who has the other writes to the store's customers, which the store's
limits may make long. So a change over there is known here at once, however much there is to write. Some work needs both.

SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock of a connection of its own. Both end with their
process, so whoever has the turn knows that whatever is marked as being worked on was left behind.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from plugin_core.db import Database

KNOWING, WRITING = "", "-writing"
BOTH = (KNOWING, WRITING)
# First half of the advisory locks' keys: tells ours from others in the same database.
_LOCKS = {KNOWING: 7_302, WRITING: 7_304}


@contextmanager
def turn(database: Database, store_id: int, kinds: tuple[str, ...] = BOTH) -> Iterator[bool]:
    """Whether the turn is ours; False at once, without waiting, where another process has it."""
    way = _by_file if database.engine.dialect.name == "sqlite" else _by_connection
    with ExitStack() as turns:
        # In one order, so that of two who want both one gets both.
        yield all(turns.enter_context(way(database, store_id, kind)) for kind in sorted(kinds))


@contextmanager
def _by_file(database: Database, store_id: int, kind: str) -> Iterator[bool]:
    path = Path(f"{database.engine.url.database}-turn-{store_id}{kind}")
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _by_connection(database: Database, store_id: int, kind: str) -> Iterator[bool]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"lock": _LOCKS[kind], "store": store_id}
        ours = bool(connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock, :store)"), key))
        try:
            yield ours
        finally:
            if ours:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:lock, :store)"), key)
