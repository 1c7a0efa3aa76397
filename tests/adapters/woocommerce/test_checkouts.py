"""A checkout that was begun and left stands as an order that was never paid."""

from __future__ import annotations

from datetime import timedelta

import responses

from adapters.woocommerce.ways_back import has_checkout_links
from plugin_core.clock import utc_now
from plugin_core.records import CheckoutRecord, Deletion
from tests.adapters.woocommerce.shop import API, SITE, Shelf, client, order


def ago(**time: float) -> str:
    return (utc_now() - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%S")


def begun(number: int, status: str, **time: float) -> dict[str, object]:
    return order(number, ago(**time), status=status, date_created_gmt=ago(**time), order_key=f"wc_order_{number}")


@responses.activate
def test_drafts_pending_and_failed_orders_of_the_last_week_are_checkouts_with_a_way_back():
    Shelf(
        responses.mock,
        orders=[
            begun(1, "checkout-draft", hours=2),
            begun(2, "pending", hours=3),
            begun(3, "failed", days=2),
            begun(4, "pending", days=8),
            begun(5, "completed", hours=1),
        ],
    )
    records = [record for page in client().pull("checkouts", None) for record in page.records]
    assert {record.external_id: record.recovery_url for record in records} == {
        "1": f"{SITE}/cart/",
        "2": f"{SITE}/checkout/order-pay/2/?pay_for_order=true&key=wc_order_2",
        "3": f"{SITE}/checkout/order-pay/3/?pay_for_order=true&key=wc_order_3",
    }
    assert all(record.completed_at is None and record.email and record.items == ("Tea",) for record in records)


@responses.activate
def test_a_checkout_that_was_paid_or_given_up_since_is_told_at_the_next_pull():
    shelf = Shelf(
        responses.mock, orders=[begun(1, "pending", hours=2), begun(2, "pending", hours=2), begun(3, "checkout-draft", hours=2)]
    )
    cursor = list(client().pull("checkouts", None))[-1].cursor
    shelf.lists["orders"][0] |= {"status": "processing", "date_paid_gmt": ago(hours=1)}
    shelf.lists["orders"][1] |= {"status": "on-hold"}
    del shelf.lists["orders"][2]
    gone = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    responses.add("GET", f"{API}/orders/3", status=404, json=gone)
    pages = list(client().pull("checkouts", cursor))
    told = {record.external_id: record for page in pages for record in page.records}
    assert isinstance(told["1"], CheckoutRecord)
    assert isinstance(told["2"], CheckoutRecord)
    assert told["1"].completed_at
    assert told["2"].completed_at
    assert isinstance(told["3"], Deletion)
    assert pages[-1].cursor == {"done": True, "open": []}


@responses.activate
def test_who_was_given_a_code_is_led_to_where_it_can_be_used_since_an_orders_page_to_pay_takes_none():
    lines = [
        {"id": 1, "name": "Tea", "product_id": 7, "quantity": 2, "total": "10"},
        {"id": 2, "name": "Cup", "product_id": 8, "variation_id": 81, "quantity": 1, "total": "5"},
        {"id": 3, "name": "Tea", "product_id": 7, "quantity": 1, "total": "5"},
    ]
    gone = [{"id": 4, "name": "Something deleted", "product_id": 0, "quantity": 1, "total": "5"}]
    by_weight = [{"id": 5, "name": "Cheese", "product_id": 9, "quantity": 0.5, "total": "5"}]
    orders = [begun(1, "pending", hours=2), begun(2, "failed", hours=2), begun(3, "checkout-draft", hours=2)]
    for each, held in zip(orders, (lines, gone, by_weight), strict=True):
        each["line_items"] = held
    Shelf(responses.mock, orders=orders)

    def ways(**facts: object) -> dict[str, str]:
        pages = client(facts=facts).pull("checkouts", None)
        return {each.external_id: each.offer_url for page in pages for each in page.records if isinstance(each, CheckoutRecord)}

    cart = f"{SITE}/cart/"
    assert ways(checkout_links=True) == {
        "1": f"{SITE}/checkout-link/?products=7:3,81:1&coupon={{code}}",
        "2": cart,
        "3": cart,
    }
    assert set(ways().values()) == {cart}


def test_only_stores_new_enough_are_given_addresses_that_fill_a_basket():
    assert [has_checkout_links(each) for each in ("11.0.1", "10.1.0-rc.1", "10.0.4", "9.9.5", "", None)] == [
        *(True, True),
        *(False, False, False, False),
    ]
