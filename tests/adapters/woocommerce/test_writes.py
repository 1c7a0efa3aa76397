"""The store shows a customer's status in meta keys of ours; nothing else of the merchant's is touched."""

from __future__ import annotations

import json

import pytest
import requests
import responses

from plugin_core.errors import InvalidInput, MissingScope
from plugin_core.platforms import ProfileWrite
from tests.adapters.woocommerce.shop import API, client

BATCH = f"{API}/customers/batch"


def write(number: int) -> ProfileWrite:
    return ProfileWrite(str(number), {"points": 120, "tier": "gold", "segments": None}, add_tags=("cb:x",), remove_tags=("cb:y",))


def sizes() -> list[int]:
    return [len(json.loads(call.request.body)["update"]) for call in responses.calls]


def echo(request):
    return 200, {}, json.dumps({"update": [{"id": item["id"]} for item in json.loads(request.body)["update"]]})


@responses.activate
def test_only_our_meta_is_sent_and_an_empty_field_is_taken_away():
    responses.add_callback("POST", BATCH, callback=echo)
    results = client().write_profiles([write(7)])
    sent = json.loads(responses.calls[0].request.body)
    assert sent == {
        "update": [
            {
                "id": 7,
                "meta_data": [
                    {"key": "comeback_points", "value": "120"},
                    {"key": "comeback_tier", "value": "gold"},
                    {"key": "comeback_segments", "value": None},
                ],
            }
        ]
    }
    assert [(each.customer_id, each.ok, each.calls) for each in results] == [("7", True, 1)]


@responses.activate
def test_a_hundred_and_twenty_customers_are_three_calls():
    responses.add_callback("POST", BATCH, callback=echo)
    results = client().write_profiles([write(number) for number in range(1, 121)])
    assert sizes() == [50, 50, 20]
    assert all(each.ok for each in results)
    assert [each.customer_id for each in results] == [str(number) for number in range(1, 121)]
    assert sum(each.calls for each in results) == 3


@responses.activate
def test_a_host_that_times_out_gets_smaller_batches_from_then_on():
    def slow(request):
        if len(json.loads(request.body)["update"]) > 20:
            raise requests.exceptions.ReadTimeout("max_execution_time")
        return echo(request)

    responses.add_callback("POST", BATCH, callback=slow)
    results = client().write_profiles([write(number) for number in range(1, 31)])
    assert all(each.ok for each in results)
    assert sizes() == [30, 25, 12, 12, 6]


@responses.activate
def test_a_customer_who_is_gone_is_said_to_be_gone_and_the_others_are_written():
    errors = [
        {"id": 1},
        {"id": 2, "error": {"code": "wc_user_invalid_id", "message": "Invalid user ID.", "data": {"status": 404}}},
        {
            "id": 3,
            "error": {
                "code": "woocommerce_rest_customer_invalid_email",
                "message": "Email address is invalid.",
                "data": {"status": 400},
            },
        },
    ]
    responses.add("POST", BATCH, json={"update": errors})
    ok, gone, refused = client().write_profiles([write(1), write(2), write(3)])
    assert ok.ok
    assert (gone.ok, gone.gone) == (False, True)
    assert (refused.ok, refused.gone, refused.retry) == (False, False, False)
    assert "Email address is invalid" in refused.error


@responses.activate
def test_a_store_that_is_down_leaves_the_writes_for_later():
    responses.add("POST", BATCH, status=503, body="maintenance")
    results = client().write_profiles([write(1), write(2)])
    assert [(each.ok, each.retry, each.gone) for each in results] == [(False, True, False)] * 2
    assert "ada-shop" in results[0].error


@responses.activate
def test_a_key_that_may_only_read_is_said_so():
    said = {"code": "woocommerce_rest_authentication_error", "message": "The API key provided does not have write permissions."}
    responses.add("POST", BATCH, status=401, json=said)
    with pytest.raises(MissingScope, match="Read/Write"):
        client().write_profiles([write(1)])


def test_a_field_that_is_not_ours_is_not_written():
    with pytest.raises(InvalidInput, match="email"):
        client().write_profiles([ProfileWrite("1", {"email": "x@y.zz"})])


@responses.activate
def test_consent_given_with_us_is_told_to_the_store_with_its_time():
    responses.add("PUT", f"{API}/customers/7", json={"id": 7})
    client().write_consent("7", "email", "unsubscribed", 1_793_527_200_000_000)
    assert json.loads(responses.calls[0].request.body) == {
        "meta_data": [
            {"key": "comeback_marketing_consent", "value": "unsubscribed"},
            {"key": "comeback_marketing_consent_at", "value": "2026-11-01T10:00:00+00:00"},
        ]
    }
