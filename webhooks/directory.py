"""Which store a delivery is for, and what it signs with; remembered for some seconds, for a busy store sends many a second."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from plugin_core import bulk
from plugin_core.db import Database
from plugin_core.inbox.secrets import webhook_secrets
from plugin_core.stores.credentials import Vault

_REMEMBERED = 5.0  # seconds
_STALE = 1.0  # seconds; a signature that doesn't fit is held once more against secrets no older than this
_MOST = 10_000  # names; whoever makes them up shall not fill the memory


class Known(NamedTuple):
    store_id: int
    key: str
    secrets: tuple[str, ...]  # its own, newest first


class Directory:
    """By a column of the stores: "key" or "address"."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._found: dict[tuple[str, str, str], tuple[float, Known | None]] = {}
        self._guard = threading.Lock()

    def find(self, platform: str, column: str, name: str, *, again: bool = False) -> Known | None:
        """``again``: what is remembered did not fit."""
        place = (platform, column, name)
        now = time.monotonic()
        held = self._found.get(place)
        if held is not None and now - held[0] < (_STALE if again else _REMEMBERED):
            return held[1]
        found = self._read(*place)
        with self._guard:
            if len(self._found) >= _MOST:
                self._found.clear()
            self._found[place] = (now, found)
        return found

    def _read(self, platform: str, column: str, name: str) -> Known | None:
        if not name.isprintable():
            return None
        with self._database.read() as session:
            rows = bulk.select(session, f"SELECT id, key FROM stores WHERE platform = ? AND {column} = ?", platform, name)  # noqa: S608 - our own word
            if not rows:
                return None
            store_id, key = rows[0]
            return Known(store_id, key, webhook_secrets(session, self._vault, store_id))
