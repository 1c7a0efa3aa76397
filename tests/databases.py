"""Fresh, migrated databases for the tests: copied from one template a run, so that each costs milliseconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from plugin_core.db import create_engine
from plugin_core.migrations import migrate
from tests import postgres

TEMPLATE = "comeback_template"
# Copying files needs a checkpoint but no write-ahead log: faster than the default while fsync is off.
STRATEGY = "FILE_COPY"


def sqlite_template(folder: Path) -> Path:
    path = folder / "template.sqlite"
    with postgres.locked(folder):
        if not path.exists():
            half_done = path.with_suffix(".new")
            _migrate(f"sqlite:///{half_done}")
            half_done.rename(path)
    return path


def postgres_template(folder: Path) -> str:
    """Returns the socket folder of a running cluster that holds the migrated template."""
    socket = postgres.server(folder)
    with postgres.locked(folder):
        if not postgres.exists(socket, TEMPLATE):
            half_done = f"{TEMPLATE}_new"
            postgres.execute(socket, f"DROP DATABASE IF EXISTS {half_done}")
            postgres.execute(socket, f"CREATE DATABASE {half_done}")
            _migrate(postgres.url(socket, half_done))
            postgres.execute(socket, f"ALTER DATABASE {half_done} RENAME TO {TEMPLATE}")
    return socket


def sqlite_copy(folder: Path, target: Path) -> str:
    shutil.copyfile(sqlite_template(folder), target)
    return f"sqlite:///{target}"


@contextmanager
def copy(kind: str, folder: Path, target: Path) -> Iterator[str]:
    """The URL of a fresh database; one of SQLite lies in ``target``."""
    if kind == "sqlite":
        yield sqlite_copy(folder, target / "comeback.sqlite")
        return
    url, socket, name = postgres_copy(folder)
    yield url
    postgres_drop(socket, name)


def postgres_copy(folder: Path) -> tuple[str, str, str]:
    """``(url, socket folder, name)`` of a new database; :func:`postgres_drop` it afterwards."""
    return postgres_database(postgres_template(folder), TEMPLATE)


def postgres_database(socket: str, template: str = "template1") -> tuple[str, str, str]:
    name = f"test_{uuid4().hex}"
    postgres.execute(socket, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {STRATEGY}")
    return postgres.url(socket, name), socket, name


def postgres_drop(socket: str, name: str) -> None:
    postgres.execute(socket, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    engine: Engine = create_engine(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()
