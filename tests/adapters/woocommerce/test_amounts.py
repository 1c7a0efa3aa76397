"""What an order was worth, what was given back, and what is left of the goods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
import responses

from adapters.woocommerce import payloads
from adapters.woocommerce.translate import context, customer_record, order_record
from plugin_core.records import ConsentRecord, OrderRecord
from tests.adapters.woocommerce.shop import API, Shelf, account, client, order

ABOUT = context("Europe/Istanbul", "EUR", "https://shop.example", {})


def line(number: int, total: str, tax: str = "0", **more: Any) -> dict[str, Any]:
    return {"id": number, "name": "Tea", "product_id": number, "quantity": 2, "total": total, "total_tax": tax} | more


def back(number: int, item: int, total: str, tax: str = "0", quantity: int = -1) -> dict[str, Any]:
    meta = [{"id": 9, "key": "_refunded_item_id", "value": str(item)}]
    return {"id": number, "product_id": item, "quantity": quantity, "total": total, "total_tax": tax, "meta_data": meta}


def record(details: list[dict[str, Any]] | None = None, about: Any = ABOUT, **fields: Any) -> OrderRecord:
    raw = order(5, "2026-11-01T10:00:00", **fields)
    found = {each["id"]: payloads.refund_decoder.decode(msgspec.json.encode(each)) for each in details or []}
    return order_record(payloads.order_decoder.decode(msgspec.json.encode(raw)), found, about)


def test_money_given_back_without_naming_lines_reduces_the_goods_in_proportion():
    made = record(total="130.00", line_items=[line(1, "100.00", "20.00")], refunds=[{"id": 7, "total": "-65.00"}])
    assert (made.total, made.refunded, made.merchandise, made.basis) == (13000, 6500, 10000, 5000)


def test_a_named_line_comes_off_first_and_the_rest_in_proportion_to_what_remains():
    # 240 in all: goods 50 + 150, tax 40. Of the 180 back, 60 name the first line with its tax; 120 of the other 180 name none.
    details = [{"id": 7, "amount": "180.00", "line_items": [back(1, 11, "-50.00", "-10.00")]}]
    lines = [line(11, "50.00", "10.00"), line(12, "150.00", "30.00")]
    made = record(details, total="240.00", line_items=lines, refunds=[{"id": 7, "total": "-180.00"}])
    assert made.basis == 5000
    assert made.lines[0].current_net == 0


def test_shipping_given_back_leaves_the_goods_alone():
    details = [{"id": 7, "amount": "12.00", "shipping_lines": [{"id": 1, "total": "-10.00", "total_tax": "-2.00"}]}]
    made = record(details, total="132.00", line_items=[line(1, "100.00", "20.00")], refunds=[{"id": 7, "total": "-12.00"}])
    assert (made.refunded, made.basis) == (1200, 10000)


def test_a_full_refund_without_lines_leaves_nothing():
    made = record(
        total="130.00", status="refunded", line_items=[line(1, "100.00", "20.00")], refunds=[{"id": 7, "total": "-130.00"}]
    )
    assert made.counted
    assert made.basis == 0


def test_a_refund_line_without_a_link_is_matched_by_its_product_and_else_still_comes_off():
    unlinked = back(1, 11, "-50.00") | {"meta_data": []}
    stranger = unlinked | {"product_id": 99}
    for given_back in (unlinked, stranger):
        details = [{"id": 7, "amount": "50.00", "line_items": [given_back]}]
        assert record(details, total="50.00", line_items=[line(11, "50.00")], refunds=[{"id": 7, "total": "-50.00"}]).basis == 0


def test_half_a_cent_is_rounded_up():
    assert record(total="0.02", line_items=[line(1, "0.01")], refunds=[{"id": 7, "total": "-0.01"}]).basis == 1


def test_an_order_paid_with_store_credit_keeps_its_goods():
    assert record(total="0.00", line_items=[line(1, "50.00")]).basis == 5000


def test_gift_cards_sold_are_no_merchandise_where_they_can_be_told():
    marked = line(1, "25.00", meta_data=[{"id": 1, "key": "wc_gc_giftcard_amount", "value": "25"}])
    made = record(total="75.00", line_items=[marked, line(2, "50.00")])
    assert (made.total, made.merchandise, made.basis) == (7500, 5000, 5000)
    assert made.lines[0].gift_card


def test_fees_and_tips_are_paid_but_are_no_merchandise():
    made = record(total="17.00", line_items=[line(1, "12.00")], fee_lines=[{"id": 3, "name": "Tip", "total": "5.00"}])
    assert (made.total, made.merchandise) == (1700, 1200)


def test_a_currency_without_cents_has_none():
    made = record(currency="JPY", total="1500", line_items=[line(1, "1500")], refunds=[{"id": 7, "total": "-500"}])
    assert (made.total, made.basis) == (1500, 1000)


@pytest.mark.parametrize(
    ("status", "counted", "void"),
    [
        ("processing", True, False),
        ("completed", True, False),
        ("refunded", True, False),
        ("on-hold", False, False),
        ("pending", False, False),
        ("failed", False, True),
        ("cancelled", False, True),
        ("trash", False, True),
        ("checkout-draft", False, True),
        ("shipped", True, False),
    ],
)
def test_what_counts_as_a_purchase(status, counted, void):
    about = context("UTC", "EUR", "https://shop.example", {"counted_statuses": ["wc-shipped"]})
    made = record(about=about, status=status)
    assert (made.counted, made.void) == (counted, void)


@pytest.mark.parametrize(
    ("meta", "rate"),
    [
        ({"_wcpay_multi_currency_order_exchange_rate": "1.25"}, "0.8"),
        ({"_wcpay_multi_currency_order_exchange_rate": "1.25", "_wcpay_multi_currency_stripe_exchange_rate": "0.81"}, "0.81"),
        ({"_wcpay_multi_currency_order_exchange_rate": "1.25", "_wcpay_multi_currency_order_default_currency": "GBP"}, None),
        ({"_base_currency_exchange_rate": "0.92"}, "0.92"),
        ({"_woocs_order_rate": 1.25, "_woocs_order_base_currency": "EUR"}, "0.8"),
        ({"wmc_order_info": {"EUR": {"rate": "1", "is_main": 1}, "USD": {"rate": "1.25", "is_main": 0}}}, "0.8"),
        ({"_woocs_order_rate": "0"}, None),
        ({"_base_currency_exchange_rate": "nonsense"}, None),
        ({"some_other_rate": "0.9"}, None),
    ],
)
def test_a_foreign_order_is_converted_only_by_the_rate_it_carries(meta, rate):
    entries = [{"id": index, "key": key, "value": value} for index, (key, value) in enumerate(meta.items())]
    assert record(currency="USD", meta_data=entries).fx_rate == rate


def test_consent_is_what_our_meta_or_the_merchants_key_says_and_nothing_else():
    meta = [
        {"key": "comeback_marketing_consent", "value": "subscribed"},
        {"key": "comeback_marketing_consent_at", "value": "2026-11-01T10:00:00+00:00"},
        {"key": "newsletter_opt_in", "value": "no"},
        {"key": "card", "value": {"token": "t"}},
    ]
    typed = payloads.account_decoder.decode(msgspec.json.encode(account(1, meta_data=meta)))
    assert customer_record(typed, ABOUT).consents == (
        ConsentRecord("email", "subscribed", "woocommerce:comeback_marketing_consent", 1_793_527_200_000_000),
    )
    mapped = context("UTC", "EUR", "", {"consent_meta_key": "newsletter_opt_in"})
    assert customer_record(typed, mapped).consents == (ConsentRecord("email", "unsubscribed", "woocommerce:newsletter_opt_in"),)
    assert customer_record(payloads.account_decoder.decode(msgspec.json.encode(account(1))), ABOUT).consents == ()


def test_an_erased_person_has_no_address():
    assert record(billing={"email": "deleted@site.invalid"}).email == ""


def test_a_guest_is_known_by_the_address_given_with_the_order_as_it_was_typed():
    made = record()
    assert (made.customer_id, made.email, made.first_name, made.country) == ("", "Ada@Shop-Example.test", "Ada", "TR")


def test_the_same_order_again_is_no_change_and_a_deleted_refund_is_one():
    first = record(total="130.00", refunds=[{"id": 7, "total": "-65.00"}])
    assert record(total="130.00", refunds=[{"id": 7, "total": "-65.00"}]) == first
    deleted = record(total="130.00", refunds=[])
    assert deleted.modified_at == first.modified_at
    assert deleted.content_hash != first.content_hash


@responses.activate
def test_refund_lines_are_asked_for_in_one_call_a_page_and_only_where_there_are_refunds():
    refunded = [order(n, "2026-11-01T10:00:00", refunds=[{"id": n * 100, "total": "-10.00"}], total="12.00") for n in (1, 2)]
    Shelf(responses.mock, orders=[*refunded, order(3, "2026-11-01T10:00:00")])
    details = [
        {"id": n * 100, "parent_id": n, "amount": "10.00", "line_items": [back(1, n * 10, "-5.00", "-5.00")]} for n in (1, 2)
    ]
    listed = responses.add("GET", f"{API}/refunds", json=details)
    pages = list(client().pull("orders", None))
    assert [made.basis for page in pages for made in page.records] == [500, 500, 1000]
    assert listed.call_count == 1


@responses.activate
def test_a_store_without_a_list_of_refunds_is_asked_order_by_order():
    refunded = [order(n, "2026-11-01T10:00:00", refunds=[{"id": n * 100, "total": "-5.00"}]) for n in (1, 2)]
    Shelf(responses.mock, orders=refunded)
    responses.add("GET", f"{API}/refunds", status=404, json={"code": "rest_no_route", "message": "", "data": {"status": 404}})
    for n in (1, 2):
        detail = {"id": n * 100, "amount": "5.00", "line_items": [back(1, n * 10, "-5.00")]}
        responses.add("GET", f"{API}/orders/{n}/refunds", json=[detail])
    assert [made.basis for page in client().pull("orders", None) for made in page.records] == [500, 500]


@responses.activate
def test_an_order_whose_refund_cannot_be_read_is_kept_apart_with_the_reason():
    Shelf(responses.mock, orders=[order(1, "2026-11-01T10:00:00", refunds=[{"id": 100, "total": "-5.00"}])])
    responses.add("GET", f"{API}/orders/1/refunds", json=[{"id": 100, "line_items": "none"}])
    pages = list(client().pull("orders", None))
    assert [each.reason for page in pages for each in page.rejected] == ["its refund 100 can't be read"]


def test_half_a_cent_in_a_foreign_order_is_rounded_as_dividing_by_its_rate_would():
    meta = [{"key": "_wcpay_multi_currency_order_exchange_rate", "value": "1.2"}]
    rate = record(currency="USD", meta_data=meta).fx_rate
    assert Decimal(30003) * Decimal(rate or 0) == Decimal("25002.5")
