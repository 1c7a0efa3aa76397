"""A personal code is bound to one person's e-mail, used once, and expires, or it does not exist."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import responses

from adapters.woocommerce.codes import wordpress_accepts
from plugin_core.errors import OutcomeUnknown, Refused, Unsupported
from plugin_core.platforms import CodeSpec, CreatedCode
from tests.adapters.woocommerce.shop import API, client

# 2026-12-05T21:30:00Z is half past midnight of the 6th in Istanbul.
SPEC = CodeSpec(
    "CB-7K2Q",
    "Comeback winback 60 days",
    "winback:60:abc:1",
    15,
    0,
    1_796_506_200_000_000,
    email="Jane@Example.com",
    minimum=3000,
)
COUPONS = f"{API}/coupons"
EXISTS = {
    "code": "woocommerce_rest_coupon_code_already_exists",
    "message": "The coupon code already exists",
    "data": {"status": 400},
}


def kept(sent: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The coupon as WooCommerce 11 answers it: amounts padded, the expiry in both times."""
    return sent | {"id": 77, "amount": f"{sent['amount']}.00", "date_expires_gmt": "2026-12-05T21:30:00"} | changed


def answering(**changed: Any) -> None:
    responses.add_callback(
        "POST", COUPONS, callback=lambda request: (201, {}, json.dumps(kept(json.loads(request.body), **changed)))
    )


@responses.activate
def test_a_code_is_made_as_asked_and_its_expiry_is_given_in_the_shops_own_time():
    answering()
    assert client().create_code(SPEC) == CreatedCode("cb-7k2q", "77")
    sent = json.loads(responses.calls[0].request.body)
    assert sent == {
        "code": "cb-7k2q",
        "discount_type": "percent",
        "amount": "15",
        "description": "Comeback winback 60 days",
        "individual_use": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": ["jane@example.com"],
        "date_expires": "2026-12-06T00:30:00",
        "exclude_sale_items": False,
        "free_shipping": False,
        "minimum_amount": "30.00",
        "meta_data": [{"key": "_comeback_reference", "value": "winback:60:abc:1"}],
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email_restrictions": []}, "e-mail restriction"),
        ({"email_restrictions": ["jan@example.com"]}, "e-mail restriction"),
        ({"email_restrictions": ["jane@example.com", "x@y.zz"]}, "e-mail restriction"),
        ({"amount": "51.00"}, "amount"),
        ({"discount_type": "fixed_cart"}, "discount type"),
        ({"usage_limit": None}, "usage limit"),
        ({"date_expires": None, "date_expires_gmt": None}, "expiry"),
        ({"date_expires_gmt": "2026-12-06T00:30:00"}, "expiry"),
        ({"minimum_amount": "0.00"}, "minimum"),
        ({"meta_data": []}, "reference"),
        ({"code": "other"}, "code"),
    ],
)
@responses.activate
def test_a_code_the_store_made_something_else_of_is_deleted_at_once(changed, said):
    answering(**changed)
    deleted = responses.add("DELETE", f"{COUPONS}/77", json={"id": 77})
    with pytest.raises(Refused, match=said):
        client().create_code(SPEC)
    assert deleted.call_count == 1
    assert "force=true" in responses.calls[1].request.url


@pytest.mark.parametrize(
    "email",
    [
        "",
        "not an email",
        "jane@localhost",
        "jané@example.com",
        "*@example.com",
        "a@b@c.de",
        "jane@-x.com",
        "jane@x..com",
        "@x.com",
    ],
)
@responses.activate
def test_no_code_is_made_for_an_address_that_wordpress_would_drop(email):
    with pytest.raises(Refused, match="e-mail"):
        client().create_code(SPEC._replace(email=email))
    assert len(responses.calls) == 0


@pytest.mark.parametrize("email", ["jane@example.com", "Jane.O'Neil+tag@sub.example.co", "a-b_c@x-y.museum"])
def test_ordinary_addresses_are_fine(email):
    assert wordpress_accepts(email)


@responses.activate
def test_a_code_made_by_an_earlier_try_is_adopted_and_not_doubled():
    responses.add("POST", COUPONS, status=400, json=EXISTS)
    ours = kept(
        {"code": "cb-7k2q", "amount": "15"},
        discount_type="percent",
        email_restrictions=["jane@example.com"],
        usage_limit=1,
        usage_limit_per_user=1,
        individual_use=True,
        minimum_amount="30.00",
        meta_data=[{"key": "_comeback_reference", "value": SPEC.reference}],
    )
    responses.add("GET", COUPONS, json=[ours])
    assert client().create_code(SPEC) == CreatedCode("cb-7k2q", "77", adopted=True)
    assert "code=cb-7k2q" in responses.calls[1].request.url


@responses.activate
def test_a_lost_answer_is_looked_up_before_anything_else():
    responses.add("POST", COUPONS, body=requests.exceptions.ReadTimeout("late"))
    responses.add("GET", COUPONS, json=[])
    with pytest.raises(OutcomeUnknown):
        client().create_code(SPEC)
    assert [call.request.method for call in responses.calls] == ["POST", "GET"]


@responses.activate
def test_a_merchants_own_coupon_of_that_name_is_left_alone():
    responses.add("POST", COUPONS, status=400, json=EXISTS)
    responses.add("GET", COUPONS, json=[{"id": 5, "code": "CB-7K2Q", "meta_data": []}])
    with pytest.raises(Refused, match="not ours"):
        client().create_code(SPEC)
    assert [call.request.method for call in responses.calls] == ["POST", "GET"]


@responses.activate
def test_a_code_adopted_without_its_restriction_is_deleted():
    responses.add("POST", COUPONS, status=400, json=EXISTS)
    meta = [{"key": "_comeback_reference", "value": SPEC.reference}]
    responses.add("GET", COUPONS, json=[kept({"code": "cb-7k2q", "amount": "15"}, meta_data=meta, email_restrictions=[])])
    deleted = responses.add("DELETE", f"{COUPONS}/77", json={"id": 77})
    with pytest.raises(Refused, match="e-mail restriction"):
        client().create_code(SPEC)
    assert deleted.call_count == 1


@responses.activate
def test_a_shop_with_coupons_switched_off_is_told_how_to_switch_them_on():
    with pytest.raises(Unsupported, match="Enable the use of coupon codes"):
        client(facts={"coupons_enabled": False}).create_code(SPEC)
    assert len(responses.calls) == 0


@responses.activate
def test_deleting_a_code_that_is_gone_already_is_fine():
    gone = {"code": "woocommerce_rest_shop_coupon_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    responses.add("DELETE", f"{COUPONS}/77", status=404, json=gone)
    client().delete_code(CreatedCode("cb-7k2q", "77"))
    assert len(responses.calls) == 1
