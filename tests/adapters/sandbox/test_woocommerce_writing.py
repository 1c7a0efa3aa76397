"""Writes to the WooCommerce twin: what it drops, what it moves, what it refuses."""

from __future__ import annotations

import requests

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import recorded, woo


def a_customer(twins: Twins) -> int:
    return next(number for number, each in twins.woocommerce.store.customers.items() if each["role"] == "customer")


def test_meta_is_written_moved_and_deleted_but_never_under_an_underscore(fresh: Twins):
    number = a_customer(fresh)
    before = woo(fresh).get(f"customers/{number}").json()
    given = [{"key": "comeback_points", "value": "120"}, {"key": "_comeback_secret", "value": "x"}]
    after = woo(fresh).put(f"customers/{number}", {"meta_data": given}).json()
    kept = {each["key"]: each["value"] for each in after["meta_data"]}
    assert kept["comeback_points"] == "120"
    assert "_comeback_secret" not in kept
    assert after["date_modified_gmt"] > before["date_modified_gmt"]
    gone = woo(fresh).put(f"customers/{number}", {"meta_data": [{"key": "comeback_points", "value": None}]}).json()
    assert gone["meta_data"] == before["meta_data"]


def test_a_batch_answers_each_item_for_itself(fresh: Twins):
    number = a_customer(fresh)
    body = {
        "update": [{"id": 999999, "first_name": "x"}, {"id": number, "meta_data": [{"key": "comeback_tier", "value": "gold"}]}]
    }
    answer = woo(fresh).post("customers/batch", body)
    bad, good = answer.json()["update"]
    assert answer.status_code == 200
    assert bad == recorded("customers_batch_partial_errors")["update"][0]
    assert good["meta_data"][-1]["value"] == "gold"
    assert fresh.state()["woocommerce"]["meta"] == {str(number): {"comeback_tier": "gold"}}


def test_more_than_a_hundred_items_are_too_many(fresh: Twins):
    answer = woo(fresh).post("customers/batch", {"update": [{"id": number} for number in range(101)]})
    assert (answer.status_code, answer.json()) == (413, recorded("customers_batch_over_100"))


def test_a_code_is_lower_case_and_exists_once(fresh: Twins):
    sent = {
        "code": "Record-ÖZEL10",
        "discount_type": "percent",
        "amount": "10",
        "email_restrictions": ["customer5@shop-example.test"],
    }
    sent |= {"date_expires_gmt": "2026-12-31T20:59:59", "minimum_amount": "20.00", "usage_limit": 1}
    made = woo(fresh).post("coupons", sent)
    assert made.status_code == 201
    assert set(made.json()) == set(recorded("coupon_create"))
    assert (made.json()["code"], made.json()["date_expires"]) == ("record-özel10", None)
    again = woo(fresh).post("coupons", {"code": "RECORD-özel10"})
    assert (again.status_code, again.json()) == (400, recorded("coupon_duplicate_400"))
    assert [each["id"] for each in woo(fresh).get("coupons", params={"code": "RECORD-özel10"}).json()] == [made.json()["id"]]
    assert fresh.state()["woocommerce"]["code_attempts"]["record-özel10"] == {"created": 1, "refused": 1}


def test_an_address_that_is_none_leaves_the_coupon_open_to_all(fresh: Twins):
    made = woo(fresh).post(
        "coupons", {"code": "bad-mail", "discount_type": "percent", "amount": "10", "email_restrictions": ["not an email"]}
    )
    assert (made.status_code, made.json()["email_restrictions"]) == (201, [])
    over = woo(fresh).post("coupons", {"code": "over", "discount_type": "percent", "amount": "150"})
    assert over.json() == recorded("coupon_percent_over_100")


def test_expiry_is_read_in_the_sites_time(fresh: Twins):
    made = woo(fresh).post("coupons", {"code": "a", "date_expires": "2026-12-31T23:59:59"}).json()
    assert (made["date_expires"], made["date_expires_gmt"]) == ("2026-12-31T23:59:59", "2026-12-31T20:59:59")


def test_a_trashed_coupon_frees_its_code(fresh: Twins):
    made = woo(fresh).post("coupons", {"code": "again"}).json()
    assert woo(fresh).delete(f"coupons/{made['id']}").json()["status"] == "publish"
    assert woo(fresh).post("coupons", {"code": "again"}).status_code == 201


def test_an_empty_change_moves_an_order_and_a_deleted_refund_does_not(fresh: Twins):
    api, order = woo(fresh), fresh.woocommerce.change(kind="order", billing={"email": "guest@guests.example"})
    refund = fresh.woocommerce.change(kind="refund", order=order, amount="1.00")
    before = api.get(f"orders/{order}").json()
    fresh.woocommerce.store.clock.start = fresh.woocommerce.store.clock.start.replace(hour=11)
    assert api.delete(f"orders/{order}/refunds/{refund}", params={"force": "true"}).status_code == 200
    after = api.get(f"orders/{order}").json()
    assert after["refunds"] == []
    assert after["date_modified_gmt"] == before["date_modified_gmt"]
    assert api.put(f"orders/{order}", {}).json()["date_modified_gmt"] > before["date_modified_gmt"]


def test_a_full_refund_changes_the_status_and_never_the_total(fresh: Twins):
    order = fresh.woocommerce.change(kind="order", billing={"email": "guest@guests.example"})
    before = woo(fresh).get(f"orders/{order}").json()
    fresh.woocommerce.change(kind="refund", order=order)
    after = woo(fresh).get(f"orders/{order}").json()
    assert (after["status"], after["total"]) == ("refunded", before["total"])
    assert after["refunds"][0]["total"] == f"-{before['total']}"
    over = woo(fresh).post(f"orders/{order}/refunds", {"amount": "1.00"})
    assert (over.status_code, over.json()) == (500, recorded("error_500_over_refund"))


def test_trashing_answers_the_old_status(fresh: Twins):
    order = fresh.woocommerce.change(kind="order", billing={"email": "guest@guests.example"})
    assert woo(fresh).delete(f"orders/{order}").json()["status"] == "processing"
    assert woo(fresh).get(f"orders/{order}").json()["status"] == "trash"
    woo(fresh).delete(f"orders/{order}", params={"force": "true"})
    assert woo(fresh).get(f"orders/{order}").status_code == 404


def test_deleting_a_customer_leaves_guest_orders(fresh: Twins):
    number = next(each["customer_id"] for each in fresh.woocommerce.store.orders.values() if each["customer_id"])
    assert woo(fresh).delete(f"customers/{number}").json() == recorded("customer_delete_noforce")
    email = next(each["billing"]["email"] for each in fresh.woocommerce.store.orders.values() if each["customer_id"] == number)
    assert woo(fresh).delete(f"customers/{number}", params={"force": "true"}).status_code == 200
    left = [each for each in fresh.woocommerce.store.orders.values() if each["billing"]["email"] == email]
    assert {each["customer_id"] for each in left} == {0}


def test_broken_json_is_refused_as_recorded(fresh: Twins):
    keys = (fresh.woocommerce.consumer_key, fresh.woocommerce.consumer_secret)
    url = f"{fresh.woocommerce.url}/wp-json/wc/v3/customers/batch"
    answer = requests.post(url, data=b'{"a":', auth=keys, headers={"X-Forwarded-Proto": "https"}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, recorded("error_400_bad_json"))


def test_webhooks_are_active_from_the_start_and_keep_their_secret(fresh: Twins):
    body = {
        "topic": "order.updated",
        "delivery_url": "http://127.0.0.1:1/hook",
        "secret": "s",
        "status": "paused",
        "name": "rec order.updated",
    }
    made = woo(fresh).post("webhooks", body)
    assert (made.status_code, made.json()["status"]) == (201, "active")
    assert set(made.json()) == set(recorded("webhook_create"))
    assert woo(fresh).post("webhooks", body | {"topic": "order.published"}).json() == recorded("webhook_create_bad_topic_400")
    assert woo(fresh).post("webhooks", body | {"delivery_url": "ftp://x"}).json() == recorded("webhook_create_bad_url_400")
    assert woo(fresh).delete(f"webhooks/{made.json()['id']}").json() == recorded("webhook_delete_noforce")
