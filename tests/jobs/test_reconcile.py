"""What webhooks and lists of changes don't tell is found: records that are gone, and events that were lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, select

from jobs.context import JobContext
from jobs.reconcile import check_deletions
from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.db import Database
from plugin_core.inbox.models import WebhookDelivery
from plugin_core.orders.models import Order
from plugin_core.records import Deletion, Page
from plugin_core.stores.models import Store
from tests.plugin_core.loyalty.shop import buy, meet, open_store

NOW = 1_800_000_000 * SECOND_US


class Shop:
    """Says of each record that it is asked for whether it is gone; what is there it leaves out as unchanged."""

    def __init__(self, engine: Engine, orders: int) -> None:
        self.database = Database(engine)
        self.now = NOW
        self.gone: set[str] = set()
        self.asked: list[str] = []
        unused: Any = None
        self.context = JobContext(self.database, unused, self._open, unused, unused, "", lambda: self.now)
        with self.database.write() as session:
            store = open_store(session)
            store.first_import_at = 1
            ada = meet(session, store, "ada")
            for number in range(orders):
                buy(session, store, ada, NOW - (orders - number) * DAY_US, 100, external_id=f"o{number}")
            self.id = store.id

    @contextmanager
    def _open(self, _store: Store) -> Iterator[Any]:
        yield self

    def fetch(self, resource: str, external_ids: Sequence[str]) -> Page:
        self.asked += external_ids
        return Page([Deletion(resource, each, self.now) for each in external_ids if each in self.gone], {}, last=True)

    def orders(self) -> set[str]:
        with self.database.read() as session:
            return set(session.scalars(select(Order.external_id).where(~Order.void)))

    def told(self, resource_id: str, at: int) -> None:
        with self.database.write() as session:
            values = {"store_id": self.id, "topic": "orders/delete", "resource_id": resource_id, "dedupe_key": None, "body": b""}
            rest = {"triggered_at": None, "received_at": at, "state": "applied", "due_at": None, "applied_at": at}
            session.add(WebhookDelivery(**values, **rest))


@pytest.fixture
def shop(engine: Engine) -> Shop:
    return Shop(engine, 130)


def test_an_order_that_is_gone_is_found_and_the_newest_are_looked_at_first(shop: Shop) -> None:
    shop.gone = {"o129", "o3"}
    first = check_deletions(shop.context, shop.id)
    assert (shop.asked[0], len(shop.asked)) == ("o129", 100)
    assert first["gone"] == 1
    assert "o3" in shop.orders()
    second = check_deletions(shop.context, shop.id)
    assert (second["gone"], len(shop.asked)) == (1, 130)
    assert {"o129", "o3"}.isdisjoint(shop.orders())
    assert len(shop.orders()) == 128


def test_everything_is_looked_at_once_a_day(shop: Shop) -> None:
    for _ in range(5):
        check_deletions(shop.context, shop.id)
    assert len(shop.asked) == len(set(shop.asked)) == 130
    shop.now += DAY_US + 1
    check_deletions(shop.context, shop.id)
    assert len(shop.asked) == 230


def test_a_store_that_suddenly_shows_nothing_is_not_believed(shop: Shop) -> None:
    shop.gone = {f"o{number}" for number in range(130)}
    counts = check_deletions(shop.context, shop.id)
    assert (counts["gone"], counts["doubted"]) == (0, 100)
    assert len(shop.orders()) == 130


def test_orders_older_than_the_store_shows_are_not_taken_for_gone(shop: Shop) -> None:
    with shop.database.write() as session:
        session.get_one(Store, shop.id).facts = {"orders_seen_days": 60}
    for _ in range(3):
        check_deletions(shop.context, shop.id)
    assert len(shop.asked) == 58


def test_a_deletion_nobody_told_of_is_a_lost_event_and_one_that_was_told_is_not(shop: Shop) -> None:
    shop.told("o1", NOW - 400 * DAY_US)  # this store does tell us things
    shop.gone = {"o129", "o128"}
    shop.told("o128", NOW - SECOND_US)
    assert check_deletions(shop.context, shop.id)["lost"] == 1
