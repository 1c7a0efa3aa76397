"""One store's trouble is said and stops no other store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from jobs.context import JobContext
from jobs.due import run_due
from plugin_core.db import Database
from plugin_core.errors import Throttled
from plugin_core.stores.models import Store
from tests.plugin_core.loyalty.shop import open_store


def context(engine: Engine, first: Exception) -> tuple[JobContext, list[str]]:
    database = Database(engine)
    with database.write() as session:
        open_store(session, "coffee")
        open_store(session, "tea")
    asked: list[str] = []

    def client(store: Store) -> AbstractContextManager[Any]:
        asked.append(store.key)
        raise first if store.key == "coffee" else Throttled("slow down.", store="tea")

    unused: Any = None
    return JobContext(database, unused, client, unused, unused, "", lambda: 1_000_000_000_000), asked


def test_a_fault_nobody_thought_of_in_one_store_leaves_the_others_their_turn(engine: Engine) -> None:
    jobs, asked = context(engine, ZeroDivisionError("ada@example.com"))
    coffee, tea = run_due(jobs)
    assert asked == ["coffee", "tea"]
    assert "coffee: something unexpected happened (ZeroDivisionError)" in coffee.problem
    assert "ada@example.com" not in coffee.problem
    assert "slow down" in tea.problem


def test_a_database_that_is_gone_ends_the_run(engine: Engine) -> None:
    jobs, asked = context(engine, OperationalError("SELECT 1", {}, Exception("server closed the connection")))
    with pytest.raises(OperationalError):
        run_due(jobs)
    assert asked == ["coffee"]
