"""What a merchant is told when the store does not answer as a store should."""

from __future__ import annotations

import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from adapters.woocommerce import WooCommerceOptions, WooCommercePlatform
from plugin_core.errors import (
    AccessRevoked,
    BadAnswer,
    InvalidInput,
    MissingScope,
    OutcomeUnknown,
    StoreError,
    Throttled,
    Transient,
    Unreachable,
    WrongAddress,
)
from plugin_core.platforms import ConnectionInfo
from tests.adapters.woocommerce.shop import API, KEY, SECRET, SITE, client

JSON = {"Content-Type": "application/json; charset=UTF-8"}
ANONYMOUS = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources.", "data": {"status": 401}}


def refusal(message: str) -> dict[str, object]:
    return {"code": "woocommerce_rest_authentication_error", "message": message, "data": {"status": 401}}


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


@responses.activate
def test_keys_travel_in_the_header_over_https_and_nowhere_else():
    responses.add("GET", f"{API}/orders", json=[])
    params = {"per_page": 5, "status": "processing,completed"}
    client()._api.get("orders", params)
    request = responses.calls[0].request
    assert request.headers["Authorization"].startswith("Basic ")
    assert "consumer" not in request.url
    assert params == {"per_page": 5, "status": "processing,completed"}
    assert parse_qs(urlsplit(request.url).query) == {"per_page": ["5"], "status": ["processing,completed"]}


@responses.activate
def test_a_plain_http_store_gets_each_parameter_once_and_a_signature():
    responses.add("GET", "http://127.0.0.1:8089/wp-json/wc/v3/orders", json=[])
    client("http://127.0.0.1:8089")._api.get("orders", {"per_page": 5})
    query = parse_qs(urlsplit(responses.calls[0].request.url).query)
    assert query["per_page"] == ["5"]
    assert len(query["oauth_signature"]) == 1
    assert "Authorization" not in responses.calls[0].request.headers
    assert SECRET not in responses.calls[0].request.url


@responses.activate
def test_a_retry_over_plain_http_is_signed_anew():
    url = "http://127.0.0.1:8089/wp-json/wc/v3/orders"
    responses.add("GET", url, status=503)
    responses.add("GET", url, status=401, json=refusal("Invalid nonce - nonce has already been used."))
    responses.add("GET", url, json=[])
    assert client("http://127.0.0.1:8089")._api.get("orders") == []
    nonces = {parse_qs(urlsplit(call.request.url).query)["oauth_nonce"][0] for call in responses.calls}
    assert len(nonces) == 3


@responses.activate
def test_a_store_whose_clock_is_an_hour_ahead_is_signed_for_in_its_own_time():
    url = "http://127.0.0.1:8089/wp-json/wc/v3/orders"
    responses.add("GET", url, status=401, json=refusal("Invalid timestamp."), headers={"Date": "Tue, 01 Jan 2030 00:00:00 GMT"})
    responses.add("GET", url, json=[])
    client("http://127.0.0.1:8089")._api.get("orders")
    stamp = int(parse_qs(urlsplit(responses.calls[1].request.url).query)["oauth_timestamp"][0])
    assert abs(stamp - 1_893_456_000) < 60


@responses.activate
def test_a_host_that_drops_the_authorization_header_is_probed_once_and_then_served_by_query():
    def answer(request):
        known = parse_qs(urlsplit(request.url).query).get("consumer_secret") == [SECRET]
        return (200, JSON, "[]") if known else (401, JSON, json.dumps(ANONYMOUS))

    responses.add_callback("GET", f"{API}/orders", callback=answer)
    params = {"per_page": 7}
    store = client()
    assert store._api.get("orders", params) == []
    store._api.get("orders", params)
    assert params == {"per_page": 7}
    assert len(responses.calls) == 4  # refused, probe, again, and the second call straight away
    assert "Authorization" not in responses.calls[3].request.headers


@responses.activate
def test_an_unknown_key_is_told_apart_after_one_probe():
    responses.add("GET", f"{API}/orders", status=401, json=ANONYMOUS)
    with pytest.raises(AccessRevoked, match="Read/Write"):
        client()._api.get("orders")
    assert len(responses.calls) == 2


@responses.activate
def test_keys_never_go_into_the_address_of_a_plain_http_store():
    responses.add("GET", "http://127.0.0.1:8089/wp-json/wc/v3/orders", status=401, json=ANONYMOUS)
    with pytest.raises(AccessRevoked):
        client("http://127.0.0.1:8089")._api.get("orders")
    assert all(SECRET not in call.request.url for call in responses.calls)
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Consumer secret is invalid.", AccessRevoked),
        (401, "Consumer key is invalid.", AccessRevoked),
        (401, "The API key provided does not have write permissions.", MissingScope),
    ],
)
@responses.activate
def test_a_refused_key_is_not_tried_again(status, message, kind):
    responses.add("GET", f"{API}/orders", status=status, json=refusal(message))
    with pytest.raises(kind):
        client()._api.get("orders")
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("status", "text", "kind", "says"),
    [
        (200, "<!DOCTYPE html><html><title>Just a moment...</title></html>", BadAnswer, "firewall"),
        (403, "<html>blocked</html>", BadAnswer, "firewall"),
        (406, "Not Acceptable", BadAnswer, "firewall"),
        (404, "<html>not found</html>", WrongAddress, "Permalinks"),
        (200, "", BadAnswer, "nothing"),
        (200, "OK", BadAnswer, "not JSON"),
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
    [b"\xef\xbb\xbf", b"\n\n", b"<br />\n<b>Notice</b>: Undefined index: x in <b>/wp/a[1].php</b> on line <b>3</b><br />\n", b"Warning: {a} in b.php\n"],
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


@responses.activate
def test_a_store_that_asks_for_an_hour_is_left_alone_for_an_hour():
    responses.add("GET", f"{API}/orders", status=429, headers={"Retry-After": "3600"})
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


def test_the_secret_is_not_in_urllib3s_debug_lines(caplog):
    logger = logging.getLogger("urllib3.connectionpool")
    with caplog.at_level(logging.DEBUG, logger=logger.name):
        logger.debug('%s "%s %s"', "https://shop.example", "GET", f"/wp-json/wc/v3/orders?consumer_secret={SECRET}")
    assert "/wp-json/wc/v3/orders" in caplog.text
    assert SECRET not in caplog.text


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
