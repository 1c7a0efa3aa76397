"""A shopper sees their own points in the shop, and nobody sees anybody else's, whatever is sent."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from adapters.shopify.doors import doors
from adapters.shopify.options import ShopifyOptions
from plugin_core import bulk
from plugin_core.clock import to_us
from plugin_core.db import Database
from plugin_core.installers import Doors
from storefront import create_loyalty
from tests.plugin_core.shop import account, customer, order, store, take, work_out

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP, OTHER = "ada.myshopify.com", "ben.myshopify.com"
TRUTH = {"shop": SHOP, "logged_in_customer_id": "1", "path_prefix": "/apps/comeback", "timestamp": str(int(NOW.timestamp()))}
Query = list[tuple[str, str]]


@pytest.fixture
def client(database: Database) -> FlaskClient:
    with database.write() as session:
        for key, address in (("north", SHOP), ("south", OTHER)):
            shop = store(session, account(session, key), key)
            shop.address, shop.platform = address, "shopify"
            take(session, shop, customer("1", f"ada@{key}.de"), order("a", customer_id="1", total=7_000))
            work_out(session, shop)
        _give(session, 70, "south")
        _give(session, 500, "north")
    web = Flask("test")
    known: Mapping[str, Doors] = {
        "shopify": doors(ShopifyOptions(client_id="key", client_secret="new", former_secret="old")),
        "woocommerce": Doors(),
    }
    web.register_blueprint(create_loyalty(database, known, lambda: to_us(NOW)))
    return web.test_client()


def _give(session: Session, points: int, key: str) -> None:
    sql = "UPDATE customer_stats SET points = ?, tier = 'gold' WHERE store_id = (SELECT id FROM stores WHERE key = ?)"
    bulk.execute(session, sql, points, key)


def signed(query: Query, secret: str = "new") -> Query:
    values: dict[str, list[str]] = {}
    for name, value in query:
        values.setdefault(name, []).append(value)
    text = "".join(sorted(f"{name}={','.join(found)}" for name, found in values.items()))
    return [*query, ("signature", hmac.digest(secret.encode(), text.encode(), "sha256").hex())]


def asked(client: FlaskClient, query: Query, platform: str = "shopify") -> tuple[int, dict[str, object]]:
    answer = client.get(f"/proxy/{platform}/loyalty.json", query_string=query)
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("secret", ["new", "old"])
def test_who_is_signed_in_sees_their_own_points(client: FlaskClient, secret: str) -> None:
    mine = {"signed_in": True, "points": 500, "points_pending": 0, "tier": "gold", "referral_code": ""}
    assert asked(client, signed([*TRUTH.items(), ("extra", "1"), ("extra", "2")], secret)) == (200, mine)


def test_who_is_not_signed_in_or_not_known_sees_nothing(client: FlaskClient) -> None:
    assert asked(client, signed(list((TRUTH | {"logged_in_customer_id": ""}).items()))) == (200, {"signed_in": False})
    nobody = {"signed_in": True, "points": 0, "points_pending": 0, "tier": "", "referral_code": ""}
    for change in ({"logged_in_customer_id": "99"}, {"shop": "cleo.myshopify.com"}):
        assert asked(client, signed(list((TRUTH | change).items()))) == (200, nobody)


def test_what_shopify_did_not_sign_is_refused(client: FlaskClient) -> None:
    good = signed(list(TRUTH.items()))
    moment = int(TRUTH["timestamp"])
    hostile = {
        "nothing": [],
        "no signature": good[:-1],
        "an empty signature": [*good[:-1], ("signature", "")],
        "a signature of other letters": [*good[:-1], ("signature", "é" * 64)],
        "another shopper": [("logged_in_customer_id", "2") if each[0] == "logged_in_customer_id" else each for each in good],
        "another shop": [("shop", OTHER) if each[0] == "shop" else each for each in good],
        "something added": [*good, ("extra", "1")],
        "a second shop": [*good, ("shop", OTHER)],
        "a second signed shop": signed([*TRUTH.items(), ("shop", OTHER)]),
        "a second signed shopper": signed([*TRUTH.items(), ("logged_in_customer_id", "2")]),
        "a second signature": [*good, good[-1]],
        "too old": signed(list((TRUTH | {"timestamp": str(moment - 91)}).items())),
        "from the future": signed(list((TRUTH | {"timestamp": str(moment + 91)}).items())),
        "no time": signed(list((TRUTH | {"timestamp": "now"}).items())),
        "another app's secret": signed(list(TRUTH.items()), "stolen"),
        "no shop of Shopify's": signed(list((TRUTH | {"shop": "evil.example"}).items())),
    }
    assert {name: asked(client, query)[0] for name, query in hostile.items()} == dict.fromkeys(hostile, 401)


def test_a_platform_without_a_proxy_has_no_such_page(client: FlaskClient) -> None:
    assert asked(client, signed(list(TRUTH.items())), "woocommerce")[0] == asked(client, [], "nowhere")[0] == 404
