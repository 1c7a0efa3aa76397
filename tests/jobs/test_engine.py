"""Work is done store by store, waits by the kind of its failure, and is found again by whoever comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.messaging.channels import channel_from_url
from jobs.context import JobContext
from jobs.engine import Engine as Work
from jobs.queue import NoQueue
from jobs.sweep import due
from jobs.turns import turn
from plugin_core.clock import SECOND_US
from plugin_core.db import Database
from plugin_core.errors import AccessRevoked, StoreError, Throttled, Unreachable
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store
from plugin_core.work.standing import standings, troubles
from plugin_core.work.totals import totals
from tests.plugin_core.loyalty.shop import open_store


class Notes(NoQueue):
    def __init__(self) -> None:
        self.nudged: list[tuple[str, int]] = []

    def nudge(self, task: str, store_id: int = 0, *, again: bool = False) -> None:
        self.nudged.append((task, store_id))


class Street:
    """Two stores; whoever opens one of them meets its trouble."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.database = Database(engine)
        self.now = 1_800_000_000 * SECOND_US
        self.trouble: dict[str, Exception] = {}
        self.queue = Notes()
        self.mails = folder / "mails"
        unused: Any = None
        self.context = JobContext(
            *(self.database, unused, self._open, channel_from_url(f"folder:{self.mails}"), unused, "https://us.example"),
            clock=lambda: self.now,
            queue=self.queue,
        )
        self.work = Work(self.context)
        with self.database.write() as session:
            self.tea = open_store(session, "tea").id
            self.coffee = open_store(session, "coffee").id

    @contextmanager
    def _open(self, store: Store) -> Iterator[Any]:
        raise self.trouble.get(store.key, Unreachable("it is closed.", store=store.key))
        yield

    def stands(self, task: str) -> Any:
        with self.database.read() as session:
            return standings(session, self.tea)[self.tea, task]

    def due(self, task: str) -> bool:
        return self.tea in due(self.context).get(task, ())


@pytest.fixture
def street(engine: Engine, tmp_path: Path) -> Street:
    return Street(engine, tmp_path)


def throttled(seconds: float) -> StoreError:
    return Throttled("slow down.", store="tea", retry_after=seconds)


def test_a_throttled_store_gives_its_thread_back_and_is_left_alone_for_as_long_as_it_asked(street: Street) -> None:
    street.trouble["tea"] = throttled(90)
    street.work.perform("sync", street.tea)
    stands = street.stands("sync")
    assert 90 * SECOND_US <= stands.not_before - street.now <= 99 * SECOND_US
    assert stands.attempts == 0
    assert not street.due("sync")
    assert street.coffee in due(street.context)["sync"]
    street.now += 100 * SECOND_US
    assert street.due("sync")


def test_a_store_that_can_not_be_reached_is_asked_ever_more_seldom_and_people_are_told(street: Street) -> None:
    waits = []
    for _ in range(4):
        street.work.perform("sync", street.tea)
        waits.append(street.stands("sync").not_before - street.now)
        street.now += waits[-1]
    assert all(later > 1.5 * earlier for earlier, later in pairwise(waits))
    with street.database.read() as session:
        assert any("it is closed" in words for words in troubles(session, street.tea))
        assert troubles(session, street.coffee) == []


def test_a_nudge_before_its_time_does_nothing(street: Street) -> None:
    street.trouble["tea"] = throttled(90)
    street.work.perform("sync", street.tea)
    before = street.stands("sync")
    street.work.perform("sync", street.tea)
    assert street.stands("sync") == before


def test_a_fault_of_ours_is_written_down_without_what_people_wrote(street: Street) -> None:
    street.trouble["tea"] = ZeroDivisionError("ada@example.com")
    street.work.perform("sync", street.tea)
    assert "ZeroDivisionError" in street.stands("sync").problem
    assert "ada" not in street.stands("sync").problem
    with street.database.read() as session:
        found = {(row.store, row.task, row.what): row.total for row in totals(session)}
    assert found["tea", "sync", "error ZeroDivisionError"] == 1


def test_a_store_somebody_is_busy_with_gets_its_turn_afterwards(street: Street) -> None:
    with turn(street.database, street.tea) as ours:
        assert ours
        street.work.perform("refresh", street.tea)
        assert street.stands("refresh").asked_at == street.now
    street.queue.nudged.clear()
    street.trouble["tea"] = throttled(90)
    street.work.perform("sync", street.tea)
    # Whoever was busy passes on what he found asked for.
    assert ("refresh", street.tea) in street.queue.nudged
    assert street.due("refresh")


def test_a_store_that_locked_us_out_is_left_alone_and_its_merchant_told_once(street: Street) -> None:
    with street.database.write() as session:
        values = {"sender_email": "shop@tea.example", "reply_to": "owner@tea.example"}
        store_settings.change(session, session.get_one(Store, street.tea), values, actor="test", now=street.now)
    street.trouble["tea"] = AccessRevoked("the key was taken back.", store="tea", mend="Connect it again.")
    street.work.perform("sync", street.tea)
    with street.database.read() as session:
        store = session.get_one(Store, street.tea)
        assert (store.state, "the key was taken back" in store.problem) == ("reconnect", True)
    assert not street.due("sync")
    assert ("notice", street.tea) in street.queue.nudged
    for _ in range(3):
        street.work.perform("notice", street.tea)
    mails = list(street.mails.glob("*.eml"))
    assert len(mails) == 1
    assert "owner@tea.example" in mails[0].read_text()


def test_nothing_is_begun_by_a_process_that_is_to_end(street: Street) -> None:
    replace(street.work, stopping=lambda: True).perform("sync", street.tea)
    with street.database.read() as session:
        assert standings(session) == {}
    assert street.due("sync")
