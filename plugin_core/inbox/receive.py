"""From a verified delivery to a row: what makes two deliveries the same, what is kept, and how it is written."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import NamedTuple

from plugin_core.deliveries import Verified
from plugin_core.stores.credentials import Vault

COLUMNS = (
    *("store_id", "topic", "resource_id", "dedupe_key", "body", "headers", "triggered_at", "received_at", "state"),
    *("attempts", "problem", "trace", "due_at"),
)
_KEPT_AS_GIVEN = 200  # characters of topic, id and headers; a platform's are far shorter


class Received(NamedTuple):
    """A row for webhook_deliveries, in the order of COLUMNS."""

    store_id: int
    topic: str
    resource_id: str
    dedupe_key: str | None
    body: bytes
    headers: str
    triggered_at: int | None
    received_at: int
    state: str
    attempts: int
    problem: str
    trace: str
    due_at: int


def received(vault: Vault, store_id: int, verified: Verified, raw: bytes, *, now: int) -> Received:
    """Encrypts the body for this store: it can't be opened as another's."""
    headers = {name: _plain(value) for name, value in verified.headers.items()}
    return Received(
        store_id,
        _plain(verified.topic),
        _plain(verified.resource_id),
        _dedupe_key(verified),
        seal_body(vault, store_id, raw),
        json.dumps(headers),
        verified.triggered_at,
        now,
        "pending",
        *(0, "", "", now),
    )


def seal_body(vault: Vault, store_id: int, raw: bytes) -> bytes:
    """Packed first: a platform's JSON shrinks to a sixth, and the disk is what a delivery waits for."""
    return vault.seal_bytes(_context(store_id), zlib.compress(raw, level=1))


def open_body(vault: Vault, store_id: int, sealed: bytes) -> bytes:
    """As it was posted. SettingsProblem where the key it was sealed with is gone."""
    return zlib.decompress(vault.open_bytes(_context(store_id), sealed))


def _context(store_id: int) -> str:
    return f"store:{store_id}:delivery"


def insert_sql(*, sqlite: bool) -> str:
    """One statement for :class:`Received` rows; a delivery that came before is left alone."""
    marks = ", ".join(["?" if sqlite else "%s"] * len(COLUMNS))
    return f"INSERT INTO webhook_deliveries ({', '.join(COLUMNS)}) VALUES ({marks}) ON CONFLICT (store_id, dedupe_key) DO NOTHING"


def count_sql(*, sqlite: bool) -> str:
    """For rows of (platform, store, what, count, last_at)."""
    marks = ", ".join(["?" if sqlite else "%s"] * 5)
    return (
        f"INSERT INTO webhook_counts (platform, store, what, count, last_at) VALUES ({marks}) "
        "ON CONFLICT (platform, store, what) DO UPDATE SET count = webhook_counts.count + excluded.count, "
        "last_at = excluded.last_at"
    )


def _dedupe_key(verified: Verified) -> str | None:
    if not verified.event:
        return None
    text = json.dumps((verified.topic, verified.resource_id, verified.event))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(text: str) -> str:
    """Header text as a column can hold it: PostgreSQL takes no NUL, and nothing takes half a character."""
    kept = text[:_KEPT_AS_GIVEN]
    return kept if kept.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in kept)
