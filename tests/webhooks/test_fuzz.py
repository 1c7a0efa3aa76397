"""Whatever the bytes: an answer that is no failure of ours; and what is signed is kept, however strange."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.shopify import webhooks as shopify
from adapters.woocommerce import webhooks as woocommerce
from plugin_core.db import Database, create_engine
from plugin_core.platforms import ConnectionInfo
from tests import databases
from tests.webhooks.senders import PLATFORMS, Desk, open_desk

DEEP = b'{"id": 1, "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
fields = (
    *("id", "order_id", "customer_id", "customerId", "token", "customer", "refunds", "line_items", "status", "currency"),
    *("total", "date_created_gmt", "date_modified_gmt", "billing", "meta_data", "email", "code", "admin_graphql_api_id"),
)
bodies = st.binary(max_size=200) | st.dictionaries(st.sampled_from(fields), json_values, max_size=8).map(
    lambda value: json.dumps(value).encode()
)
connection = ConnectionInfo("ben", "https://ben.example", {}, "EUR", "UTC")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    from tests import postgres

    engine = create_engine(databases.sqlite_copy(postgres.run_folder(), tmp_path_factory.mktemp("fuzz") / "fuzz.sqlite"))
    with open_desk(Database(engine)) as opened:
        yield opened
    engine.dispose()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    name=st.sampled_from(["shopify", "woocommerce"]),
    raw=bodies,
    genuine=st.booleans(),
    topic=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
    kind=st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]),
)
@example("woocommerce", DEEP, True, "order.updated", "application/json")
@example("shopify", DEEP, True, "orders/updated", "application/json")
@example("shopify", b"\xff\xfe", True, "\xa0", "application/json")
@example("woocommerce", b'{"id":"\\u0000"}', True, "order.updated", "application/json")
def test_no_bytes_make_us_fail(desk: Desk, name: str, raw: bytes, genuine: bool, topic: str, kind: str) -> None:
    sender = desk.senders[name]
    header = "X-Shopify-Topic" if name == "shopify" else "X-WC-Webhook-Topic"
    more: dict[str, Any] = {header: topic, "Content-Type": kind}
    if not genuine:
        more[sender.signed_by] = topic
    status = sender.send(desk.client, raw, **more)
    assert status in {200, 400, 401, 415}
    if genuine and kind == "application/json" and topic.strip():
        assert status == 200


@settings(max_examples=150)
@given(
    raw=bodies,
    topic=st.sampled_from([("shopify", each) for each in (*shopify.TOPICS, *shopify.COMPLIANCE, "?")])
    | st.sampled_from([("woocommerce", each) for each in (*woocommerce.TOPICS, "?")]),
)
@example(DEEP, ("woocommerce", "order.updated"))
@example(DEEP, ("shopify", "customers/redact"))
def test_every_signed_body_is_understood_or_said_to_be_unusable(raw: bytes, topic: tuple[str, str]) -> None:
    steps = PLATFORMS[topic[0]].webhooks.translate(topic[1], raw, connection, at=1)
    assert steps
