"""Temporary copies that stand in for the real tables: within them the core's own code runs as ever and leaves nothing behind.

Both databases look for a table among the temporary ones first, so every statement that names a shadowed table means the copy.
The real one is reached by its schema. Copies hold the rows that were asked for and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.db import is_sqlite
from plugin_core.tables import metadata

_FIRST_NEW_ID = 2**60  # of rows made meanwhile: far from those copied


class Shadows:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: set[str] = set()
        # Asked for before there is any copy: then it is where the real tables are.
        self.real = "main" if is_sqlite(session) else str(bulk.select(session, "SELECT current_schema()")[0][0])

    def cast(self, table: str, condition: str = "1 = 0", *values: Any) -> None:
        """Make ``table`` a copy of its rows that meet ``condition``; again: with other rows."""
        if table not in self._made:
            _copy(metadata.tables[table], sqlite=is_sqlite(self._session)).create(self._session.connection(), checkfirst=False)
            self._made.add(table)
        else:
            bulk.execute(self._session, f"DELETE FROM {table}")
        columns = ", ".join(column.name for column in metadata.tables[table].c)
        bulk.execute(
            self._session, f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {self.real}.{table} WHERE {condition}", *values
        )
        if not is_sqlite(self._session):
            bulk.execute(self._session, f"ANALYZE {table}")


@contextmanager
def shadowed(session: Session) -> Iterator[Shadows]:
    """Whatever happens inside is undone at the end, the copies included."""
    session.flush()
    driver: Any = session.connection().connection.driver_connection
    # A statement prepared earlier would go on meaning the real table.
    prepares = getattr(driver, "prepare_threshold", None)
    if prepares is not None:
        driver.prepare_threshold = None
    savepoint = session.begin_nested()
    try:
        yield Shadows(session)
    finally:
        savepoint.rollback()
        session.expire_all()
        if prepares is not None:
            driver.prepare_threshold = prepares


def _copy(table: sa.Table, *, sqlite: bool) -> sa.Table:
    """The same columns and keys; no reference to another table, since that may have no copy."""
    numbered = None if sqlite else table.autoincrement_column
    columns: list[sa.Column[Any]] = []
    for column in table.c:
        given = (sa.Identity(start=_FIRST_NEW_ID),) if column is numbered else ()
        counts = column is table.autoincrement_column
        columns.append(
            sa.Column(
                column.name,
                column.type,
                *given,
                primary_key=column.primary_key,
                nullable=column.nullable,
                autoincrement=counts if column.primary_key else "auto",
            )
        )
    unique = [sa.UniqueConstraint(*each.columns.keys()) for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    indexes = [sa.Index(f"shadow_{index.name}", *index.columns.keys(), unique=index.unique) for index in table.indexes]
    return sa.Table(table.name, sa.MetaData(), *columns, *unique, *indexes, prefixes=["TEMPORARY"])
