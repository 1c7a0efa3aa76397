"""Every recorded delivery of a real WooCommerce 11.0.1 verifies with its secret and says what to do."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from adapters.woocommerce.webhooks import WooCommerceWebhooks
from plugin_core.deliveries import Ignore, Ping, Refetch, Rejection, StoreEvent, Verified
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import CustomerRecord, OrderRecord
from tests.contract.woocommerce.test_recorded import RECORDED, names

SHOP = ConnectionInfo("shop", "http://127.0.0.1:8089", {}, "EUR", "Europe/Istanbul")
HOOKS = WooCommerceWebhooks()
DELIVERIES = names("webhook_delivery_*")


def captured(name: str) -> tuple[dict[str, str], bytes, str]:
    recording: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    found = recording["captured"]
    raw = base64.b64decode(found["body_base64"]) if found.get("body_base64") else found["body_text"].encode()
    return {key.lower(): value for key, value in found["headers"]}, raw, recording.get("secret", "")


@pytest.mark.parametrize("name", DELIVERIES)
def test_every_recorded_delivery_is_known_for_the_stores_own(name: str) -> None:
    headers, raw, secret = captured(name)
    found = HOOKS.verify(headers, raw, ("another", secret))
    assert isinstance(found, Verified)
    assert found.topic == headers["x-wc-webhook-topic"]
    assert found.resource_id == ("" if name.endswith("gone_before_delivery") else str(json.loads(raw)["id"]))
    assert isinstance(HOOKS.verify(headers, raw, ("another",)), Rejection)


def test_the_recorded_ping_is_known_for_one() -> None:
    headers, raw, _ = captured("webhook_ping")
    assert HOOKS.verify(headers, raw, ()) == Ping()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("order.created", OrderRecord),
        ("order.updated", OrderRecord),
        ("order.restored", OrderRecord),
        ("customer.created", CustomerRecord),
        ("customer.updated", CustomerRecord),
    ],
)
def test_a_recorded_change_is_taken_in_as_it_is(name: str, kind: type) -> None:
    _, raw, _ = captured(f"webhook_delivery_{name}")
    (step,) = HOOKS.translate(name, raw, SHOP, at=0)
    assert isinstance(step, kind)


@pytest.mark.parametrize(("topic", "resource"), [("order.deleted", "orders"), ("customer.deleted", "customers")])
def test_a_recorded_deletion_is_asked_after_for_it_says_neither_when_nor_how(topic: str, resource: str) -> None:
    _, raw, _ = captured(f"webhook_delivery_{topic}")
    assert HOOKS.translate(topic, raw, SHOP, at=0) == [Refetch(resource, (str(json.loads(raw)["id"]),))]


def test_a_recorded_coupon_tells_when_it_was_changed_and_when_it_is_gone() -> None:
    steps = [HOOKS.translate(topic, captured(f"webhook_delivery_{topic}")[1], SHOP, at=0)[0] for topic in COUPONS]
    assert isinstance(steps[0], Ignore)
    assert [step.kind for step in steps[1:] if isinstance(step, StoreEvent)] == ["code_changed", "code_gone"]


COUPONS = ("coupon.created", "coupon.updated", "coupon.deleted")


def test_a_record_that_was_gone_before_it_was_sent_is_nothing_to_worry_about() -> None:
    _, raw, _ = captured("webhook_delivery_order_gone_before_delivery")
    assert HOOKS.translate("order.created", raw, SHOP, at=0) == [Ignore("it was gone before the store sent it")]


def test_an_order_with_refunds_is_asked_after_since_its_body_does_not_say_what_they_were_for() -> None:
    recording = json.loads((RECORDED / "order_partial_refund.json").read_text(encoding="utf-8"))
    raw = json.dumps(recording["response"]["body"]).encode()
    assert HOOKS.translate("order.updated", raw, SHOP, at=0) == [Refetch("orders", (str(json.loads(raw)["id"]),))]
