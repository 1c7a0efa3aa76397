"""Webhooks: accepted a second beside the smallest endpoint on the same server, and applied a second by one and two workers."""

from __future__ import annotations

import base64
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from adapters.sandbox import start_twins
from adapters.sandbox.shopify import payloads
from benchmarks import applying, load
from benchmarks.databases import fresh, open_store, workspace
from plugin_core.db import Database
from plugin_core.stores.models import Store

SECRET = "shpss_bench"  # noqa: S105 - nobody's
SHOP = "bench.myshopify.com"
SECONDS, ROUNDS = 3.0, 3
WANTED, P99_MS = 0.60, 50.0
_MANY = 4_000  # deliveries a store that workers apply
Row = dict[str, Any]


def run(*, seconds: float = SECONDS, rounds: int = ROUNDS, deliveries: int = _MANY) -> list[Row]:
    rows: list[Row] = []
    body = _order()
    with workspace(durable=True) as folder:
        for kind in ("sqlite", "postgresql"):
            with fresh(kind, folder) as engine:
                rows += _accepted(kind, engine, body, seconds, rounds)
        for kind in ("sqlite", "postgresql"):
            with fresh(kind, folder) as engine:
                rows += _applied(kind, engine, body, deliveries)
    return rows


def _accepted(kind: str, engine: Engine, body: str, seconds: float, rounds: int) -> list[Row]:
    url = engine.url.render_as_string(hide_password=False)
    _open_shop(engine)
    ways = {
        "ours": ("comeback.serving:web", url, "0"),
        "each": ("benchmarks.bare:web", url, "0"),
        "group": ("benchmarks.bare:web", url, "1"),
    }
    if kind == "sqlite":  # a file of its own; the two must not wait for each other's checkpoints
        ways |= {name: (way[0], f"{url}-{name}", way[2]) for name, way in ways.items() if name != "ours"}
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text, body bytea)"
            )
    rates: dict[str, list[float]] = {name: [] for name in ways}
    requests = _requests(body)
    for _ in range(rounds):
        for name, way in ways.items():
            with _served(*way) as port:
                load.send(port, requests, seconds / 6)  # warm
                rates[name].append(load.send(port, requests, seconds).rate)
    ours = statistics.median(rates["ours"])
    limit = max(statistics.median(rates["each"]), statistics.median(rates["group"]))
    with _served(*ways["ours"]) as port:
        load.send(port, requests, seconds / 6)
        half = load.send(port, requests, seconds, rate=ours / 2)
    p99 = half.percentile(0.99) * 1_000
    assert not half.refused, f"{half.refused} deliveries were refused"
    return [
        {
            "name": f"webhooks accepted, {kind}", "ours": ours, "limit": limit, "ratio": ours / limit, "unit": "1/s",
            "wanted": WANTED, "ok": ours / limit >= WANTED,
        },
        {
            "name": f"  p99 at half of that, {kind}", "ours": p99, "unit": "ms", "wanted": P99_MS, "ok": p99 <= P99_MS,
            "at_most": True,
        },
    ]  # fmt: skip


def _applied(kind: str, engine: Engine, body: str, deliveries: int) -> list[Row]:
    """One worker process for one store; on PostgreSQL also two, each for its own store."""
    url = engine.url.render_as_string(hide_password=False)
    stores = [applying.fill(engine, f"{number}-{SHOP}", _bodies(body, deliveries)) for number in range(3)]
    one = _workers(url, stores[:1])
    rows: list[Row] = [
        {"name": f"events applied by a worker, {kind}", "ours": deliveries / one, "unit": "1/s", "wanted": None, "ok": True}
    ]
    if kind == "postgresql":
        two = _workers(url, stores[1:])
        name = "  two workers to one, postgresql"
        rows.append(
            {
                "name": name,
                "ours": 2 * deliveries / two,
                "limit": deliveries / one,
                "ratio": 2 * one / two,
                "unit": "1/s",
                "wanted": None,
                "ok": True,
            }
        )
    return rows


def _workers(url: str, stores: list[int]) -> float:
    """Seconds that the slowest of them was at work; they begin together."""
    environment = _environment(url)
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.applying", str(store)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for store in stores
    ]  # fmt: skip
    for process in begun:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in begun:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return max(float(process.communicate()[0].split()[-1]) for process in begun)


@contextmanager
def _served(target: str, url: str, grouped: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = _environment(url) | {"BARE_GROUPED": grouped}
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.serving", target, str(port)], env=environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, f"{target} does not serve"
            assert time.monotonic() < deadline, f"{target} does not serve"
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMEBACK_")}
    return kept | {
        "COMEBACK_DATABASE_URL": url,
        "COMEBACK_SECRET_KEY": applying.KEY,
        "COMEBACK_SMTP_URL": "folder:/nowhere",
        "COMEBACK_SHOPIFY_CLIENT_ID": "bench",
        "COMEBACK_SHOPIFY_CLIENT_SECRET": SECRET,
        "COMEBACK_PUBLIC_URL": "http://127.0.0.1:9",
    }


def _open_shop(engine: Engine) -> None:
    database = Database(engine)
    store_id = open_store(database)
    with database.write() as session:
        session.get_one(Store, store_id).address = SHOP


def _order() -> str:
    """An order as it is told, with marks where each one differs."""
    with start_twins(people=6) as twins:
        shop = twins.shopify.store
        told = next(payloads.order(shop, each) for each in shop.orders.values() if each["customer"] and each["status"] == "PAID")
    told |= {"id": 111_111_111_111, "email": "person-222222@x.example", "currency": "EUR", "presentment_currency": "EUR"}
    told["customer"] |= {"id": 222_222, "email": "person-222222@x.example"}
    return json.dumps(told)


def _bodies(body: str, count: int) -> Iterator[bytes]:
    """Four orders a person."""
    for number in range(count):
        yield body.replace("111111111111", str(500_000 + number)).replace("222222", str(1_000 + number // 4)).encode()


def _requests(body: str) -> Iterator[bytes]:
    def told() -> Iterator[tuple[dict[str, str], bytes]]:
        for number, raw in enumerate(_bodies(body, 10_000_000)):
            yield {
                "Content-Type": "application/json", "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": SHOP,
                "X-Shopify-Event-Id": f"event-{number}", "X-Shopify-Triggered-At": "2026-11-20T10:00:00Z",
                "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(SECRET.encode(), raw, "sha256")).decode(),
            }, raw  # fmt: skip

    return load.prepared("/webhooks/shopify", told())
