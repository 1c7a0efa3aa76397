"""A checkout that was begun and left stands as an order that was never paid."""

from __future__ import annotations

from datetime import timedelta

import responses

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
