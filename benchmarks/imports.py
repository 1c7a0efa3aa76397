"""A bulk file of Shopify orders to committed rows with customer metrics, and the same file again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.shopify.ahead import read_file
from adapters.shopify.join import grouped
from adapters.shopify.read import read_batches
from benchmarks import limits, memory, shopify_file
from benchmarks.databases import fresh, open_store, workspace
from plugin_core.apply import upsert_many
from plugin_core.db import Database
from plugin_core.known import known
from plugin_core.orders import stale, stats
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

PAGE = 5_000  # orders a transaction
NOW = 1_795_000_000_000_000
WANTED = {"sqlite": 0.40, "postgresql": 0.30}
WANTED_AGAIN = 0.60
WANTED_GROWTH = 1.15  # peak memory of three times the file
Row = dict[str, Any]


def run(n: int) -> list[Row]:
    rows: list[Row] = []
    with workspace() as folder:
        path = folder / "orders.jsonl"
        shopify_file.write(path, n)
        decoding = _decoding(path)
        rows += _import("sqlite", folder, path, n, decoding, limits.raw_sqlite)
        rows += _import("postgresql", folder, path, n, decoding, limits.raw_postgresql)
        rows.append(_memory(folder, n))
    return rows


def take_in(database: Database, store_id: int, path: Path) -> int:
    """Every order of the file into the tables, and the numbers of everybody they belong to; how many changed anything."""

    def stored(external_ids: Any) -> dict[str, tuple[int, str]]:
        with database.read() as session:
            return known(session, store_id, "orders", external_ids)

    changed = 0
    for batch in read_file("orders", path, currency="EUR", known=stored, size=PAGE):
        assert not batch.rejected, batch.rejected[0].reason
        if batch.records:
            with database.write() as session:
                store = session.get_one(Store, store_id)
                settings, _ = store_settings.current(session, store)
                changed += upsert_many(session, store, settings, batch.records, now=NOW).changed
    work_out(database, store_id)
    return changed


def work_out(database: Database, store_id: int) -> None:
    while True:
        with database.write() as session:
            people = stale.listed(session, store_id, PAGE)
            if not people:
                return
            store = session.get_one(Store, store_id)
            stats.recompute(session, store, store_settings.current(session, store)[0], people)
            stale.clear(session, store_id, people)


def _decoding(path: Path) -> float:
    """Seconds for decoding alone, here and with nothing else to do."""
    start = time.perf_counter()
    for _ in read_batches("orders", grouped(path), currency="EUR", size=PAGE):
        pass
    return time.perf_counter() - start


def _import(kind: str, folder: Path, path: Path, n: int, decoding: float, raw: Callable[[Any, limits.Rows], float]) -> list[Row]:
    with fresh(kind, folder) as engine:
        database = Database(engine)
        store_id = open_store(database)
        start = time.perf_counter()
        assert take_in(database, store_id, path) == n
        ours = time.perf_counter() - start
        start = time.perf_counter()
        again = take_in(database, store_id, path)
        repeated = time.perf_counter() - start
        rows = limits.rows_of(engine)
    assert again == 0, f"{again} unchanged orders were written again"
    assert len(rows["orders"][1]) == n
    with fresh(kind, folder) as engine:
        limit = raw(engine, rows)
    first = _row(f"import, {kind}", n / ours, n / limit, WANTED[kind], "orders/s")
    return [first, _row(f"import again, {kind}", n / repeated, n / decoding, WANTED_AGAIN, "orders/s")]


def _memory(folder: Path, n: int) -> Row:
    """Below some ten pages the caches (SQLite's alone takes 64 MB) are still filling: then it is only shown."""
    small, large = memory.peak(folder, n), memory.peak(folder, 3 * n)
    row = _row("peak memory, file x 3", large, small, WANTED_GROWTH, "MB")
    return {**row, "ok": row["ratio"] <= WANTED_GROWTH or n < 20 * PAGE, "at_most": True}


def _row(name: str, ours: float, limit: float, wanted: float, unit: str) -> Row:
    ratio = ours / limit
    return {"name": name, "ours": ours, "limit": limit, "ratio": ratio, "wanted": wanted, "unit": unit, "ok": ratio >= wanted}
