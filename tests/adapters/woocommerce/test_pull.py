"""No record is lost or stays stale, however the shop moves while we read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from plugin_core.errors import Transient
from plugin_core.records import Deletion, Page
from tests.adapters.woocommerce.shop import API, Shelf, account, client, order


def pull(resource: str, cursor: Any = None, **options: Any) -> list[Page]:
    return list(client().pull(resource, cursor, **options))


def ids(pages: list[Page]) -> list[int]:
    return [int(record.external_id) for page in pages for record in page.records]


def last_cursor(pages: list[Page]) -> Any:
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return json.loads(json.dumps(pages[-1].cursor))


@responses.activate
def test_all_orders_come_the_trash_and_drafts_among_them():
    Shelf(
        responses.mock,
        orders=[
            order(1, "2026-11-01T10:00:00"),
            order(2, "2026-11-01T10:00:00", status="trash"),
            order(3, "2026-11-02T10:00:00", status="checkout-draft"),
            order(4, "2026-11-03T10:00:00", status="on-hold"),
        ],
    )
    pages = pull("orders")
    assert sorted(ids(pages)) == [1, 2, 3, 4]
    trashed = next(record for page in pages for record in page.records if record.external_id == "2")
    assert (trashed.counted, trashed.void, trashed.status) == (False, True, "trash")


@responses.activate
def test_an_order_edited_while_we_read_is_neither_lost_nor_hides_another():
    shelf = Shelf(
        responses.mock, orders=[order(number, f"2026-11-01T10:{number // 60:02}:{number % 60:02}") for number in range(1, 351)]
    )

    def edit(count: int) -> None:
        if count in (1, 2):  # an order of a page already read moves to the end: page numbers would now skip one
            shelf.lists["orders"][count * 3] |= {"date_modified_gmt": f"2026-11-01T23:00:0{count}"}

    shelf.after_each = edit
    pages = pull("orders")
    assert set(ids(pages)) == set(range(1, 351))
    newest = {record.external_id: record.modified_at for page in pages for record in page.records}
    assert newest["4"] > newest["350"]
    assert all(query["page"] == "1" for query in shelf.asked)


@responses.activate
def test_more_orders_in_one_second_than_fit_on_a_page_all_come_even_if_one_leaves_that_second():
    same = "2026-11-01T10:00:00"
    shelf = Shelf(responses.mock, orders=[order(number, same) for number in range(1, 261)] + [order(900, "2026-11-01T10:00:09")])

    def leave(count: int) -> None:
        if count == 1:
            shelf.lists["orders"][0] |= {"date_modified_gmt": "2026-11-01T10:00:05"}

    shelf.after_each = leave
    pages = pull("orders")
    assert set(ids(pages)) == {*range(1, 261), 900}


@responses.activate
def test_the_next_pull_asks_again_for_the_last_ten_minutes_and_no_more():
    shelf = Shelf(responses.mock, orders=[order(1, "2026-11-01T10:00:00"), order(2, "2026-11-01T12:00:00")])
    cursor = last_cursor(pull("orders"))
    shelf.asked.clear()
    shelf.lists["orders"] += [order(3, "2026-11-01T11:55:00"), order(4, "2026-11-01T12:00:00"), order(5, "2026-11-01T13:00:00")]
    assert sorted(ids(pull("orders", cursor))) == [2, 3, 4, 5]
    assert shelf.asked[0]["modified_after"] == "2026-11-01T11:50:00"


@responses.activate
def test_an_order_dated_far_in_the_future_does_not_hide_those_that_follow():
    shelf = Shelf(responses.mock, orders=[order(1, "2026-11-22T11:00:00"), order(2, "2099-01-01T00:00:00")])
    cursor = last_cursor(pull("orders"))
    shelf.lists["orders"].append(order(3, "2026-11-22T12:30:00"))
    assert 3 in ids(pull("orders", cursor))


@responses.activate
def test_a_pull_that_was_killed_goes_on_where_its_last_page_was_stored():
    shelf = Shelf(
        responses.mock, orders=[order(number, f"2026-11-01T10:{number // 60:02}:{number % 60:02}") for number in range(1, 251)]
    )
    first = next(client().pull("orders", None, full=True))
    assert not first.last
    shelf.asked.clear()
    rest = pull("orders", json.loads(json.dumps(first.cursor)), full=True)
    assert set(ids([first, *rest])) == set(range(1, 251))
    assert len(ids(rest)) <= 151
    assert shelf.asked[0]["modified_after"] == "2026-11-01T10:01:39"


@responses.activate
def test_full_asks_for_everything_again_after_a_finished_pull():
    Shelf(responses.mock, orders=[order(1, "2026-01-01T10:00:00"), order(2, "2026-11-01T10:00:00")])
    cursor = last_cursor(pull("orders"))
    assert ids(pull("orders", cursor)) == [2]
    assert sorted(ids(pull("orders", cursor, full=True))) == [1, 2]


@responses.activate
def test_a_store_too_old_to_order_by_modification_is_walked_by_id():
    shelf = Shelf(responses.mock, orders=[order(number, "2026-11-01T10:00:00") for number in range(1, 231)])
    shelf.refuse_modified = True
    cursor = last_cursor(pages := pull("orders"))
    assert set(ids(pages)) == set(range(1, 231))
    shelf.lists["orders"][5] |= {"date_modified_gmt": "2026-11-02T10:00:00"}
    assert 6 in ids(pull("orders", cursor))


@responses.activate
def test_a_page_too_large_for_the_host_is_asked_for_in_smaller_ones():
    shelf = Shelf(
        responses.mock,
        orders=[order(number, f"2026-11-01T10:00:{number % 60:02}") for number in range(1, 101)],
        customers=[account(number) for number in range(1, 101)],
    )
    shelf.too_much_above = 40
    assert set(ids(pull("orders"))) == set(range(1, 101))
    assert set(ids(pull("customers"))) == set(range(1, 101))
    assert {query["per_page"] for query in shelf.asked} == {"100", "50", "20"}


@responses.activate
def test_a_store_that_fails_at_the_smallest_page_is_said_to_fail():
    Shelf(responses.mock, orders=[order(1, "2026-11-01T10:00:00")]).too_much_above = 10
    with pytest.raises(Transient):
        pull("orders")


@responses.activate
def test_customers_deleted_and_registered_while_we_read_cost_us_nobody():
    shelf = Shelf(responses.mock, customers=[account(number) for number in range(1, 431)])

    def come_and_go(count: int) -> None:
        del shelf.lists["customers"][0]
        shelf.lists["customers"].append(account(1000 + count))

    shelf.after_each = come_and_go
    pages = pull("customers")
    still_there = {row["id"] for row in shelf.lists["customers"]}
    assert still_there - set(ids(pages)) <= {1000 + len(shelf.asked), 1000 + len(shelf.asked) - 1}
    assert all(query["role"] == "all" and query["orderby"] == "id" for query in shelf.asked)


@responses.activate
def test_customers_are_always_read_in_full_since_the_store_cannot_say_who_changed():
    shelf = Shelf(responses.mock, customers=[account(1), account(2)])
    cursor = last_cursor(pull("customers"))
    shelf.lists["customers"][0] |= {"first_name": "Ayşe"}
    second = pull("customers", cursor)
    assert sorted(ids(second)) == [1, 2]
    assert "modified_after" not in shelf.asked[-1]


@responses.activate
def test_a_killed_walk_over_the_customers_goes_on_and_finds_those_registered_since():
    shelf = Shelf(responses.mock, customers=[account(number) for number in range(1, 351)])
    walk = client().pull("customers", None)
    first = next(walk)
    shelf.lists["customers"].append(account(999))
    rest = pull("customers", json.loads(json.dumps(first.cursor)))
    assert set(ids([first, *rest])) == {*range(1, 351), 999}


@responses.activate
def test_one_order_with_nonsense_in_it_is_kept_with_its_reason_and_the_rest_goes_on():
    bad = [
        order(2, "2026-11-01T10:00:00", total="twelve"),
        order(3, "2026-11-01T10:00:00", date_created_gmt="0000-00-00T00:00:00"),
        order(4, "2026-11-01T10:00:00", currency=""),
        order(5, "2026-11-01T10:00:00", line_items="none"),
        order(6, "2026-11-01T10:00:00", total="NaN"),
        order(7, "2026-11-01T10:00:00", total="9" * 30),
        order(8, "2026-11-01T10:00:00", date_created_gmt=None),
        order(9, "2026-11-01T10:00:00", refunds=[{"id": 1, "total": "x"}]),
        order(
            10,
            "2026-11-01T10:00:00",
            total=None,
            meta_data=[{"key": "card_token", "value": "tok"}, {"key": "comeback_x", "value": "1"}],
        ),
    ]
    Shelf(responses.mock, orders=[order(1, "2026-11-01T10:00:00"), *bad, order(11, "2026-11-01T10:00:00")])
    responses.add("GET", f"{API}/orders/9/refunds", json=[])
    pages = pull("orders")
    assert ids(pages) == [1, 11]
    rejected = [each for page in pages for each in page.rejected]
    assert sorted(int(each.external_id) for each in rejected) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert all(each.reason and each.resource == "orders" and json.loads(each.raw)["id"] for each in rejected)
    assert "tok" not in rejected[-1].raw
    assert "comeback_x" in rejected[-1].raw


@responses.activate
def test_products_come_with_categories_and_next_time_only_the_changed_ones():
    product = {"name": "Tea", "status": "publish", "price": "4.5", "categories": [{"id": 1, "name": "Tea &amp; Co"}]}
    shelf = Shelf(
        responses.mock,
        products=[product | {"id": number, "date_modified_gmt": f"2026-11-0{number}T10:00:00"} for number in (1, 2)],
    )
    cursor = last_cursor(pages := pull("products"))
    assert pages[0].records[0].categories == ("Tea & Co",)
    assert ids(pull("products", cursor)) == [2]
    assert shelf.asked[-1]["modified_after"] == "2026-11-02T09:50:00"


@responses.activate
def test_named_orders_are_found_wherever_they_lie_and_only_the_store_says_that_one_is_gone():
    Shelf(responses.mock, orders=[order(1, "2026-11-01T10:00:00"), order(2, "2026-11-01T10:00:00", status="trash")])
    responses.add("GET", f"{API}/orders/3", json=order(3, "2026-11-01T10:00:00", status="a-plugins-own"))
    gone = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    responses.add("GET", f"{API}/orders/4", status=404, json=gone)
    page = client().fetch("orders", ["1", "2", "3", "4"])
    assert [record.external_id for record in page.records] == ["1", "2", "3", "4"]
    assert isinstance(page.records[3], Deletion)
    assert not any(isinstance(record, Deletion) for record in page.records[:3])
