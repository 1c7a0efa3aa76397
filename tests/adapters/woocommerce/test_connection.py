"""What a merchant is told when the store does not answer as a store should."""

from __future__ import annotations

import pytest
import requests
import responses

from adapters.woocommerce import WooCommerceOptions, WooCommercePlatform
from plugin_core.errors import (
    BadAnswer,
    InvalidInput,
    OutcomeUnknown,
    StoreError,
    Throttled,
    Transient,
    Unreachable,
    WrongAddress,
)
from plugin_core.platforms import ConnectionInfo
from tests.adapters.woocommerce.shop import API, KEY, SECRET, SITE, client


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "DELETE"])
@responses.activate
def test_a_redirecting_store_is_not_followed_and_the_merchant_learns_where_it_leads(verb):
    target = f"https://www.shop.example/wp-json/wc/v3/coupons?consumer_secret={SECRET}"
    responses.add(verb, f"{API}/coupons", status=301, headers={"Location": target})
    followed = responses.add("GET", "https://www.shop.example/wp-json/wc/v3/coupons", json=[{"id": 1}])
    api = client()._api
    with pytest.raises(WrongAddress) as told:
        api.get("coupons") if verb == "GET" else api.write(verb, "coupons", {"code": "x"} if verb != "DELETE" else None)
    assert "Connect the store as https://www.shop.example." in str(told.value)
    assert str(told.value).startswith("ada-shop: ")
    assert SECRET not in str(told.value)
    assert followed.call_count == 0


@pytest.mark.parametrize(
    ("status", "text", "kind", "says"),
    [
        (200, "<!DOCTYPE html><html><title>Just a moment...</title></html>", BadAnswer, "firewall"),
        (403, "<html>blocked</html>", BadAnswer, "firewall"),
        (406, "Not Acceptable", BadAnswer, "firewall"),
        (404, "<html>not found</html>", WrongAddress, "Permalinks"),
        (200, "", BadAnswer, "nothing"),
        (200, "OK", BadAnswer, "not JSON"),
        (200, "[" * 100_000, Transient, "broke off"),
        (200, '{"code": "x"}', BadAnswer, "list"),
    ],
)
@responses.activate
def test_something_else_than_a_store_is_named_with_its_mend(status, text, kind, says):
    responses.add("GET", f"{API}/orders", status=status, body=text, content_type="text/html")
    with pytest.raises(kind) as told:
        client()._api.page("orders", {}, per_page=10)
    assert says in str(told.value)
    assert "ada-shop" in str(told.value)


@pytest.mark.parametrize(
    "lead",
    [
        b"\xef\xbb\xbf",
        b"\n\n",
        b"<br />\n<b>Notice</b>: Undefined index: x in <b>/wp/a[1].php</b> on line <b>3</b><br />\n",
        b"Warning: {a} in b.php\n",
    ],
)
@responses.activate
def test_an_answer_behind_a_bom_or_php_notices_is_still_read(lead):
    responses.add("GET", f"{API}/orders", body=lead + b'[{"id": 5}]', headers={"X-WP-TotalPages": "1"})
    api = client()._api
    assert api.page("orders", {}, per_page=10).rows == b'[{"id": 5}]'
    assert api.notices_seen == (b"<b>" in lead or b"Warning" in lead)


@responses.activate
def test_an_answer_that_breaks_off_is_asked_for_again():
    responses.add("GET", f"{API}/orders", body=b'[{"id": 5}, {"id"')
    responses.add("GET", f"{API}/orders", body=requests.exceptions.ChunkedEncodingError("broken"))
    responses.add("GET", f"{API}/orders", json=[{"id": 5}])
    assert client()._api.get("orders") == [{"id": 5}]


@responses.activate
def test_a_slow_or_failing_store_gets_a_second_and_third_chance_for_reading():
    pauses: list[float] = []
    responses.add("GET", f"{API}/orders", status=500, body="")
    responses.add("GET", f"{API}/orders", body=requests.exceptions.ReadTimeout(f"?consumer_secret={SECRET}"))
    responses.add("GET", f"{API}/orders", status=429, headers={"Retry-After": "7"}, json={"code": "too_many"})
    responses.add("GET", f"{API}/orders", json=[])
    assert client(pauses=pauses)._api.get("orders") == []
    assert pauses[0] < pauses[1]
    assert pauses[2] == 7


@responses.activate
def test_a_store_that_keeps_failing_is_given_up_until_later():
    responses.add("GET", f"{API}/orders", status=503, body="maintenance")
    with pytest.raises(Transient, match="status 503"):
        client()._api.get("orders")
    assert len(responses.calls) == 4


@pytest.mark.parametrize("asked", ["3600", "86400000", "9" * 400])
@responses.activate
def test_a_store_that_asks_for_an_hour_or_for_ever_is_left_alone_for_an_hour(asked):
    responses.add("GET", f"{API}/orders", status=429, headers={"Retry-After": asked})
    with pytest.raises(Throttled) as told:
        client()._api.get("orders")
    assert told.value.retry_after == 3600
    assert len(responses.calls) == 1


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("broken", [requests.exceptions.ReadTimeout("late"), requests.exceptions.ConnectionError("reset")])
@responses.activate
def test_a_write_without_an_answer_is_never_sent_twice(verb, broken):
    responses.add(verb, f"{API}/coupons", body=broken)
    with pytest.raises(OutcomeUnknown):
        client()._api.write(verb, "coupons", {"code": "x"} if verb != "DELETE" else None)
    assert len(responses.calls) == 1


@responses.activate
def test_a_write_that_died_in_php_may_have_happened():
    died = {"code": "internal_server_error", "message": "critical error", "data": {"status": 500}}
    responses.add("POST", f"{API}/coupons", status=500, json=died)
    with pytest.raises(OutcomeUnknown):
        client()._api.write("POST", "coupons", {"code": "x"})
    assert len(responses.calls) == 1


@responses.activate
def test_a_store_that_is_not_there_is_said_to_be_unreachable_without_its_query():
    responses.add("POST", f"{API}/coupons", body=requests.exceptions.ConnectTimeout(f"/coupons?consumer_secret={SECRET}"))
    with pytest.raises(Unreachable) as told:
        client()._api.write("POST", "coupons", {"code": "x"})
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert len(responses.calls) == 2  # nothing was sent, so that a second try is safe


def test_a_refused_connection_on_a_real_socket_is_unreachable():
    with pytest.raises(Unreachable):
        client("http://127.0.0.1:9")._api.get("orders", attempts=1)


def test_a_public_name_that_leads_to_a_private_address_is_not_connected_to():
    options = WooCommerceOptions(resolver=lambda _host, _port: ["169.254.169.254"], pause=lambda _seconds: None)
    info = ConnectionInfo("ada-shop", SITE, {"consumer_key": KEY, "consumer_secret": SECRET})
    with pytest.raises(WrongAddress, match="not on the public internet"):
        WooCommercePlatform(options).open(info)._api.get("orders")


@responses.activate
def test_an_answer_larger_than_we_accept_is_cut_short(monkeypatch):
    monkeypatch.setattr("adapters.woocommerce.api._LIMIT", 1000)
    responses.add("GET", f"{API}/orders", body=b"[" + b" " * 200_000 + b"]")
    with pytest.raises(BadAnswer, match="larger"):
        client()._api.get("orders")


def test_addresses_within_a_site_lead_to_the_site():
    platform = WooCommercePlatform()
    assert platform.normalise_address("Shop.Example/blog/wp-json/wc/v3/") == "https://shop.example/blog"
    assert platform.normalise_address("https://shop.example/wp-admin/admin.php?page=wc-settings") == SITE
    with pytest.raises(InvalidInput, match="without encryption"):
        platform.normalise_address("http://shop.example")


@responses.activate
def test_a_shop_in_a_folder_is_asked_within_its_folder():
    responses.add("GET", f"{SITE}/blog/wp-json/wc/v3/orders", json=[])
    assert client(f"{SITE}/blog/")._api.get("orders") == []


def test_every_error_is_one_the_core_knows():
    assert issubclass(WrongAddress, StoreError)
    with pytest.raises(InvalidInput, match="consumer key"):
        WooCommercePlatform().open(ConnectionInfo("ada-shop", SITE, {"consumer_key": KEY}))


@responses.activate
def test_an_answer_to_a_write_that_breaks_off_leaves_its_outcome_open():
    responses.add("POST", f"{API}/coupons", body=requests.exceptions.ChunkedEncodingError("broken"))
    with pytest.raises(OutcomeUnknown, match="broke off"):
        client()._api.write("POST", "coupons", {"code": "x"})


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", WrongAddress, "valid certificate"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", WrongAddress, "does not speak https"),
        ("EOF occurred in violation of protocol", Transient, "in time"),
    ],
)
@responses.activate
def test_what_is_wrong_with_a_secure_connection_is_told_apart(said, kind, told):
    responses.add("GET", f"{API}/orders", body=requests.exceptions.SSLError(said))
    with pytest.raises(kind, match=told):
        client()._api.get("orders")
