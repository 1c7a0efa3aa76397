"""``python -m benchmarks.applying STORE``: a worker that applies what a store has told, and says how many seconds it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from sqlalchemy import Engine

from comeback import settings as environment
from comeback.app import build, now_us
from jobs.tasks import TASKS
from plugin_core import bulk
from plugin_core.db import Database, is_sqlite
from plugin_core.deliveries import Verified
from plugin_core.inbox.receive import insert_sql, received
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores import settings as store_settings
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Account, Store

KEY = "a key for a store that is not there"


def fill(engine: Engine, address: str, bodies: Iterable[bytes]) -> int:
    """A store in an account of its own, imported (it was empty), that has told all that; its id."""
    database, vault = Database(engine), Vault([KEY])
    now = now_us()
    with database.write() as session:
        account = Account(
            key=address,
            name=address,
            secret=vault.seal(f"account:{address}:secret", address),
            reporting_currency="EUR",
            created_at=now,
        )
        session.add(account)
        session.flush()
        store = Store(
            account_id=account.id, key=address, platform="shopify", address=address, name=address, currency="EUR", zone="UTC",
            connected_at=now, first_import_at=now,
        )  # fmt: skip
        session.add(store)
        session.flush()
        settings, _ = store_settings.current(session, store)
        recompute_yardsticks(session, store, settings, now=now)
        rows = [
            tuple(received(vault, store.id, Verified("orders/create", "", f"event-{number}"), raw, now=now))
            for number, raw in enumerate(bodies)
        ]
        bulk.update_rows(session, insert_sql(sqlite=is_sqlite(session)).replace("%s", "?"), rows)
        return store.id


def main() -> None:
    store_id = int(sys.argv[1])
    app = build(environment.load())
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    counts = TASKS["inbox"].run(app.context, store_id).counts
    took = time.perf_counter() - began
    assert counts["applied"] == counts["changed"], f"not all was applied: {dict(counts)}"
    app.close()
    print(took)


if __name__ == "__main__":
    main()
