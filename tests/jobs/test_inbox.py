"""Deliveries are applied once, whatever their order; what can't be applied is kept, said and tried again."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from jobs import inbox
from jobs.inbox import apply_due
from plugin_core import bulk
from plugin_core.db import Database, create_engine
from plugin_core.errors import AccessRevoked, BadAnswer, Throttled
from plugin_core.inbox import overview, queue
from plugin_core.stores.models import Store
from tests import databases, postgres
from tests.jobs.telling import NOW, TalkativeStore, Told, deliver, history, open_shop, outcome, simple
from tests.plugin_core.shop import rows


class Shop:
    def __init__(self, engine: Engine) -> None:
        self.database = Database(engine)
        self.store = TalkativeStore()
        self.context, self.id = open_shop(self.database, self.store)
        simple(self.store)

    def hear(self, *told: Told) -> dict[str, int]:
        deliver(self.context, self.id, told)
        return +apply_due(self.context, self.id)

    def look(self, sql: str = "SELECT * FROM webhook_deliveries ORDER BY id") -> list[dict[str, Any]]:
        with self.database.read() as session:
            return rows(session, sql)

    def order(self, **more: Any) -> tuple[str, bytes]:
        row = next(iter(self.store.rows["orders"].values())) | more
        self.store.rows["orders"][str(row["id"])] = row
        return "order.updated", json.dumps(row).encode()


@pytest.fixture
def shop(engine: Engine) -> Shop:
    return Shop(engine)


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_and_doubled_deliveries_leave_the_shop_as_the_ordered_ones_do(database_url: str, seed: int) -> None:
    draw = random.Random(seed)
    states = []
    for shuffled in (False, True):
        shop = TalkativeStore()
        told = history(shop, 25, 160, seed)
        if shuffled:
            told = [*told, *draw.sample(told, 40)]
            draw.shuffle(told)
        url = database_url if not shuffled else _another(database_url)
        engine = create_engine(url)
        context, store_id = open_shop(Database(engine), shop)
        states.append(outcome(context, store_id, told, batch=7 if shuffled else 1_000))
        engine.dispose()
    assert states[0] == states[1]
    assert len(states[0]) == 25


def _another(url: str) -> str:
    if url.startswith("sqlite"):
        return databases.sqlite_copy(postgres.run_folder(), Path(url.removeprefix("sqlite:///") + "-2"))
    return databases.postgres_copy(postgres.run_folder())[0]


def test_what_was_applied_leaves_no_body_behind(shop: Shop) -> None:
    assert shop.hear(shop.order()) == {"applied": 1, "changed": 1}
    (row,) = shop.look()
    assert (row["state"], bytes(row["body"]), row["due_at"]) == ("applied", b"", None)
    assert shop.hear(shop.order()) == {}
    assert shop.store.asked["orders"] == 0


def test_two_changes_within_one_second_are_settled_by_asking_the_store(shop: Shop) -> None:
    first, second = shop.order(status="processing"), shop.order(status="completed")
    shop.hear(second)
    shop.hear(first)
    assert shop.look("SELECT status FROM orders") == [{"status": "completed"}]
    assert shop.store.asked["orders"] == 1


def test_many_deliveries_about_one_order_are_one_question(shop: Shop) -> None:
    number = int(next(iter(shop.store.rows["orders"])))
    gone = ("order.deleted", json.dumps({"id": number}).encode())
    shop.hear(*[gone] * 20)
    assert shop.store.asked["orders"] == 1


def test_a_store_that_wants_to_be_left_alone_is_and_nothing_counts_as_failed(shop: Shop) -> None:
    shop.store.trouble = Throttled("too fast", store="ben", retry_after=20)
    assert shop.hear(("order.deleted", b'{"id":1}')) == {"postponed": 1}
    (row,) = shop.look()
    assert (row["state"], row["attempts"], row["due_at"]) == ("pending", 0, NOW + 20_000_000)


def test_a_key_that_is_refused_stops_the_store_and_loses_nothing(shop: Shop) -> None:
    shop.store.trouble = AccessRevoked("not accepted", store="ben")
    shop.hear(("order.deleted", b'{"id":1}'))
    assert shop.look("SELECT state, problem FROM stores") == [{"state": "reconnect", "problem": "ben: not accepted"}]
    assert [row["state"] for row in shop.look()] == ["pending"]


def test_an_answer_without_sense_is_tried_again_then_given_up_shown_and_replayed(shop: Shop) -> None:
    shop.store.trouble = BadAnswer("no sense", store="ben")
    assert shop.hear(("order.deleted", b'{"id":1}')) == {"failed": 1}
    for _ in range(queue.ATTEMPTS):
        with shop.database.write() as session:
            bulk.execute(session, "UPDATE webhook_deliveries SET due_at = 0 WHERE due_at IS NOT NULL")
        apply_due(shop.context, shop.id)
    with shop.database.read() as session:
        assert overview.states(session, shop.id) == {"dead": 1}
        (need,) = overview.needs(session, session.get_one(Store, shop.id))
    assert "no sense" in need
    assert "comeback replay ben" in need
    shop.store.trouble = None
    with shop.database.write() as session:
        assert queue.replay(session, store_id=shop.id, now=NOW) == [shop.id]
    assert apply_due(shop.context, shop.id)["applied"] == 1


def test_one_poisonous_delivery_stops_no_other_and_its_trace_quotes_nobody(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = inbox.upsert_many

    def poisoned(session: Any, store: Any, settings: Any, records: Any, **more: Any) -> Any:
        records = list(records)
        if any(getattr(each, "status", "") == "poison" for each in records):
            raise ValueError("person1@x.example")
        return genuine(session, store, settings, records, **more)

    monkeypatch.setattr(inbox, "upsert_many", poisoned)
    good = ("customer.updated", json.dumps(shop.store.rows["customers"]["1"]).encode())
    assert shop.hear(shop.order(status="poison"), good) == {"applied": 1, "changed": 1, "failed": 1}
    failed = next(row for row in shop.look() if row["state"] == "failed")
    assert "ValueError" in failed["trace"]
    assert "x.example" not in failed["trace"] + failed["problem"]


def test_a_signed_error_is_shown_and_a_topic_of_the_future_is_kept_as_ignored(shop: Shop) -> None:
    error = ("order.updated", b'{"code":"woocommerce_rest_cannot_view","message":"No.","data":{"status":401}}')
    assert shop.hear(error, ("order.teleported", b'{"id":1}')) == {"dead": 1, "ignored": 1}
    assert "administrator" in shop.look()[0]["problem"]


def test_a_claim_of_a_process_that_was_killed_is_taken_up_at_once(shop: Shop) -> None:
    deliver(shop.context, shop.id, [shop.order()])
    with shop.database.write() as session:
        assert len(queue.claim(session, shop.id, limit=10, now=NOW)) == 1
    assert apply_due(shop.context, shop.id)["applied"] == 1


def test_a_disconnected_store_changes_nothing_any_more(shop: Shop) -> None:
    with shop.database.write() as session:
        session.get_one(Store, shop.id).state = "disconnected"
    assert shop.hear(shop.order()) == {"ignored": 1}
    assert shop.look("SELECT * FROM orders") == []
