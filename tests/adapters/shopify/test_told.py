"""A webhook's body is believed only where it says, to the cent, what the shop itself would answer."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from adapters.sandbox import start_twins
from adapters.sandbox.shopify import payloads
from adapters.shopify import ShopifyOptions, ShopifyPlatform
from adapters.shopify.told import consent_told, customer_told, order_told
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import ConsentRecord


def test_an_order_told_is_the_order_asked_for_to_the_cent_or_is_asked_for(tmp_path):
    with start_twins(people=150) as twins:
        shop = twins.shopify.store
        for number, order in enumerate(list(shop.orders.values())[:40]):
            if order["status"] == "PAID" and order["received"] > 500:
                line = {"amount": "3.21"} if number % 2 else {}
                twins.shopify.change(kind="refund", order=order["id"], **line)
        options = ShopifyOptions(twins.shopify.origin, allow_private=True, spool_dir=tmp_path)
        connection = ConnectionInfo("demo", shop.domain, {"access_token": shop.token}, currency="GBP")
        client = ShopifyPlatform(options).open(connection)
        asked = {each.external_id: each for page in client.pull("orders", None, full=True) for each in page.records}
        client.close()
        said: Counter[tuple[str, bool]] = Counter()
        for order in shop.orders.values():
            told = order_told(json.dumps(payloads.order(shop, order)).encode())
            said[order["status"], told is not None] += 1
            if told is not None:
                assert told._replace(content_hash="") == asked[told.external_id]._replace(content_hash="")
    assert len(asked) > 300
    believed = {status for status, complete in said if complete}
    assert believed >= {"PAID", "PENDING", "AUTHORIZED", "REFUNDED", "PARTIALLY_REFUNDED"}
    assert sum(count for (_, complete), count in said.items() if complete) > 0.7 * len(asked)


BODY = {
    "id": 34, "created_at": "2026-11-20T11:00:00+01:00", "updated_at": "2026-11-20T11:00:00+01:00",
    "processed_at": "2026-11-20T11:00:00+01:00", "currency": "EUR", "financial_status": "paid", "taxes_included": True,
    "total_price_set": {"shop_money": {"amount": "24.00"}}, "current_total_price_set": {"shop_money": {"amount": "24.00"}},
    "total_outstanding": "0.00", "customer": None, "email": "ada@x.example", "discount_codes": [], "refunds": [],
    "line_items": [
        {
            "id": 1, "quantity": 2, "current_quantity": 2, "price_set": {"shop_money": {"amount": "12.00"}},
            "tax_lines": [{"price_set": {"shop_money": {"amount": "4.00"}}}],
        }
    ],
}  # fmt: skip
HALF_A_CENT = [dict(BODY["line_items"][0], discount_allocations=[{"amount_set": {"shop_money": {"amount": "0.01"}}}])]
REFUND = {
    "id": 9,
    "created_at": "2026-11-21T10:00:00Z",
    "transactions": [{"kind": "refund", "status": "success", "amount": "24"}],
}
GIVEN_BACK = {
    "financial_status": "refunded",
    "current_total_price_set": {"shop_money": {"amount": "0.00"}},
    "refunds": [REFUND],
}


def told(**other):
    return order_told(json.dumps(BODY | other).encode())


def test_what_is_complete_is_believed():
    order = told()
    assert (order.total, order.refunded, order.merchandise, order.basis, order.counted) == (2400, 0, 2000, 2000, True)
    back = told(**GIVEN_BACK)
    assert (back.total, back.refunded, back.basis, back.refunds[0].amount) == (2400, 2400, 0, 2400)
    assert told(financial_status="pending", total_outstanding="24.00").total == 0


@pytest.mark.parametrize(
    "other",
    [
        {"line_items": HALF_A_CENT},
        {"total_outstanding": "4.00"},
        {"financial_status": "partially_paid"},
        {"financial_status": "something_new"},
        {"current_total_price_set": {"shop_money": {"amount": "20.00"}}},
        {"total_cash_rounding_payment_adjustment_set": {"shop_money": {"amount": "0.02"}}},
        {"line_items": None},
        {"updated_at": "yesterday"},
        {**GIVEN_BACK, "refunds": [REFUND | {"transactions": [{"kind": "refund", "status": "pending", "amount": "24.00"}]}]},
        {**GIVEN_BACK, "refunds": [REFUND | {"order_adjustments": [{"kind": "shipping_refund"}]}]},
        {**GIVEN_BACK, "presentment_currency": "USD"},
    ],
)  # fmt: skip
def test_what_leaves_a_doubt_is_asked_of_the_shop(other):
    assert told(**other) is None


def test_an_edited_customer_and_a_withdrawn_consent_are_believed_and_a_thin_body_is_not():
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    body = {
        "id": 12, "updated_at": at.isoformat(), "created_at": at.isoformat(), "email": "ada@x.example", "first_name": "Ada",
        "last_name": None, "phone": None,
    }  # fmt: skip
    assert customer_told(json.dumps(body).encode()).first_name == "Ada"
    assert customer_told(b'{"id": 12}') is None
    said = {"state": "unsubscribed", "consent_updated_at": (at + timedelta(hours=1)).isoformat()}
    told_of = {"customer_id": 12, "email_address": "ada@x.example", "email_marketing_consent": said}
    consent = consent_told(json.dumps(told_of).encode())
    assert consent.consents == (ConsentRecord("email", "unsubscribed", "shopify", 1_795_172_400_000_000),)
    assert consent_told(b'{"customer_id": 12, "email_address": "ada@x.example"}') is None
    assert consent_told(json.dumps(told_of | {"email_address": None}).encode()) is None
