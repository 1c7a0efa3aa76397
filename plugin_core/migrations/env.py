"""Alembic's entry: runs the migrations on the connection it is given, or on COMEBACK_DATABASE_URL from the command line."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

from plugin_core.db import create_engine
from plugin_core.errors import SettingsProblem
from plugin_core.tables import metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite can't alter most of a table: Alembic copies it instead.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = os.environ.get("COMEBACK_DATABASE_URL", "")
    if not url:
        raise SettingsProblem("No database was named.", mend="Set COMEBACK_DATABASE_URL, or use `comeback migrate`.")
    engine = create_engine(url)
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


main()
