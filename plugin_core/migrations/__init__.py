"""The tables' history: brings a database, empty or old, to the tables of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from plugin_core.errors import SettingsProblem

_HERE = Path(__file__).parent


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to ``revision``. One transaction: it arrives whole or stays as it was. Repeatable.

    A database of a newer version raises SettingsProblem and is left alone.
    """
    with _transaction(engine) as connection:
        _refuse_newer(connection)
        command.upgrade(configuration(connection), revision)


def downgrade(engine: Engine, revision: str = "-1") -> None:
    with _transaction(engine) as connection:
        command.downgrade(configuration(connection), revision)


def current(engine: Engine) -> str | None:
    """The revision the database is at; None where it is empty."""
    with engine.connect().execution_options(reading=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    return current(engine) == ScriptDirectory.from_config(configuration()).get_current_head()


def is_empty(engine: Engine) -> bool:
    """Whether there is no table at all: nobody's data is there yet."""
    with engine.connect().execution_options(reading=True) as connection:
        return not inspect(connection).get_table_names()


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """On SQLite with foreign keys checked at the end: a table that is copied and dropped would take its children with it."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")  # no effect inside a transaction, hence here
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise SettingsProblem(
                        f"Migrating would leave rows of {broken[0]} without their {broken[2]}; nothing was changed.",
                        mend="Please report this with the version you came from.",
                    )
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _refuse_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if found is not None and found not in known:
        raise SettingsProblem(
            f"The database is at revision {found}, which this version of Comeback does not know.",
            mend="Run the newer version again, or restore the backup made before it was installed.",
        )
