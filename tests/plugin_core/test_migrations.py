"""A database made by the migrations is the database the code expects, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from plugin_core.db import create_engine
from plugin_core.errors import SettingsProblem
from plugin_core.migrations import current, downgrade, is_current, migrate
from plugin_core.tables import metadata


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_database_url)
    yield engine
    engine.dispose()


def shape(engine: Engine) -> set[tuple[str, ...]]:
    """Everything the database itself says about its tables, as comparable facts."""
    inspector = sa.inspect(engine)
    facts: set[tuple[str, ...]] = set()
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        facts |= {(table, "column", str(sorted(column.items(), key=str))) for column in inspector.get_columns(table)}
        facts |= {(table, "index", _in_words(index)) for index in inspector.get_indexes(table)}
        facts |= {(table, "unique", str(sorted(one.items(), key=str))) for one in inspector.get_unique_constraints(table)}
        facts |= {(table, "foreign", str(sorted(one.items(), key=str))) for one in inspector.get_foreign_keys(table)}
        facts |= {(table, "check", str(sorted(one.items(), key=str))) for one in inspector.get_check_constraints(table)}
        facts.add((table, "primary", str(inspector.get_pk_constraint(table))))
        facts.add((table, "options", str(inspector.get_table_options(table))))
    return facts


def _in_words(index: Mapping[str, Any]) -> str:
    """The condition of a partial index is an object that equals nothing but itself: its text is meant."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str(sorted({**index, "dialect_options": options}.items(), key=str))


def test_an_empty_database_gets_exactly_the_tables_of_the_models(empty: Engine) -> None:
    migrate(empty)
    assert is_current(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    by_migration = shape(empty)
    assert {fact[0] for fact in by_migration} == set(metadata.tables)
    with empty.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert by_migration == shape(empty)


def test_migrating_twice_changes_nothing(empty: Engine) -> None:
    migrate(empty)
    before = shape(empty)
    migrate(empty)
    assert shape(empty) == before


def test_one_step_back_and_forth_gives_the_same_tables(empty: Engine) -> None:
    migrate(empty)
    before = shape(empty)
    newest = current(empty)
    downgrade(empty)
    assert current(empty) != newest
    assert shape(empty) != before
    migrate(empty)
    assert shape(empty) == before


def test_a_database_of_a_newer_version_is_left_alone(empty: Engine) -> None:
    migrate(empty)
    before = shape(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsProblem, match=r"9999.*newer version"):
        migrate(empty)
    assert shape(empty) == before


def test_the_database_refuses_orphans_after_migrating(empty: Engine) -> None:
    migrate(empty)
    orphan = (
        "INSERT INTO audit_entries (account_id, actor, action, subject, before, after, at) VALUES (77, '', '', '', '{}', '{}', 0)"
    )
    with empty.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(text(orphan))
