"""Uninstalling leaves both stores as they were, whatever has happened in them meanwhile and however often it is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobs.uninstall import plan, uninstall
from jobs.webhooks import ensure_webhooks
from plugin_core.db import Database
from plugin_core.errors import InvalidInput
from plugin_core.platforms import ConnectionInfo
from plugin_core.stores import settings
from plugin_core.stores.connect import find_store
from plugin_core.stores.models import Store, StoreCredential
from tests.journeys.merchants import go, holdings, merchant, work


class PowerCut(BaseException):
    """kill -9: nobody gets to tidy up."""


class Plug:
    def __init__(self, after: int) -> None:
        self.left = after

    def pull(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PowerCut


class WatchedDatabase(Database):
    def __init__(self, engine: Any, plug: Plug) -> None:
        super().__init__(engine)
        self.plug = plug

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            session.flush()
            self.plug.pull()
        self.plug.pull()


def define(app, store: Store, twins) -> None:
    """As an installation does: our fields get their names in the shop's admin."""
    address, token = store.address, {"access_token": twins.shopify.token}
    client = app.platform("shopify").open(ConnectionInfo(store.key, address, token, currency="GBP"))
    client.define_fields()
    client.close()


def leave(app, stores, **options: Any):
    return {name: uninstall(app.context, store.id, actor="test", **options) for name, store in stores.items()}


def test_both_stores_are_as_they_were_before(database_url, tmp_path):
    with merchant(database_url, tmp_path) as (app, twins):
        _merchants_webhook(twins)
        before = holdings(twins)
        stores = work(app, twins)
        define(app, stores["shopify"], twins)
        ensure_webhooks(app.context, stores["woocommerce"].id)
        state = twins.state()
        assert len(twins.woocommerce.store.webhooks) > 1
        assert state["shopify"]["tags"]
        assert state["shopify"]["metafields"]
        assert state["shopify"]["codes"]
        assert state["woocommerce"]["meta"]
        planned = plan(app.context, stores["shopify"].id)
        assert planned.accounts == len(state["shopify"]["metafields"])
        assert planned.tags == sum(len(tags) for tags in state["shopify"]["tags"].values())
        assert planned.codes["unused"] == len([code for code in state["shopify"]["codes"] if code not in before_codes(before)])
        reports = leave(app, stores)
        assert [report.problems for report in reports.values()] == [[], []]
        assert all(report.finished for report in reports.values())
        assert holdings(twins) == before
        with app.database.read() as session:
            assert [session.get_one(Store, store.id).state for store in stores.values()] == ["disconnected"] * 2
            assert session.query(StoreCredential).all() == []
        go(app)
        assert holdings(twins) == before, "nothing is written afterwards"


def _merchants_webhook(twins) -> None:
    woo = twins.woocommerce.store
    woo.webhooks[1] = {
        "id": 1,
        "name": "ERP",
        "status": "active",
        "topic": "order.created",
        "delivery_url": "https://erp.example/w",
    }


def before_codes(before: dict[str, Any]) -> set[str]:
    return {each["discount"]["code"] for each in before["shopify discounts"].values()}


def test_what_the_merchant_changed_meanwhile_stays_and_redeemed_codes_do_too(database_url, tmp_path):
    with merchant(database_url, tmp_path) as (app, twins):
        stores = work(app, twins)
        shop, woo = twins.shopify.store, twins.woocommerce.store
        expected = _merchants_own(twins)
        ours = sorted(twins.state()["shopify"]["tags"])
        edited, gone = ours[0], ours[1]
        shop.customers[edited]["tags"] = ["cb-club", "summer", *shop.customers[edited]["tags"][1:]]
        shop.customers[edited]["first"] = "Renamed"
        del shop.customers[gone]
        woo_gone = int(min(twins.state()["woocommerce"]["meta"]))
        del woo.customers[woo_gone]
        node = next(each for each in shop.discounts.values() if each["discount"]["title"].startswith("Comeback"))
        coupon = next(each for each in woo.coupons.values() if each["description"].startswith("Comeback"))
        node["discount"]["used"], coupon["usage_count"] = 1, 1
        reports = leave(app, stores)
        assert {name: (report.counts["codes_kept"], report.counts["gone"]) for name, report in reports.items()} == {
            "shopify": (1, 1),
            "woocommerce": (1, 1),
        }
        assert list(shop.discounts) == [node["id"]]
        assert list(woo.coupons) == [coupon["id"]]
        after = _merchants_own(twins)
        assert after.pop(edited)["first"] == "Renamed"
        assert {"cb-club", "summer"} <= set(shop.customers[edited]["tags"])
        assert not [tag for tag in shop.customers[edited]["tags"] if tag.startswith("cb:")]
        assert after == {key: value for key, value in expected.items() if key not in {edited, gone, str(woo_gone)}}


def _merchants_own(twins) -> dict[str, Any]:
    """Customers without what is ours."""
    held = holdings(twins)
    found: dict[str, Any] = {}
    for number, one in held["shopify customers"].items():
        fields = {key: value for key, value in one["metafields"].items() if not key.startswith("('app--")}
        found[number] = {**one, "tags": [tag for tag in one["tags"] if not tag.startswith("cb:")], "metafields": fields}
    for number, one in held["woocommerce customers"].items():
        found[number] = {**one, "meta_data": [each for each in one["meta_data"] if not _is_ours(each["key"])]}
    return found


def _is_ours(key: str) -> bool:
    return key.startswith("comeback_") and not key.startswith("comeback_marketing_consent")


def test_cut_off_again_and_again_it_comes_to_the_same_end(database_url, tmp_path):
    with merchant(database_url, tmp_path) as (app, twins):
        before = holdings(twins)
        stores = work(app, twins)
        for store in stores.values():
            cuts = 0
            while True:
                context = replace(app.context, database=WatchedDatabase(app.database.engine, Plug(cuts % 7 + 4)))
                try:
                    report = uninstall(context, store.id, actor="test", batch=8)
                except PowerCut:
                    cuts += 1
                    assert cuts < 60, "it gets nowhere"
                    with app.database.read() as session:
                        assert session.get_one(Store, store.id).state in {"connected", "uninstalling", "disconnected"}
                    if find(app, store).state == "disconnected":
                        break
                    go(app)  # the timer goes on meanwhile: it must not write to this store
                else:
                    assert report.finished
                    break
            assert cuts > 2
        assert holdings(twins) == before


def find(app, store: Store) -> Store:
    with app.database.read() as session:
        return find_store(session, store.key)


def test_what_can_not_be_removed_is_said_and_the_key_is_kept(database_url, tmp_path):
    with merchant(database_url, tmp_path) as (app, twins):
        before = holdings(twins)
        stores = work(app, twins)
        woo = stores["woocommerce"]
        twins.woocommerce.faults.add("status", match="customers/batch", status=503, times=20)
        report = uninstall(app.context, woo.id, actor="test")
        assert not report.finished
        assert report.problems
        assert all("Customer" in problem for problem in report.problems)
        assert find(app, woo).state == "uninstalling"
        twins.woocommerce.faults.clear()
        assert leave(app, stores)["woocommerce"].finished
        assert holdings(twins) == before


def test_tags_of_a_former_prefix_go_too(database_url, tmp_path):
    with merchant(database_url, tmp_path, people=20) as (app, twins):
        before = holdings(twins)
        stores = work(app, twins)
        with app.database.write() as session:
            store = session.get_one(Store, stores["shopify"].id)
            settings.change(session, store, {"tag_prefix": "club:"}, actor="test", now=app.context.clock())
        assert twins.state()["shopify"]["tags"], "they still begin with cb:"
        assert uninstall(app.context, store.id, actor="test").finished
        assert holdings(twins)["shopify customers"] == before["shopify customers"]


def test_a_store_that_is_disconnected_can_not_be_cleared(database_url, tmp_path):
    with merchant(database_url, tmp_path, people=20) as (app, twins):
        stores = work(app, twins)
        leave(app, stores)
        with pytest.raises(InvalidInput, match="Connect it once more"):
            uninstall(app.context, stores["shopify"].id, actor="test")
