"""Fresh databases to measure in: an SQLite file, and a throw-away PostgreSQL where its programs are installed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from plugin_core.db import Database, create_engine
from plugin_core.migrations import migrate
from plugin_core.stores.models import Account, Store
from tests import postgres


@contextmanager
def workspace(*, durable: bool = False) -> Iterator[Path]:
    """A folder for everything a run leaves behind; the PostgreSQL started in it ends with it. ``durable``: waits for the disk."""
    postgres.begin_run(durable=durable)
    folder = postgres.run_folder()
    try:
        with tempfile.TemporaryDirectory(prefix="comeback-bench-", dir=os.environ.get("TMPDIR")) as own:
            yield Path(own)
    finally:
        postgres.end_run()
        assert not folder.exists()


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Engine]:
    """An empty, migrated database of ``kind``: "sqlite" or "postgresql"."""
    name = f"bench_{uuid4().hex}"
    if kind == "sqlite":
        url = f"sqlite:///{folder / name}.sqlite"
    else:
        socket = postgres.server(postgres.run_folder())
        postgres.execute(socket, f"CREATE DATABASE {name}")
        url = postgres.url(socket, name)
    engine = create_engine(url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()
        if kind == "sqlite":
            for file in folder.glob(f"{name}*"):
                file.unlink()
        else:
            postgres.execute(socket, f"DROP DATABASE {name} WITH (FORCE)")


def open_store(database: Database) -> int:
    """The id of a store in EUR, the only one of its account."""
    with database.write() as session:
        account = Account(key="main", name="main", secret=uuid4().hex, reporting_currency="EUR", created_at=0)
        session.add(account)
        session.flush()
        store = Store(
            account_id=account.id,
            key="shop",
            platform="shopify",
            address="shop.example",
            name="Shop",
            currency="EUR",
            zone="Europe/Berlin",
            connected_at=0,
        )
        session.add(store)
        session.flush()
        return store.id
