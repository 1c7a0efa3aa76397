"""What happens in a store is known here without asking: both twins tell, over HTTP, as real stores do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from adapters.sandbox import Twins, start_twins
from comeback import settings as environment
from comeback.app import App, build
from comeback.connecting import connect
from comeback.serving import create_web
from jobs.due import run_due
from jobs.uninstall import uninstall
from jobs.watch import Watch
from jobs.webhooks import check_webhooks, ensure_webhooks
from plugin_core import bulk
from plugin_core.inbox import overview
from plugin_core.work import standing
from tests.journeys.world import UNPACED
from tests.plugin_core.shop import rows


@dataclass
class House:
    app: App
    twins: Twins
    shopify: int
    woocommerce: int

    def hear(self) -> None:
        """Until the stores have nothing more to say and nothing waits here."""
        watch = Watch(self.app.context)
        for _ in range(5):
            assert self.twins.shopify.store.deliveries.settle()
            assert self.twins.woocommerce.store.deliveries.settle()
            if not watch.look():
                return

    def look(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        with self.app.database.read() as session:
            return rows(session, sql, **values)

    def states(self, store_id: int) -> dict[str, int]:
        with self.app.database.read() as session:
            return overview.states(session, store_id)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with start_twins(12) as twins:
        twins.shopify.store.bucket.set(*UNPACED)
        values = {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'c.sqlite'}",
            "SECRET_KEY": "a key for stores that are not there",
            "SMTP_URL": f"folder:{tmp_path / 'mail'}",
            "SHOPIFY_ORIGIN": twins.shopify.origin,
            "SHOPIFY_CLIENT_ID": twins.shopify.store.client_id,
            "SHOPIFY_CLIENT_SECRET": twins.shopify.store.client_secret,
            "ALLOW_PRIVATE_STORES": "1",
        }
        for name, value in values.items():
            monkeypatch.setenv(f"COMEBACK_{name}", value)
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        monkeypatch.setenv("COMEBACK_PUBLIC_URL", f"http://127.0.0.1:{server.server_port}")
        app = build(environment.load())
        server.app = create_web(app)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield _connected(app, twins, server.server_port)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            app.close()


def _connected(app: App, twins: Twins, port: int) -> House:
    connect(app, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="test")
    woo = twins.woocommerce
    connect(
        app,
        "woocommerce",
        woo.url,
        {"consumer_key": woo.consumer_key, "consumer_secret": woo.consumer_secret},
        actor="test",
    )
    assert not any(report.problem for report in run_due(app.context))
    with app.database.read() as session:
        ids = {row["platform"]: row["id"] for row in rows(session, "SELECT platform, id FROM stores")}
    house = House(app, twins, ids["shopify"], ids["woocommerce"])
    assert ensure_webhooks(app.context, house.shopify).made == ()
    assert len(ensure_webhooks(app.context, house.woocommerce).made) == 11
    twins.shopify.store.webhook_url = f"http://127.0.0.1:{port}/webhooks/shopify"
    return house


def test_orders_refunds_and_consent_are_known_here_as_soon_as_the_stores_tell(house: House) -> None:
    shopify, woo = house.twins.shopify, house.twins.woocommerce
    assert not woo.store.unpinged
    buyer = next(iter(shopify.store.customers))
    placed = shopify.change(kind="order", customer=buyer)
    shopify.change(kind="consent", id=buyer, state="UNSUBSCRIBED")
    someone = next(iter(woo.store.customers))
    bought = woo.change(kind="order", customer_id=someone)
    woo.change(kind="refund", order=bought)
    woo.change(kind="consent", id=someone, state="unsubscribed")
    house.hear()
    sql = "SELECT counted, status FROM orders WHERE store_id = :store AND external_id = :id"
    assert [row["counted"] for row in house.look(sql, store=house.shopify, id=placed.rsplit("/", 1)[1])] == [1]
    assert house.look(sql, store=house.woocommerce, id=str(bought)) == [{"counted": 1, "status": "refunded"}]
    said = (
        "SELECT n.state FROM consents n JOIN store_customers a ON a.customer_id = n.customer_id AND a.store_id = n.store_id "
        "WHERE n.store_id = :store AND a.external_id = :id AND n.channel = 'email'"
    )
    assert house.look(said, store=house.shopify, id=buyer.rsplit("/", 1)[1]) == [{"state": "unsubscribed"}]
    assert house.look(said, store=house.woocommerce, id=str(someone)) == [{"state": "unsubscribed"}]
    for store_id, state in ((house.shopify, shopify.state()), (house.woocommerce, woo.state())):
        assert set(house.states(store_id)) <= {"applied", "ignored"}
        spent = house.look("SELECT SUM(net_spent) AS spent FROM customer_stats WHERE store_id = :store", store=store_id)
        assert spent[0]["spent"] == round(float(state["net_spent_identified"]) * 100)


def test_what_is_dropped_is_brought_by_the_sync_and_what_is_doubled_or_shuffled_does_no_harm(house: House) -> None:
    woo = house.twins.woocommerce
    woo.store.deliveries.options({"drop": 0.1, "double": 0.1, "shuffle": 50})
    people = list(woo.store.customers)
    for number in range(40):
        order = woo.change(kind="order", customer_id=people[number % len(people)])
        if number % 3 == 0:
            woo.change(kind="refund", order=order)
    house.hear()
    assert woo.store.deliveries.dropped
    yesterday = house.app.context.clock() - 10**12
    with house.app.database.write() as session:
        bulk.execute(session, "UPDATE runs SET started_at = ?", yesterday)
    assert not any(report.problem for report in run_due(house.app.context))
    spent = house.look("SELECT SUM(net_spent) AS spent FROM customer_stats WHERE store_id = :store", store=house.woocommerce)
    assert spent[0]["spent"] == round(float(woo.state()["net_spent_identified"]) * 100)


def test_a_store_whose_messages_fail_gives_up_and_is_won_back(house: House) -> None:
    woo = house.twins.woocommerce
    for webhook in woo.store.webhooks.values():
        webhook["delivery_url"] = "http://127.0.0.1:9/webhooks/woocommerce/gone"
    for number in range(10):
        woo.change(kind="customer", id=next(iter(woo.store.customers)), set={"first_name": f"Ada {number}"})
        woo.store.deliveries.settle()
    assert "disabled" in {each["status"] for each in woo.store.webhooks.values()}
    for webhook in woo.store.webhooks.values():
        key = house.look("SELECT key FROM stores WHERE id = :id", id=house.woocommerce)[0]["key"]
        webhook["delivery_url"] = f"http://127.0.0.1:9/webhooks/woocommerce/{key}"
    assert len(ensure_webhooks(house.app.context, house.woocommerce).revived) == 1
    assert {each["status"] for each in woo.store.webhooks.values()} == {"active"}
    assert not woo.store.unpinged


def test_customers_merged_in_the_store_are_one_person_here(house: House) -> None:
    shopify = house.twins.shopify
    buyers = {each["customer"]["id"] for each in shopify.store.orders.values() if each["customer"]}
    kept, gone = sorted(buyers)[:2]
    shopify.change(kind="merge", kept=kept, gone=gone)
    house.hear()
    sql = "SELECT DISTINCT a.customer_id FROM store_customers a WHERE a.store_id = :store AND a.external_id IN (:kept, :gone)"
    numbers = {"kept": kept.rsplit("/", 1)[1], "gone": gone.rsplit("/", 1)[1]}
    assert len(house.look(sql, store=house.shopify, **numbers)) == 1
    spent = house.look("SELECT SUM(net_spent) AS spent FROM customer_stats WHERE store_id = :store", store=house.shopify)
    assert spent[0]["spent"] == round(float(shopify.state()["net_spent_identified"]) * 100)
    assert set(house.states(house.shopify)) <= {"applied", "ignored"}


def test_an_order_that_vanished_without_a_word_is_gone_here_after_a_day_of_run_due(house: House) -> None:
    orders = house.twins.shopify.store.orders
    held = {row["external_id"] for row in house.look("SELECT external_id FROM orders WHERE store_id = :s", s=house.shopify)}
    gone = next(each for each in orders if each.rsplit("/", 1)[1] in held)
    del orders[gone]
    sql = "SELECT void FROM orders WHERE store_id = :s AND external_id = :id"
    run_due(house.app.context)
    assert house.look(sql, s=house.shopify, id=gone.rsplit("/", 1)[1]) == [{"void": 0}]
    tomorrow = replace(house.app.context, clock=lambda: house.app.context.clock() + 25 * 3600 * 1_000_000)
    report = next(each for each in run_due(tomorrow) if each.counts.get("deletions_gone"))
    assert (report.problem, report.counts["deletions_gone"]) == ("", 1)
    assert house.look(sql, s=house.shopify, id=gone.rsplit("/", 1)[1]) == [{"void": 1}]
    assert "deletions_checked" not in run_due(tomorrow)[0].counts


def test_a_store_that_is_left_and_connected_again_tells_from_the_first_moment(house: House) -> None:
    woo, context = house.twins.woocommerce, house.app.context
    check_webhooks(context)
    uninstall(context, house.woocommerce, actor="test")
    assert not woo.store.webhooks
    keys = {"consumer_key": woo.consumer_key, "consumer_secret": woo.consumer_secret}
    connect(house.app, "woocommerce", woo.url, keys, actor="test")
    with house.app.database.read() as session:
        stands = standing.standings(session)
    assert all(stands[house.woocommerce, task].asked_at is not None for task in ("sync", "webhooks"))
    assert check_webhooks(context) == 1
    assert len(woo.store.webhooks) == 11
    bought = woo.change(kind="order", customer_id=next(iter(woo.store.customers)))
    house.hear()
    sql = "SELECT counted FROM orders WHERE store_id = :store AND external_id = :id"
    assert house.look(sql, store=house.woocommerce, id=str(bought)) == [{"counted": 1}]
