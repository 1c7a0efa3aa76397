"""Faults that tests queue: each strikes as often as was said, and where an answer is lost the write has happened."""

from __future__ import annotations

import pytest
import requests

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import asked, bulk, graphql, woo

SHOP = "{shop {name}}"
ADD = 'mutation($id: ID!) {tagsAdd(id: $id, tags: ["cb:x"]) {userErrors {message}}}'


@pytest.mark.parametrize(("kind", "options", "status"), [("status", {"status": 502}, 502), ("html", {}, 200), ("empty", {}, 200)])
def test_a_fault_strikes_once_and_is_over(fresh: Twins, kind: str, options: dict, status: int):
    fresh.shopify.faults.add(kind, **options)
    answer = graphql(fresh, SHOP)
    assert answer.status_code == status
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert graphql(fresh, SHOP).json()["data"]["shop"]


def test_faults_choose_by_route_and_body_and_let_some_pass(fresh: Twins):
    fresh.woocommerce.faults.add("status", match="GET /wp-json/wc/v3/orders", skip=1, status=429, headers={"Retry-After": "3"})
    api = woo(fresh)
    assert [api.get("customers").status_code, api.get("orders").status_code] == [200, 200]
    struck = api.get("orders")
    assert (struck.status_code, struck.headers["Retry-After"]) == (429, "3")
    fresh.shopify.faults.add("throttled", match="tagsAdd")
    assert "errors" not in graphql(fresh, SHOP).json()
    assert graphql(fresh, ADD, id="gid://shopify/Customer/1").json()["errors"][0]["extensions"]["code"] == "THROTTLED"


@pytest.mark.parametrize("kind", ["drop_after", "status_after", "truncated"])
def test_a_lost_answer_leaves_the_write_done(fresh: Twins, kind: str):
    gid = next(iter(fresh.shopify.store.customers))
    fresh.shopify.faults.add(kind, match="tagsAdd", status=502)
    try:
        answer = graphql(fresh, ADD, id=gid)
        assert answer.status_code == 502
    except requests.RequestException:
        assert kind != "status_after"
    assert fresh.state()["shopify"]["tags"] == {gid: ["cb:x"]}


def test_a_connection_dropped_before_leaves_nothing_done(fresh: Twins):
    fresh.shopify.faults.add("drop", match="tagsAdd")
    with pytest.raises(requests.ConnectionError):
        graphql(fresh, ADD, id=next(iter(fresh.shopify.store.customers)))
    assert fresh.state()["shopify"]["tags"] == {}


def test_a_bulk_file_can_end_in_the_middle(fresh: Twins):
    done = bulk(fresh, "{customers {edges {node {id}}}}")
    fresh.shopify.faults.add("bulk_truncated")
    with pytest.raises(requests.RequestException):
        requests.get(done["url"], timeout=10)
    assert len(requests.get(done["url"], timeout=10).content) == int(done["fileSize"])


def test_a_record_can_be_made_absurd(fresh: Twins):
    order = next(number for number, each in fresh.woocommerce.store.orders.items() if each["status"] == "completed")
    fresh.woocommerce.change(kind="inject", resource="orders", id=order, set={"total": "NaN"}, remove=["billing"])
    seen = woo(fresh).get(f"orders/{order}").json()
    assert seen["total"] == "NaN"
    assert "billing" not in seen
    gid = next(iter(fresh.shopify.store.customers))
    fresh.shopify.change(kind="inject", id=gid, set={"updatedAt": "not a date"})
    assert asked(fresh, "query($id: ID!) {customer(id: $id) {id updatedAt}}", id=gid)["customer"]["updatedAt"] == "not a date"


def test_everything_can_be_steered_over_http(fresh: Twins):
    control = f"{fresh.woocommerce.url}/_sandbox/"
    assert (
        requests.post(
            control + "faults", json={"kind": "redirect", "location": "https://www.example.com/"}, timeout=10
        ).status_code
        == 201
    )
    assert woo(fresh).get("orders", allow_redirects=False).status_code == 301
    made = requests.post(
        control + "change", json={"kind": "order", "billing": {"email": "new@guests.example"}}, timeout=10
    ).json()["changed"]
    state = requests.get(control + "state", timeout=10).json()
    assert made in fresh.woocommerce.store.orders
    assert state["orders"] == len(fresh.woocommerce.store.orders)
    wrong = requests.post(control + "faults", json={"kind": "earthquake"}, timeout=10)
    assert (wrong.status_code, "earthquake" in wrong.text) == (400, True)
