"""An installation made ready once a process and put back before each test: importing takes longer than what pages are asked."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.sandbox import Twins, start_twins
from adapters.sandbox.deliveries import Deliveries
from tests import databases
from tests.admin.world import World, built, import_both, opened

_ITS_OWN = frozenset({"lock", "clock", "deliveries", "bucket"})  # of a store: lives on, or is made anew


class Prepared:
    """One installation of one kind of database. Only one world of it is open at a time, or those that only look."""

    def __init__(self, kind: str, run_folder: Path, folder: Path, open_until: ExitStack) -> None:
        self._kind, self._run_folder, self._file = kind, run_folder, folder / "prepared.sqlite"
        self._server = ("", "")  # socket folder, name of the database
        self._twins = open_until.enter_context(start_twins(30, now=datetime.now(UTC)))
        with built(self._first(open_until), folder, self._twins) as app:
            import_both(app, self._twins)
        self._beginnings = [_state(store) for store in _stores(self._twins)]

    @contextmanager
    def world(self, folder: Path) -> Iterator[World]:
        for store, state in zip(_stores(self._twins), self._beginnings, strict=True):
            store.deliveries.close()
            store.__dict__.update(pickle.loads(state), deliveries=Deliveries(store.seed))
        self._twins.shopify.faults.clear()
        self._twins.woocommerce.faults.clear()
        with self._copy(folder) as url, built(url, folder, self._twins) as app:
            yield opened(app, self._twins)

    def _first(self, open_until: ExitStack) -> str:
        if self._kind == "sqlite":
            return databases.sqlite_copy(self._run_folder, self._file)
        url, *self._server = databases.postgres_copy(self._run_folder)
        open_until.callback(databases.postgres_drop, *self._server)
        return url

    @contextmanager
    def _copy(self, folder: Path) -> Iterator[str]:
        if self._kind == "sqlite":
            yield f"sqlite:///{shutil.copyfile(self._file, folder / 'comeback.sqlite')}"
            return
        url, socket, name = databases.postgres_database(*self._server)
        yield url
        databases.postgres_drop(socket, name)


def _stores(twins: Twins) -> tuple[Any, ...]:
    return (*twins.shopify.shops.values(), twins.woocommerce.store)


def _state(store: Any) -> bytes:
    return pickle.dumps({name: value for name, value in vars(store).items() if name not in _ITS_OWN})
