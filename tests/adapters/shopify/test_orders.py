from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.shopify.read import read_orders
from plugin_core.clock import to_us
from plugin_core.records import OrderRecord, RefundRecord
from tests.adapters.shopify.orders import bag, jsonl, line, order


def read(raw, *lines) -> OrderRecord:
    rejected = []
    ((record,),) = read_orders(jsonl((raw, list(lines))), currency="EUR", rejected=rejected.append)
    assert rejected == []
    return record


def refusal(raw, *lines) -> str:
    rejected = []
    ((),) = read_orders(jsonl((raw, list(lines))), currency="EUR", rejected=rejected.append)
    (each,) = rejected
    return each.reason


TAXED = {"totalTaxSet": bag("20.0"), "totalShippingPriceSet": bag("10.0")}


def test_an_order_says_what_was_received_and_what_the_goods_were_worth():
    found = read(
        order(7001, customer={"id": "gid://shopify/Customer/9007199254740993"}, discountCodes=["CB1"], sourceName="web", **TAXED),
        line(tax="20.0"),
    )
    assert (found.external_id, found.customer_id) == ("7001", "9007199254740993")
    assert (found.total, found.refunded, found.merchandise, found.basis) == (13000, 0, 10000, 10000)
    assert (found.counted, found.void, found.test, found.codes) == (True, False, False, ("CB1",))
    assert found.placed_at == to_us(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert found.modified_at == to_us(datetime(2026, 3, 5, tzinfo=UTC))
    assert found.lines[0][:8] == ("1", "7", "", "", "Mug", 1, 1, 10000)


def test_money_refunded_without_naming_lines_reduces_the_goods_in_proportion():
    found = read(order(net="65.0", refunded="65.0", displayFinancialStatus="PARTIALLY_REFUNDED", **TAXED), line(tax="20.0"))
    assert (found.total, found.refunded, found.merchandise, found.basis) == (13000, 6500, 10000, 5000)


def test_a_refund_that_names_a_line_takes_that_line_and_no_more():
    raw = order(net="70.0", refunded="60.0", **TAXED)
    found = read(raw, line(1, unit="50.0", current=0, tax="10.0"), line(2, unit="50.0", tax="10.0"))
    assert (found.merchandise, found.basis) == (10000, 5000)
    assert [each.current_net for each in found.lines] == [0, 5000]


def test_refunded_shipping_with_its_tax_is_no_refund_of_goods():
    # goods 100 + tax 20, shipping 10 + tax 2; the shipping comes back in full
    raw = order(
        net="120.0",
        refunded="12.0",
        totalTaxSet=bag("22.0"),
        totalShippingPriceSet=bag("10.0"),
        totalRefundedShippingSet=bag("10.0"),
    )
    assert read(raw, line(tax="20.0")).basis == 10000


def test_a_line_returned_and_money_besides_count_one_after_the_other():
    # 130 received; one of two lines (60 with tax) came back and 35 on top: half of the 70 that remained
    raw = order(net="35.0", refunded="95.0", **TAXED)
    assert read(raw, line(1, unit="50.0", current=0, tax="10.0"), line(2, unit="50.0", tax="10.0")).basis == 2500


def test_prices_that_contain_their_tax_count_without_it():
    found = read(order(net="120.0", taxesIncluded=True), line(unit="40.0", quantity=3, tax="20.0"))
    assert (found.merchandise, found.basis) == (10000, 10000)


def test_part_of_a_line_with_tax_inside_comes_back_with_its_share_of_the_tax():
    found = read(order(net="80.0", refunded="40.0", taxesIncluded=True), line(unit="40.0", quantity=3, current=2, tax="20.0"))
    assert (found.merchandise, found.basis, found.lines[0].current_net) == (10000, 6667, 6667)


def test_tax_that_no_line_names_is_spread_over_goods_and_shipping():
    raw = order(net="120.0", taxesIncluded=True, currentTotalTaxSet=bag("20.0"), totalShippingPriceSet=bag("20.0"))
    assert read(raw, line(unit="100.0")).merchandise == 8333


def test_gift_cards_sold_are_no_merchandise_but_their_refund_names_them():
    raw = order(net="50.0", refunded="100.0")
    found = read(raw, line(1, unit="50.0"), line(2, unit="100.0", current=0, isGiftCard=True))
    assert (found.total, found.merchandise, found.basis) == (15000, 5000, 5000)


def test_a_cent_lost_in_a_rounded_unit_price_is_no_refund_without_lines():
    found = read(order(net="100.0", refunded="10.0"), line(1, unit="3.33", quantity=3, current=0), line(2, unit="100.0"))
    assert found.basis == 10000


def test_yen_have_no_cents_and_dinars_have_three_places():
    for currency, amount, minor in (("JPY", "1500.0", 1500), ("KWD", "1.5", 1500)):
        raw = order(net=amount, currencyCode=currency)
        assert read(raw, line(unit=amount)).merchandise == minor


@pytest.mark.parametrize(
    ("changes", "counted", "void"),
    [
        ({"displayFinancialStatus": "PAID"}, True, False),
        ({"displayFinancialStatus": "PARTIALLY_PAID"}, True, False),
        ({"displayFinancialStatus": "REFUNDED", "net": "0.0", "refunded": "130.0"}, True, False),
        ({"displayFinancialStatus": "PENDING", "net": "0.0"}, False, False),
        ({"displayFinancialStatus": "AUTHORIZED", "net": "0.0"}, False, False),
        ({"displayFinancialStatus": "VOIDED", "net": "0.0"}, False, True),
        ({"displayFinancialStatus": "EXPIRED", "net": "0.0"}, False, True),
        ({"displayFinancialStatus": None}, False, False),
        ({"displayFinancialStatus": "SOMETHING_NEW"}, False, False),
        ({"test": True}, False, False),
        ({"cancelledAt": "2026-03-05T00:00:00Z", "net": "0.0"}, False, True),
        ({"cancelledAt": "2026-03-05T00:00:00Z", "net": "0.0", "refunded": "130.0"}, True, True),
    ],
)
def test_which_orders_count_and_which_stop_no_reminder(changes, counted, void):
    found = read(order(**changes), line())
    assert (found.counted, found.void) == (counted, void)


def test_each_refund_that_moved_money_is_kept():
    refunds = [
        {"id": "gid://shopify/Refund/5", "createdAt": "2026-03-06T00:00:00Z", "totalRefundedSet": bag("30.0")},
        {"id": "gid://shopify/Refund/6", "createdAt": "2026-03-07T00:00:00Z", "totalRefundedSet": bag("0.0")},
    ]
    found = read(order(net="100.0", refunded="30.0", refunds=refunds), line())
    assert found.refunds == (RefundRecord("5", to_us(datetime(2026, 3, 6, tzinfo=UTC)), 3000),)


def test_everything_that_may_be_missing_may_be_missing():
    nothing = dict.fromkeys(
        "name email phone createdAt cancelledAt test taxesIncluded totalTaxSet totalShippingPriceSet discountCodes sourceName "
        "cartToken customer billingAddress shippingAddress refunds customerLocale totalRefundedSet currencyCode updatedAt".split()
    )
    bare = {"id": "gid://shopify/LineItem/1", "discountedUnitPriceAfterAllDiscountsSet": None, "product": None, "variant": None}
    found = read(order(**nothing), bare)
    assert (found.total, found.merchandise, found.currency, found.email) == (13000, 0, "EUR", "")


@pytest.mark.parametrize(
    ("raw", "lines", "says"),
    [
        (order(net="abc"), [], "not an amount of money: 'abc'"),
        (order(net="NaN"), [], "not an amount of money"),
        (order(net="-20.0"), [], "less than nothing was received"),
        (order(netPaymentSet=None), [], "what was paid"),
        (order(processedAt=None), [], "no date"),
        (order(processedAt="yesterday"), [], "yesterday"),
        (order(processedAt="2026-13-45T00:00:00Z"), [], "order 1 can't be read"),
        (order(), [line(quantity=-1)], "negative quantity"),
        (order(), [line(unit="-5.0")], "negative price"),
        (order(), [line(quantity="many")], "order 1 can't be read"),
        (order(currencyCode=None, netPaymentSet=None), [], "what was paid"),
    ],
)
def test_an_absurd_order_is_refused_in_words(raw, lines, says):
    assert says in refusal(raw, *lines)


def test_one_absurd_order_does_not_stop_the_rest():
    rejected = []
    lines = jsonl((order(1, net="x"), [line()]), (order(2), [line()]))
    lines.insert(2, b'{"id":"gid://shopify/Order/3","name":\n')
    ((record,),) = read_orders(lines, currency="EUR", rejected=rejected.append)
    assert record.external_id == "2"
    assert [each.external_id for each in rejected] == ["1", "3"]
    assert '"amount":"x"' in rejected[0].raw
    assert "gid://shopify/LineItem/1" in rejected[0].raw
