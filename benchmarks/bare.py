"""The smallest endpoint that does what a webhook needs: checks a signature, makes one row durable, answers. For comparison.

``BARE_GROUPED=1``: one thread writes for all requests that wait, as the program does; otherwise each request commits by itself.
"""

from __future__ import annotations

import base64
import hmac
import os
import sqlite3
import threading
from queue import Empty, SimpleQueue
from typing import Any

import psycopg
from flask import Flask, Response, request

_INSERT = "INSERT INTO bare (topic, body) VALUES ({0}, {0})"
Row = tuple[str, bytes]


class Store:
    def __init__(self, url: str) -> None:
        self._url = url
        self._sqlite = url.startswith("sqlite:///")
        self._sql = _INSERT.format("?" if self._sqlite else "%s")
        self._held = threading.local()

    def write(self, rows: list[Row]) -> None:
        connection = self._connection()
        connection.cursor().executemany(self._sql, rows)
        connection.commit()

    def _connection(self) -> Any:
        if not hasattr(self._held, "connection"):
            if self._sqlite:
                opened: Any = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=30)
                opened.execute("PRAGMA journal_mode=WAL")
                opened.execute("PRAGMA synchronous=FULL")
                opened.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, topic TEXT, body BLOB)")
            else:
                opened = psycopg.connect(self._url.replace("postgresql+psycopg", "postgresql"))
            self._held.connection = opened
        return self._held.connection


class Grouped:
    """One commit for all that wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[tuple[Row, threading.Event]] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def write(self, rows: list[Row]) -> None:
        done = threading.Event()
        self._queue.put((rows[0], done))
        done.wait()

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            try:
                while True:
                    batch.append(self._queue.get_nowait())
            except Empty:
                self._store.write([row for row, _ in batch])
            for _, done in batch:
                done.set()


def web() -> Flask:
    secret = os.environ["COMEBACK_SHOPIFY_CLIENT_SECRET"].encode()
    store = Store(os.environ["COMEBACK_DATABASE_URL"])
    writer: Store | Grouped = Grouped(store) if os.environ.get("BARE_GROUPED") == "1" else store
    app = Flask("bare", static_folder=None)

    @app.post("/webhooks/shopify")
    def receive() -> Response:
        raw = request.get_data(cache=False)
        wanted = base64.b64encode(hmac.digest(secret, raw, "sha256")).decode()
        if not hmac.compare_digest(wanted, request.headers.get("X-Shopify-Hmac-Sha256", "")):
            return Response(status=401)
        writer.write([(request.headers.get("X-Shopify-Topic", ""), raw)])
        return Response(status=200)

    return app
