"""What Shopify's webhooks make us do: ask how things stand now, take deletions at their word, keep what concerns the shop."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.shopify.webhooks import COMPLIANCE, TOPICS, ShopifyWebhooks
from plugin_core.deliveries import Ignore, Refetch, Repull, Retagged, StoreEvent, Unusable
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import Deletion

SHOP = ConnectionInfo("ada", "ada.myshopify.com", {}, "EUR", "UTC")
CUSTOMER, ORDER = "gid://shopify/Customer/12", "gid://shopify/Order/34"


def steps(topic: str, **body: Any) -> list[Any]:
    return ShopifyWebhooks(()).translate(topic, json.dumps(body).encode(), SHOP, at=99)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("customers/create", {"id": 12, "email": "ada@x.example", "admin_graphql_api_id": CUSTOMER}),
        ("customers/update", {"id": 12}),
        ("customers/disable", {"id": 12}),
        ("customer.tags_added", {"customerId": CUSTOMER, "occurredAt": "2026-11-20T10:00:00Z"}),
        ("customers_email_marketing_consent/update", {"customer_id": 12, "email_address": "ada@x.example"}),
        ("customers_marketing_consent/update", {"customer_id": 12, "phone": "+4930"}),
    ],
)
def test_a_changed_customer_is_asked_for_by_number(topic: str, body: dict[str, Any]) -> None:
    assert steps(topic, **body) == [Refetch("customers", ("12",))]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", {"id": 34, "admin_graphql_api_id": ORDER, "customer": {"id": 12}}),
        ("orders/updated", {"id": 34, "refunds": []}),
        ("orders/edited", {"order_id": 34, "id": 5}),
    ],
)
def test_a_changed_order_is_asked_for_by_number(topic: str, body: dict[str, Any]) -> None:
    assert steps(topic, **body) == [Refetch("orders", ("34",))]


def test_what_is_perhaps_known_already_is_asked_for_only_where_it_is_not() -> None:
    assert steps("refunds/create", id=5, order_id=34) == [Refetch("orders", ("34",), unless_refund="5")]
    sums = {"customer_id": 12, "number_of_orders": 3, "admin_graphql_api_customer_id": CUSTOMER}
    assert steps("customers/purchasing_summary", **sums) == [Refetch("customers", ("12",), unless_known=True)]
    assert steps("customer.tags_added", customerId=CUSTOMER, tags=["VIP"]) == [Retagged("12", ("VIP",), added=True)]
    assert steps("customer.tags_removed", customerId=CUSTOMER, tags=["VIP"]) == [Retagged("12", ("VIP",), added=False)]


def test_a_deletion_is_dated_by_the_shops_word() -> None:
    assert steps("orders/delete", id=34) == [Deletion("orders", "34", 99)]
    assert steps("customers/delete", id=12) == [Deletion("customers", "12", 99)]


def test_a_merge_asks_for_both_and_for_the_orders_of_both() -> None:
    gone = "gid://shopify/Customer/13"
    body = {"admin_graphql_api_customer_kept_id": CUSTOMER, "admin_graphql_api_customer_deleted_id": gone}
    whole = Refetch("customers", ("12", "13"), with_orders=True)
    assert steps("customers/merge", **body, status="completed") == [whole, Deletion("customers", "13", 99, "12")]
    assert isinstance(steps("customers/merge", **body, status="failed", errors=[{"message": "no"}])[0], Ignore)


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        ("checkouts/update", Repull("checkouts")),
        ("discounts/delete", StoreEvent("code_gone", "7")),
        ("discounts/update", StoreEvent("code_changed", "7")),
        ("app/uninstalled", StoreEvent("uninstalled")),
        ("app/scopes_update", StoreEvent("facts")),
        ("shop/update", StoreEvent("facts")),
        ("shop/redact", StoreEvent("redact_shop")),
    ],
)
def test_what_concerns_the_shop_is_told_apart(topic: str, wanted: Any) -> None:
    assert steps(topic, id=1, admin_graphql_api_id="gid://shopify/DiscountCodeNode/7", token="t") == [
        wanted._replace(subject="1") if topic.startswith("discounts/") else wanted
    ]


def test_a_person_who_wants_to_be_forgotten_is_named() -> None:
    assert steps("customers/redact", shop_domain="ada.myshopify.com", customer={"id": 12}) == [
        StoreEvent("redact_customer", "12")
    ]


def test_every_topic_we_ask_for_leads_somewhere() -> None:
    body = {"id": 1, "order_id": 1, "customer_id": 1, "admin_graphql_api_customer_kept_id": CUSTOMER}
    assert all(not isinstance(step, Unusable) for topic in (*TOPICS, *COMPLIANCE) for step in steps(topic, **body))


def test_an_unknown_topic_is_said_to_be_one_and_a_body_about_nothing_is_of_no_use() -> None:
    assert steps("orders/of_the_future", id=1) == [Ignore("unknown topic orders/of_the_future")]
    assert isinstance(steps("refunds/create", id=2)[0], Unusable)
