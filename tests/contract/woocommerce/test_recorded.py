"""Every recorded answer of a real WooCommerce 11.0.1 is understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.woocommerce import payloads
from adapters.woocommerce.answers import problem
from adapters.woocommerce.install import read_grant
from adapters.woocommerce.translate import (
    Context,
    context,
    customer_record,
    decode_rows,
    make_records,
    order_record,
    product_record,
)
from adapters.woocommerce.transport import RawAnswer
from plugin_core.errors import AccessRevoked, MissingScope, Refused, StoreError, WrongAddress
from plugin_core.records import CustomerRecord, OrderRecord

RECORDED = Path(__file__).parent / "recorded"
ABOUT: Context = context("Europe/Istanbul", "EUR", "http://127.0.0.1:8089", {})


def body(name: str) -> Any:
    recording = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return recording["response"]["body"] if "response" in recording else recording.get("body_json", recording.get("body"))


def rows(name: str) -> list[bytes]:
    found = body(name)
    return [msgspec.json.encode(each) for each in (found if isinstance(found, list) else [found])]


def names(pattern: str) -> list[str]:
    return sorted(path.stem for path in RECORDED.glob(f"{pattern}.json"))


ORDERS = [name for name in names("order*") + names("webhook_delivery_order.*ed") if name not in {
    "order_notes", "order_refund_create", "order_get_deleted_404", "order_full_refund_refunds", "order_partial_refund_refunds",
    "webhook_delivery_order.deleted",
}]  # fmt: skip


def order_of(name: str, refunds: str = "") -> OrderRecord:
    details = {each.id: each for each in (payloads.refund_decoder.decode(row) for row in rows(refunds))} if refunds else {}
    return order_record(payloads.order_decoder.decode(rows(name)[0]), details, ABOUT)


@pytest.mark.parametrize("name", ORDERS)
def test_every_recorded_order_is_understood(name):
    decoded, rejected = decode_rows(rows(name), "orders", payloads.order_decoder.decode)
    records, more = make_records(decoded, "orders", lambda order: order_record(order, {}, ABOUT))
    assert rejected == more == []
    assert len(records) == len(rows(name))
    for record, raw in zip(records, rows(name), strict=True):
        source = json.loads(raw)
        assert record.counted == (source["status"] in {"processing", "completed", "refunded"})
        assert record.void == (source["status"] in {"cancelled", "failed", "trash", "checkout-draft"})
        assert f"{record.total / 100:.2f}" == source["total"]
        assert record.merchandise == sum(round(float(line["total"]) * 100) for line in source["line_items"])
        assert record.refunded == -sum(round(float(refund["total"]) * 100) for refund in source["refunds"])


@pytest.mark.parametrize(
    "name", ["customers_page", "customer_single", "customer_empty_name", "customer_create", "customer_update_admin"]
)
def test_every_recorded_customer_is_understood(name):
    decoded, rejected = decode_rows(rows(name), "customers", payloads.account_decoder.decode)
    records, more = make_records(decoded, "customers", lambda account: customer_record(account, ABOUT))
    assert rejected == more == []
    assert [record.external_id for record in records] == [str(json.loads(raw)["id"]) for raw in rows(name)]


def test_every_recorded_product_is_understood_and_reads_like_the_shop():
    decoded, rejected = decode_rows(rows("products_page"), "products", payloads.product_decoder.decode)
    records, more = make_records(decoded, "products", lambda product: product_record(product, ABOUT))
    assert rejected == more == []
    assert records[0].title == "Hoodie 4"
    assert records[0].categories == ("Giysi & Ayakkabı",)  # noqa: RUF001 - Turkish
    assert records[0].price == 4500


def test_an_account_without_an_address_keeps_none_although_its_billing_has_one():
    record = customer_record(payloads.account_decoder.decode(rows("customer_single")[0]), ABOUT)
    assert isinstance(record, CustomerRecord)
    assert (record.email, record.first_name, record.country) == ("", "Mehmet", "TR")


def test_the_time_of_an_order_is_utc_also_where_only_the_shops_wall_time_came():
    raw = body("order_full_refund")
    with_gmt = order_of("order_full_refund")
    for field in ("date_created_gmt", "date_modified_gmt"):
        del raw[field]
    without = order_record(payloads.order_decoder.decode(msgspec.json.encode(raw)), {}, ABOUT)
    assert (without.placed_at, without.modified_at) == (with_gmt.placed_at, with_gmt.modified_at)


def test_a_fully_refunded_order_counts_and_leaves_nothing():
    record = order_of("order_full_refund", "order_full_refund_refunds")
    assert record.counted
    assert record.total == record.refunded == 35540
    assert record.basis == 0
    assert record.merchandise == 8962 + 14844 + 4821


def test_a_refund_that_names_its_line_takes_that_line_without_tax_off_the_basis():
    record = order_of("order_partial_refund", "order_partial_refund_refunds")
    assert record.status == "completed"
    assert (record.total, record.refunded) == (47244, 6001)
    assert record.basis == record.merchandise - 5001
    earl_grey = record.lines[0]
    assert (earl_grey.quantity, earl_grey.current_quantity, earl_grey.net, earl_grey.current_net) == (2, 1, 10002, 5001)


def test_a_foreign_currency_without_a_rate_says_so():
    assert order_of("order_full_refund").currency == "USD"
    assert order_of("order_full_refund").fx_rate is None


def test_a_code_used_with_an_order_is_kept_as_the_shop_spells_it():
    decoded, _ = decode_rows(rows("orders_refunded"), "orders", payloads.order_decoder.decode)
    assert order_record(decoded[1][1], {}, ABOUT).codes == ("minus5",)


def test_a_webhook_body_of_an_order_that_is_gone_is_rejected_with_a_reason():
    decoded, rejected = decode_rows(rows("order_get_deleted_404"), "orders", payloads.order_decoder.decode)
    assert decoded == []
    assert "field" in rejected[0].reason


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("error_401_bad_key", AccessRevoked, "anonymous"),
        ("error_401_bad_secret", AccessRevoked, "secret"),
        ("error_401_no_auth", AccessRevoked, "anonymous"),
        ("error_401_basic_over_plain_http", AccessRevoked, "anonymous"),
        ("error_401_oauth_bad_signature", AccessRevoked, "signature"),
        ("error_401_oauth_unknown_key", AccessRevoked, "consumer key"),
        ("error_401_oauth_nonce_replay", AccessRevoked, "key"),
        ("error_401_oauth_old_timestamp", AccessRevoked, "clock"),
        ("error_401_read_only_key_writes", MissingScope, "Read/Write"),
        ("error_401_write_only_key_reads", MissingScope, "Read/Write"),
        ("error_400_bad_page", Refused, "page"),
        ("error_400_bad_json", Refused, "JSON"),
        ("error_400_invalid_param", Refused, "per_page"),
        ("error_404_no_route", WrongAddress, "plugin is active"),
        ("error_404_unknown_customer", Refused, "Invalid user ID"),
        ("error_404_unknown_order", Refused, "Invalid ID"),
        ("error_500_over_refund", Refused, "Invalid refund amount"),
        ("coupon_duplicate_400", Refused, "already exists"),
        ("coupon_percent_over_100", Refused, "Invalid discount amount"),
        ("customers_batch_over_100", Refused, "100 items"),
        ("customer_delete_noforce", Refused, "trashing"),
    ],
)
def test_every_recorded_refusal_names_the_store_and_what_is_wrong(name, kind, says):
    recording = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    answer = recording.get("response", recording)
    error = problem(RawAnswer(answer["status"], answer.get("headers", {}), b""), answer["body"], store="ada-shop", writing=False)
    assert type(error) is kind
    assert isinstance(error, StoreError)
    assert str(error).startswith("ada-shop: ")
    assert says in str(error)


def test_the_recorded_grant_of_one_click_connect_is_read():
    recorded = json.loads((RECORDED / "wc_auth_callback.json").read_text(encoding="utf-8"))["body_json"]
    grant = read_grant(recorded, state=recorded["user_id"])
    assert (grant.key_id, grant.consumer_key, grant.permissions) == (4, recorded["consumer_key"], "read_write")
