"""Keys, as the real store took and refused them."""

from __future__ import annotations

import time

import pytest
import requests

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import recorded, woo

ORDERS = "/wp-json/wc/v3/orders"
TLS = {"X-Forwarded-Proto": "https"}


def test_signed_requests_over_plain_http_are_answered(twins: Twins):
    answer = woo(twins).get("orders", params={"per_page": 2, "modified_after": "2020-01-01T00:00:00", "search": "a b@ü"})
    assert answer.status_code == 200


def test_the_librarys_signature_of_a_slash_is_wrong_and_refused(twins: Twins):
    # woocommerce 3.0.0 leaves "/" as it is where WooCommerce encodes it
    answer = woo(twins).get("orders", params={"search": "a/b"})
    assert (answer.status_code, answer.json()) == (401, recorded("error_401_oauth_bad_signature"))


def test_nobody_without_keys_sees_anything(twins: Twins):
    answer = requests.get(twins.woocommerce.url + ORDERS, timeout=10)
    assert (answer.status_code, answer.json()) == (401, recorded("error_401_no_auth"))


def test_keys_in_the_header_count_for_nothing_over_plain_http(twins: Twins):
    keys = (twins.woocommerce.consumer_key, twins.woocommerce.consumer_secret)
    plain = requests.get(twins.woocommerce.url + ORDERS, auth=keys, timeout=10)
    assert (plain.status_code, plain.json()) == (401, recorded("error_401_basic_over_plain_http"))
    assert requests.get(twins.woocommerce.url + ORDERS, auth=keys, headers=TLS, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("key", "secret", "name"), [("ck_unknown", "cs_x", "error_401_bad_key"), ("", "cs_wrong", "error_401_bad_secret")]
)
def test_wrong_keys_over_tls_are_refused_as_recorded(twins: Twins, key: str, secret: str, name: str):
    answer = requests.get(
        twins.woocommerce.url + ORDERS, auth=(key or twins.woocommerce.consumer_key, secret), headers=TLS, timeout=10
    )
    assert (answer.status_code, answer.json()) == (401, recorded(name))


def test_a_wrong_signature_is_refused(twins: Twins):
    answer = woo(twins, consumer_secret="cs_other").get("orders")
    assert (answer.status_code, answer.json()) == (401, recorded("error_401_oauth_bad_signature"))
    assert woo(twins, consumer_key="ck_other").get("orders").json() == recorded("error_401_oauth_unknown_key")


def test_a_request_can_not_be_replayed(twins: Twins):
    first = woo(twins).get("orders", params={"per_page": 1})
    again = requests.get(first.url, timeout=10)
    assert first.status_code == 200
    assert (again.status_code, again.json()) == (401, recorded("error_401_oauth_nonce_replay"))


def test_a_request_signed_half_an_hour_ago_is_refused(twins: Twins):
    from woocommerce.oauth import OAuth

    url = OAuth(
        url=twins.woocommerce.url + ORDERS, consumer_key=twins.woocommerce.consumer_key, method="GET", version="wc/v3",
        consumer_secret=twins.woocommerce.consumer_secret, oauth_timestamp=int(time.time()) - 1800,
    ).get_oauth_url()  # fmt: skip
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, answer.json()) == (401, recorded("error_401_oauth_old_timestamp"))


def test_a_reading_key_can_not_write(fresh: Twins):
    store = fresh.woocommerce.store
    store.keys["ck_reader"] = ("cs_reader", "read")
    reader = woo(fresh, consumer_key="ck_reader", consumer_secret="cs_reader")
    answer = reader.post("coupons", {"code": "x"})
    assert (answer.status_code, answer.json()) == (401, recorded("error_401_read_only_key_writes"))
    assert store.coupons == {}
