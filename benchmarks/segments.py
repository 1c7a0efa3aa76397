"""Segments at full size against Polars working out the RFM alone: ``N=1000000 python -m benchmarks.segments``.

Customers have five orders on average. The database holds the maintained metrics; Polars gets the orders in memory.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import numpy as np
import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.db import Database, create_engine
from plugin_core.segments import nightly
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.stock import ensure_stock
from plugin_core.segments.tick import tick
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

NOW = 1_795_348_800 * 1_000_000
SETTINGS = StoreSettings()
MOST_POLARS = 3.0
MOST_TOUCHED_MS = 5.0
MOST_TICK_MS = 10.0


def run(n: int) -> list[dict[str, Any]]:
    """One row a measurement: name, value, unit, limit (None: shown for information), ok."""
    orders = history(n)
    peer = min(_seconds(lambda: polars_rfm(orders)) for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(create_engine(f"sqlite:///{Path(folder) / 'segments.sqlite'}"))
        fill(database, orders, n)
        first = _timed(database, whole)
        with database.write() as session:
            touch(session)
        again = _timed(database, lambda s, store: night(s, store, n))
        touched = min(_timed(database, lambda s, store, person=person: one(s, store, person)) for person in range(1, 21))  # type: ignore[misc]
        with database.write() as session:
            tick(session, session.get_one(Store, 1), SETTINGS, 0, now=NOW)
        empty = min(_timed(database, quiet_tick) for _ in range(5))
        database.engine.dispose()
    return [
        _row("Polars, RFM alone", peer, "s", None),
        _row("whole store, first time (everything is written)", first / peer, "x Polars", None),
        _row("whole store again, 1 % of people changed", again / peer, "x Polars", MOST_POLARS),
        _row("one touched customer", touched * 1000, "ms", MOST_TOUCHED_MS),
        _row("tick in which nobody crosses", empty * 1000, "ms", MOST_TICK_MS),
    ]


def history(n: int) -> pl.DataFrame:
    dice = np.random.default_rng(1)
    counts = dice.poisson(dice.gamma(1.2, 4 / 1.2, n)) + 1
    people = np.repeat(np.arange(1, n + 1), counts)
    at = NOW - (dice.random(len(people)) * 900 * DAY_US).astype(np.int64)
    net = dice.lognormal(8.5, 0.8, len(people)).astype(np.int64)
    placed = np.argsort(at)
    return pl.DataFrame({"person": people[placed], "at": at[placed], "net": net[placed]})


def polars_rfm(orders: pl.DataFrame) -> pl.DataFrame:
    people = orders.group_by("person").agg(r=pl.col("at").max(), f=pl.len().cast(pl.Int64), m=pl.col("net").sum())
    scores = []
    for name in "rfm":
        cuts = [pl.col(name).quantile(percent / 100, interpolation="nearest") for percent in (20, 40, 60, 80)]
        scores.append((1 + sum((pl.col(name) > cut).cast(pl.Int8) for cut in cuts)).alias(f"{name}_score"))
    return people.with_columns(scores)


def fill(database: Database, orders: pl.DataFrame, n: int) -> None:
    metadata.create_all(database.engine)
    people = orders.group_by("person").agg(
        count=pl.len(),
        net=pl.col("net").sum(),
        first=pl.col("at").min(),
        last=pl.col("at").max(),
        previous=pl.col("at").top_k(2).min(),
    )
    gap = (pl.col("last") - pl.col("first")) / (pl.col("count") - 1) / DAY_US
    several = pl.col("count") > 1
    previous = pl.when(several).then(pl.col("previous")).alias("previous")
    rows = people.sort("person").select(
        "person", "count", "net", "first", "last", previous, pl.when(several).then(gap).alias("gap")
    )
    with database.write() as session:
        session.add(Account(id=1, key="bench", name="Bench", secret="", reporting_currency="EUR", created_at=0))
        session.flush()
        session.add(
            Store(
                id=1,
                account_id=1,
                key="bench",
                platform="shopify",
                address="bench",
                name="Bench",
                currency="EUR",
                zone="Europe/Berlin",
                connected_at=0,
            )
        )
        session.flush()
        cursor = session.connection().connection.cursor()
        keys = ((person, 1, f"{person:016x}", f"p{person}@example.com", 0) for person in range(1, n + 1))
        cursor.executemany(_insert("customers", "id", "account_id", "key", "email", "since"), keys)
        measured = ("orders_count", "priced_orders", "visits", "net_spent", "net_merchandise", "received", "first_order_at")
        moments = ("last_order_at", "last_visit_at", "previous_order_at", "own_gap_days")
        repeated = (
            (1, person, count, count, count, net, net, net, begin, last, last, before, gap)
            for person, count, net, begin, last, before, gap in rows.iter_rows()
        )
        cursor.executemany(_insert("customer_stats", "store_id", "customer_id", *measured, *moments), repeated)
        ensure_stock(session, session.get_one(Store, 1), now=NOW)


def _insert(table: str, *given: str) -> str:
    """A raw INSERT of the ``given`` columns; the others get what the model would have given them."""
    columns = metadata.tables[table].columns
    others = {column.name: column.default.arg for column in columns if column.name not in given and column.default is not None}
    filled = {
        name: "'{}'" if callable(value) else repr(int(value) if isinstance(value, bool) else value)
        for name, value in others.items()
    }
    marks = ", ".join(["?"] * len(given) + list(filled.values()))
    return f"INSERT INTO {table} ({', '.join([*given, *filled])}) VALUES ({marks})"


def touch(session: Session) -> None:
    """Every hundredth customer orders once more, an hour ago."""
    session.execute(
        sa.text(
            "UPDATE customer_stats SET orders_count = orders_count + 1, priced_orders = priced_orders + 1, visits = visits + 1, "
            "net_spent = net_spent + 5000, received = received + 5000, previous_order_at = last_order_at, last_order_at = :at, "
            "last_visit_at = :at, own_gap_days = (:at - first_order_at) / CAST(visits AS REAL) / 86400000000 "
            "WHERE store_id = 1 AND customer_id % 100 = 0"
        ),
        {"at": NOW - 3_600_000_000},
    )


def whole(session: Session, store: Store) -> None:
    recompute_yardsticks(session, store, SETTINGS, now=NOW)
    evaluate(session, store, SETTINGS, 0, customer_ids=None, now=NOW)


def night(session: Session, store: Store, n: int) -> None:
    nightly.refresh(session, store, SETTINGS, 0, now=NOW, touched=range(100, n + 1, 100))


def one(session: Session, store: Store, person: int) -> None:
    session.execute(
        sa.text("UPDATE customer_stats SET net_spent = net_spent + 900000 WHERE customer_id = :person"), {"person": person}
    )
    evaluate(session, store, SETTINGS, 0, customer_ids=[person], now=NOW)


def quiet_tick(session: Session, store: Store) -> None:
    tick(session, store, SETTINGS, 0, now=NOW)


def _timed(database: Database, work: Callable[[Session, Store], None]) -> float:
    """Seconds for the work and its commit."""
    with database.read() as reading:
        reading.get_one(Store, 1)
    begin = time.perf_counter()
    with database.write() as session:
        work(session, session.get_one(Store, 1))
    return time.perf_counter() - begin


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _row(name: str, value: float, unit: str, limit: float | None) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "unit": unit, "limit": limit, "ok": limit is None or value <= limit}


if __name__ == "__main__":
    for row in run(int(os.environ.get("N", "1000000"))):
        limit = "" if row["limit"] is None else f"limit {row['limit']:g}  {'ok' if row['ok'] else 'MISSED'}"
        print(f"{row['name']:50s}{row['value']:>10.3f} {row['unit']:9s}{limit}")
