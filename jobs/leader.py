"""Who leads among several schedulers: one at a time, and another within seconds of its death.

PostgreSQL: an advisory lock of a connection that does nothing else; the server gives it free when the connection's process dies.
SQLite: a lock on a file beside the database, given free by the kernel.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from plugin_core.db import Database

_LOCK = 7_303  # tells ours from others in the same database


class Leadership:
    """Asked again and again by one thread: ``held()`` tries to lead, or makes sure that we still do. Never raises."""

    def __init__(self, database: Database) -> None:
        self._way: _ByFile | _ByConnection
        if database.engine.dialect.name == "sqlite":
            self._way = _ByFile(Path(f"{database.engine.url.database}-leader"))
        else:
            self._way = _ByConnection(database.engine)

    def held(self) -> bool:
        return self._way.held()

    def give_up(self) -> None:
        self._way.give_up()


class _ByFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def held(self) -> bool:
        if self._file is None:
            file = self._path.open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                self._file = file
        return self._file is not None

    def give_up(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _ByConnection:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def held(self) -> bool:
        try:
            if self._connection is None:
                return self._take()
            self._connection.execute(sa.text("SELECT 1"))
        except SQLAlchemyError:
            # With the connection went the lock: somebody else may lead by now.
            self.give_up()
            return False
        return True

    def _take(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        try:
            if connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock, 0)"), {"lock": _LOCK}):
                self._connection = connection
                return True
        finally:
            if self._connection is not connection:
                connection.close()
        return False

    def give_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
