"""The limits beside which the import is measured: the very same rows written by the driver alone, and decoding alone."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from plugin_core.tables import metadata

# Everything an import of orders leaves behind, parents first.
TABLES = (
    *("accounts", "stores", "customers", "customer_addresses", "store_customers", "orders", "order_lines", "refunds"),
    "customer_stats",
)
Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]  # table -> columns, rows


@contextmanager
def no_collection() -> Iterator[None]:
    """Millions of tuples wait in memory: looking for cycles among them would be charged to the limit."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def rows_of(engine: Engine) -> Rows:
    found: Rows = {}
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for table in TABLES:
            columns = [column.name for column in metadata.tables[table].columns]
            # As text, the way a program that writes rows has them in hand.
            chosen = ", ".join(
                f"CAST({column.name} AS TEXT)" if "JSON" in str(column.type) else column.name
                for column in metadata.tables[table].columns
            )
            cursor.execute(f"SELECT {chosen} FROM {table}")
            found[table] = (columns, [tuple(row) for row in cursor.fetchall()])
        cursor.close()
    return found


def raw_sqlite(engine: Engine, rows: Rows) -> float:
    """Seconds for ``executemany`` upserts of all rows in one transaction."""
    with engine.connect() as connection, no_collection():
        connection.exec_driver_sql("SELECT 1")  # begins the transaction
        cursor = connection.connection.cursor()
        start = time.perf_counter()
        for table, (columns, values) in rows.items():
            marks = ", ".join("?" * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) {_on_conflict(table, columns)}", values
            )
        connection.commit()
        return time.perf_counter() - start


def raw_postgresql(engine: Engine, rows: Rows) -> float:
    """Seconds for COPY into temporary tables and upserts from there, in one transaction."""
    with engine.connect() as connection, no_collection():
        cursor: Any = connection.connection.cursor()
        start = time.perf_counter()
        for table, (columns, values) in rows.items():
            names = ", ".join(columns)
            cursor.execute(f"CREATE TEMPORARY TABLE raw_{table} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")
            with cursor.copy(f"COPY raw_{table} ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM raw_{table} {_on_conflict(table, columns)}")
        connection.commit()
        return time.perf_counter() - start


def _on_conflict(table: str, columns: Sequence[str]) -> str:
    key = [column.name for column in metadata.tables[table].primary_key.columns]
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"ON CONFLICT ({', '.join(key)}) " + (f"DO UPDATE SET {sets}" if sets else "DO NOTHING")
