"""How our keys reach a store, and what is said when they are not accepted."""

from __future__ import annotations

import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from plugin_core.errors import AccessRevoked, MissingScope
from tests.adapters.woocommerce.shop import API, SECRET, client

JSON = {"Content-Type": "application/json; charset=UTF-8"}
ANONYMOUS = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources.", "data": {"status": 401}}


def refusal(message: str) -> dict[str, object]:
    return {"code": "woocommerce_rest_authentication_error", "message": message, "data": {"status": 401}}


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


def test_the_secret_is_not_in_urllib3s_debug_lines(caplog):
    logger = logging.getLogger("urllib3.connectionpool")
    with caplog.at_level(logging.DEBUG, logger=logger.name):
        logger.debug('%s "%s %s"', "https://shop.example", "GET", f"/wp-json/wc/v3/orders?consumer_secret={SECRET}")
    assert "/wp-json/wc/v3/orders" in caplog.text
    assert SECRET not in caplog.text


@responses.activate
def test_a_write_the_keys_user_may_not_do_does_not_move_the_keys_into_the_address():
    forbidden = {"code": "woocommerce_rest_cannot_create", "message": "Sorry, you are not allowed.", "data": {"status": 401}}
    responses.add("POST", f"{API}/coupons", status=401, json=forbidden)
    responses.add("GET", f"{API}/orders", json=[])
    with pytest.raises(AccessRevoked):
        client()._api.write("POST", "coupons", {"code": "x"})
    assert all(SECRET not in call.request.url for call in responses.calls)
