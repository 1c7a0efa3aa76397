"""The database keeps what it holds to itself: in its files and in what it says when something goes wrong."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from plugin_core.db import create_engine


def test_nobody_else_on_the_machine_can_read_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "comeback.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (email TEXT)")
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["comeback.sqlite", "comeback.sqlite-shm", "comeback.sqlite-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    engine.dispose()


def test_an_error_of_the_database_names_no_customer(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as trouble:
        connection.execute(sa.text("INSERT INTO no_such_table VALUES (:email)"), {"email": "ada@example.com"})
    assert "no_such_table" in str(trouble.value)
    assert "ada@example.com" not in str(trouble.value)
