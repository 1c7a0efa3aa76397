"""The twins send webhooks as real stores do: signed, built at the last moment, losing patience with who doesn't answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import RECORDED, woo


@dataclass
class Ear:
    url: str = ""
    status: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def topics(self, header: str) -> list[str]:
        return [headers[header] for headers, _ in self.heard if header in headers]


@pytest.fixture
def ear() -> Iterator[Ear]:
    found = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/told"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def subscribe(twins: Twins, url: str, *topics: str) -> list[int]:
    made = [woo(twins).post("webhooks", {"topic": topic, "delivery_url": url, "secret": "ß&<s>"}) for topic in topics]
    return [each.json()["id"] for each in made]


def test_a_webhook_is_pinged_when_it_is_made_with_a_form_and_no_signature(fresh: Twins, ear: Ear) -> None:
    (number,) = subscribe(fresh, ear.url, "order.created")
    ((headers, body),) = ear.heard
    assert body == f"webhook_id={number}".encode()
    assert not [name for name in headers if name.startswith("x-wc-")]
    recorded = dict(orjson.loads((RECORDED / "webhook_ping.json").read_bytes())["captured"]["headers"])
    assert headers["content-type"] == recorded["Content-Type"]


def test_an_order_is_told_with_the_headers_and_fields_of_a_recorded_one(fresh: Twins, ear: Ear) -> None:
    subscribe(fresh, ear.url, "order.created")
    fresh.woocommerce.change(kind="order", billing={"first_name": "Şule"})
    assert fresh.woocommerce.store.deliveries.settle()
    headers, body = ear.heard[-1]
    expected = base64.b64encode(hmac.new("ß&<s>".encode(), body, hashlib.sha256).digest()).decode()
    assert headers["x-wc-webhook-signature"] == expected
    recording = orjson.loads((RECORDED / "webhook_delivery_order.created.json").read_bytes())
    wanted = {name.lower() for name, _ in recording["captured"]["headers"] if name.startswith("X-WC-")}
    assert {name for name in headers if name.startswith("x-wc-")} == wanted
    assert orjson.loads(body).keys() == recording["body_json"].keys()
    assert body.isascii()
    assert orjson.loads(body)["billing"]["first_name"] == "Şule"


def test_one_webhook_tells_of_several_orders_within_a_second_under_one_delivery_id(fresh: Twins, ear: Ear) -> None:
    subscribe(fresh, ear.url, "customer.updated")
    fresh.woocommerce.store.clock.now = lambda: fresh.woocommerce.store.clock.start  # type: ignore[method-assign]
    for number in list(fresh.woocommerce.store.customers)[:3]:
        fresh.woocommerce.change(kind="customer", id=number, set={"first_name": "Ada"})
    fresh.woocommerce.store.deliveries.settle()
    assert len({body for _, body in ear.heard[1:]}) == 3
    assert len(set(ear.topics("x-wc-webhook-delivery-id"))) == 1


def test_trash_is_told_by_a_bare_id_and_a_forced_deletion_by_nothing(fresh: Twins, ear: Ear) -> None:
    subscribe(fresh, ear.url, "order.deleted")
    first, second = list(fresh.woocommerce.store.orders)[:2]
    woo(fresh).delete(f"orders/{first}")
    woo(fresh).delete(f"orders/{second}", params={"force": "true"})
    fresh.woocommerce.store.deliveries.settle()
    assert [body for _, body in ear.heard[1:]] == [orjson.dumps({"id": first})]


def test_after_seven_failures_in_a_row_a_webhook_is_switched_off_in_silence(fresh: Twins, ear: Ear) -> None:
    (number,) = subscribe(fresh, ear.url, "customer.updated")
    ear.status = 500
    someone = next(iter(fresh.woocommerce.store.customers))
    states = []
    for attempt in range(8):
        fresh.woocommerce.change(kind="customer", id=someone, set={"first_name": str(attempt)})
        fresh.woocommerce.store.deliveries.settle()
        states.append(fresh.woocommerce.store.webhooks[number]["status"])
    assert states == ["active"] * 6 + ["disabled"] * 2
    assert len(ear.topics("x-wc-webhook-topic")) == 7


def test_shopify_tells_the_apps_address_signed_by_the_apps_secret(fresh: Twins, ear: Ear) -> None:
    shop = fresh.shopify
    shop.store.webhook_url = ear.url
    someone = next(iter(shop.store.customers))
    placed = shop.change(kind="order", customer=someone)
    shop.change(kind="refund", order=placed)
    shop.change(kind="consent", id=someone, state="SUBSCRIBED")
    shop.store.deliveries.settle()
    assert ear.topics("x-shopify-topic") == [
        *("orders/create", "orders/paid", "orders/updated", "customers/purchasing_summary", "refunds/create", "orders/updated"),
        "customers_email_marketing_consent/update",
    ]
    for headers, body in ear.heard:
        expected = base64.b64encode(hmac.new(shop.store.client_secret.encode(), body, hashlib.sha256).digest()).decode()
        assert headers["x-shopify-hmac-sha256"] == expected
        assert headers["x-shopify-shop-domain"] == shop.shop
    assert orjson.loads(ear.heard[4][1])["order_id"] == int(placed.rsplit("/", 1)[1])


def test_deliveries_are_dropped_doubled_and_shuffled_when_asked(fresh: Twins, ear: Ear) -> None:
    subscribe(fresh, ear.url, "order.created")
    sender = fresh.woocommerce.store.deliveries
    sender.options({"drop": 0.2, "double": 0.3, "shuffle": 30})
    placed = [fresh.woocommerce.change(kind="order") for _ in range(40)]
    sender.settle()
    told = [orjson.loads(body)["id"] for _, body in ear.heard[1:]]
    assert len(set(told)) == 40 - sender.dropped < 40
    assert len(told) > len(set(told))
    assert told != sorted(told)
    assert set(told) < set(placed)


def test_nothing_leaves_this_machine(fresh: Twins) -> None:
    (number,) = subscribe(fresh, "http://shop.example/told", "order.created")
    fresh.woocommerce.change(kind="order")
    fresh.woocommerce.store.deliveries.settle()
    assert fresh.woocommerce.store.deliveries.answers == {0: 1}
    assert number in fresh.woocommerce.store.unpinged
