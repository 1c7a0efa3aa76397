"""The story the twins tell: real histories, moved to today, with everything in it that trips an importer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import chain

import pytest

from adapters.sandbox import Twins, start_twins
from adapters.sandbox.history import PART, history
from adapters.sandbox.split import stores_of
from tests.adapters.sandbox.conftest import NOW


@pytest.fixture(scope="module")
def full():
    with start_twins(now=NOW) as twins:
        yield twins


def test_the_shipped_part_is_small_and_names_its_source():
    assert PART.stat().st_size < 2_000_000
    said = (PART.parent / "README.md").read_text()
    assert "Daqing Chen" in said
    assert "CC BY 4.0" in said


def test_the_last_day_is_today_and_nothing_lies_in_the_future():
    past = history(None, 7, NOW)
    assert past.purchases[-1].at.date() == NOW.date()
    assert max(chain((each.at for each in past.purchases), (back.at for each in past.purchases for back in each.returns))) < NOW


def test_half_of_the_people_shop_in_both_stores():
    past = history(None, 7, NOW)
    shares = [sum(stores_of(7, each.number) == stores for each in past.people) / len(past.people) for stores in
              (("shopify", "woocommerce"), ("shopify",), ("woocommerce",))]  # fmt: skip
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.05)


def test_names_come_in_four_scripts(full: Twins):
    letters = "".join(f"{each['first'] or ''}{each['last'] or ''}" for each in full.shopify.store.customers.values())
    assert {"ş", "Ж", "ی", "A"} <= set(letters)


def test_every_case_that_trips_an_importer_is_there(full: Twins):
    woo, shop = full.woocommerce.store, full.shopify.store
    statuses = {each["status"] for each in woo.orders.values()}
    assert statuses == {
        "completed",
        "processing",
        "refunded",
        "cancelled",
        "failed",
        "pending",
        "on-hold",
        "trash",
        "checkout-draft",
    }
    assert {"AUTHORIZED", "VOIDED", "PENDING", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED"} == {
        each["status"] for each in shop.orders.values()
    }
    assert any(each["test"] for each in shop.orders.values())
    assert any(each["cancelled"] for each in shop.orders.values())
    assert any(not each["email"] for each in woo.customers.values())
    assert {known["known"] for known in full.state()["woocommerce"]["orders_foreign"].values()} == {True, False}
    assert any(line["gift"] for each in shop.orders.values() for line in each["lines"])
    assert any(each["codes"] for each in shop.orders.values())
    assert any(each["lines"] == [] for order in shop.orders.values() for each in order["refunds"])
    accounts = {each["email"].lower() for each in woo.customers.values()}
    guests = {each["billing"]["email"].strip().lower() for each in woo.orders.values() if not each["customer_id"]}
    assert accounts & guests, "somebody bought as a guest and registered later"
    assert any(each["email"] != each["email"].lower() for each in woo.customers.values())


def test_checkouts_lie_at_every_age_and_some_were_overtaken(full: Twins):
    ages = {NOW - timedelta(minutes=30), NOW - timedelta(hours=2), NOW - timedelta(hours=30), NOW - timedelta(days=5)}
    begun = {each["created"] for each in full.shopify.store.checkouts.values()}
    assert begun == {each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in ages}
    assert any(each["completed"] for each in full.shopify.store.checkouts.values())


def test_the_sums_of_every_order_agree(full: Twins):
    for order in full.woocommerce.store.orders.values():
        lines = sum(Decimal(line["total"]) + Decimal(line["total_tax"]) for line in order["line_items"])
        assert lines + Decimal(order["shipping_total"]) + Decimal(order["shipping_tax"]) == Decimal(order["total"])
        assert Decimal(order["total"]) + sum(Decimal(each["total"]) for each in order["refunds"]) >= 0
    for order in full.shopify.store.orders.values():
        assert 0 <= sum(each["amount"] for each in order["refunds"]) <= max(order["received"], 0)
        for line in order["lines"]:
            back = sum(quantity for refund in order["refunds"] for named, quantity, _ in refund["lines"] if named is line)
            assert line["current"] == line["quantity"] - back >= 0


def test_nobody_is_counted_twice_over_both_stores(full: Twins):
    state = full.state()
    assert max(state["shopify"]["people"], state["woocommerce"]["people"]) < state["people"]
    assert state["people"] < state["shopify"]["people"] + state["woocommerce"]["people"]
    for store in (state["shopify"], state["woocommerce"]):
        assert sum(Decimal(row["net_spent"]) for row in store["by_person"].values()) == Decimal(store["net_spent_identified"])
    assert state["shopify"]["orders"] + state["woocommerce"]["orders"] == state["orders"]
