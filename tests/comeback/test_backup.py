"""A backup taken in the middle of the day's work is a whole one, and can be gone on with."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin_core.db import Database, create_engine
from plugin_core.migrations import is_current
from plugin_core.stores.models import AuditEntry
from tests import databases, postgres
from tests.plugin_core.loyalty.shop import buy, meet, open_store

LIMIT_S = 60.0


class Work:
    """Orders that come in while the backup is made: each with a note, in one transaction."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self.database = Database(self.engine)
        with self.database.write() as session:
            self.store = open_store(session)
            self.person = meet(session, self.store, "ada")
        self.done = 0
        self._change = threading.Condition()
        self._over = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            self.wait(self.done + 5)
            yield
            self.wait(self.done + 5)
        finally:
            self._over.set()
            thread.join()

    def wait(self, orders: int) -> None:
        with self._change:
            assert self._change.wait_for(lambda: self.done >= orders, LIMIT_S)

    def _run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            with self.database.write() as session:
                buy(session, self.store, self.person, number, 100, external_id=f"o{number}")
                account = self.store.account_id
                note = {"store_id": self.store.id, "actor": "test", "action": "ordered", "subject": "", "before": {}, "after": {}}
                session.add(AuditEntry(account_id=account, at=number, **note))
            with self._change:
                self.done += 1
                self._change.notify_all()


def counts(url: str) -> tuple[int, int]:
    """Orders, and notes about orders; the database is this version's and takes new rows."""
    engine = create_engine(url)
    try:
        assert is_current(engine)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE stores SET name = 'restored'"))
            found = [connection.scalar(sa.text(f"SELECT COUNT(*) FROM {table}")) for table in ("orders", "audit_entries")]
        return int(found[0] or 0), int(found[1] or 0)
    finally:
        engine.dispose()


def test_a_copy_of_the_sqlite_file_made_while_orders_come_in_is_whole(run_folder: Path, tmp_path: Path) -> None:
    source, copy = tmp_path / "comeback.sqlite", tmp_path / "copy.sqlite"
    work = Work(databases.sqlite_copy(run_folder, source))
    with work.going_on():
        before = work.done
        # What `sqlite3 comeback.sqlite ".backup copy.sqlite"` does.
        with sqlite3.connect(source) as original, sqlite3.connect(copy) as target:
            original.backup(target)
        target.close()
        original.close()
        after = work.done + 1
    work.engine.dispose()
    orders, notes = counts(f"sqlite:///{copy}")
    assert before <= orders == notes <= after


def test_a_dump_of_postgresql_made_while_orders_come_in_is_whole(run_folder: Path, tmp_path: Path) -> None:
    try:
        url, socket, name = databases.postgres_copy(run_folder)
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    restored_url, _, restored = databases.postgres_database(socket)
    dump = tmp_path / "comeback.dump"
    try:
        work = Work(url)
        with work.going_on():
            before = work.done
            with dump.open("wb") as file:
                command = [postgres._program("pg_dump"), "--format=custom", "-h", socket, "-U", "comeback", name]
                subprocess.run(command, check=True, stdout=file)
            after = work.done + 1
        work.engine.dispose()
        restore = [postgres._program("pg_restore"), "--no-owner", "-h", socket, "-U", "comeback", "-d", restored, str(dump)]
        subprocess.run(restore, check=True)
        orders, notes = counts(restored_url)
        assert before <= orders == notes <= after
    finally:
        databases.postgres_drop(socket, name)
        databases.postgres_drop(socket, restored)
