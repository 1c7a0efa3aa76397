"""The database: engine, session and the declarative base, the same on SQLite and PostgreSQL.

Whole numbers everywhere: money in minor units, times in microseconds since 1970 UTC (see docs/decisions).
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Session

# SQLite numbers rows by itself only for INTEGER; PostgreSQL wants BIGINT.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


_CACHE_KB = 65_536  # of each connection to SQLite
_ROOMY_KB = 262_144
# Pages of changes that SQLite's log may gather (256 MB) before a commit has to carry them over into the database itself: carrying
# over takes longer than writing them, and a page changed often is carried once.
_LOG_PAGES = 65_536


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {int: sa.BigInteger(), dict[str, Any]: sa.JSON(), list[Any]: sa.JSON(), str: sa.Text()}  # noqa: RUF012


def create_engine(url: str) -> Engine:
    """An engine for ``sqlite:///...`` or ``postgresql+psycopg://...``. Its errors never show values: they are people's data."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True)
        if parsed.database and parsed.database != ":memory:":
            event.listen(engine, "do_connect", partial(_own_file, parsed.database))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A thread that works holds two: its store's turn, and the one it works with.
    return sa.create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=130, hide_parameters=True)


_making_file = threading.Lock()


def _own_file(path: str, *_event: object) -> None:
    """SQLite makes files for everybody to read; whatever it makes beside this one takes over its permissions.

    A file that is there is never opened: closing it would take all of this process's locks on it away, and the next program to
    leave the database would then delete the log that this one still writes to (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    # Where it can't be made SQLite says so itself, a moment later.
    with _making_file, contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN breaks savepoints and DDL transactions: we begin by ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        f"cache_size=-{_CACHE_KB}",
        f"wal_autocheckpoint={_LOG_PAGES}",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that later writes would fail with "database is locked" on a stale snapshot: writers say so at once.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Database:
    """An engine and the two ways into it: :meth:`write` (one transaction) and :meth:`read`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(reading=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self._reader, expire_on_commit=False) as session:
            yield session


@contextmanager
def roomy(session: Session) -> Iterator[None]:
    """More memory for a pass over a whole store: without it SQLite writes pages to its log early that change again at once."""
    if not is_sqlite(session):
        yield
        return
    cursor = session.connection().connection.cursor()
    cursor.execute(f"PRAGMA cache_size=-{_ROOMY_KB}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
        cursor.close()


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
