"""A store's turn: one process at a time works for a store, and a killed one gives the turn back by dying.

SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock of a connection of its own. Both end with their
process, so whoever has the turn knows that whatever is marked as being worked on was left behind.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from plugin_core.db import Database

_LOCK = 7_302  # first half of the advisory lock's key: tells ours from others in the same database


@contextmanager
def turn(database: Database, store_id: int) -> Iterator[bool]:
    """Whether the turn is ours; False at once, without waiting, where another process has it."""
    way = _by_file if database.engine.dialect.name == "sqlite" else _by_connection
    with way(database, store_id) as ours:
        yield ours


@contextmanager
def _by_file(database: Database, store_id: int) -> Iterator[bool]:
    path = Path(f"{database.engine.url.database}-turn-{store_id}")
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _by_connection(database: Database, store_id: int) -> Iterator[bool]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"lock": _LOCK, "store": store_id}
        ours = bool(connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock, :store)"), key))
        try:
            yield ours
        finally:
            if ours:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:lock, :store)"), key)
