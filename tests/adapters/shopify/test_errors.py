from __future__ import annotations

import logging

import pytest
import requests
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from plugin_core.errors import (
    AccessRevoked,
    BadAnswer,
    InvalidInput,
    MissingScope,
    OutcomeUnknown,
    Refused,
    Throttled,
    Transient,
    Unreachable,
    WrongAddress,
)
from tests.adapters.shopify.shop import Shop, client, error, ok

SHOP_DATA = {"shop": {"id": "gid://shopify/Shop/1", "name": "Acme", "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin"}}
PAGE = (200, {"Content-Type": "text/html"}, "<!DOCTYPE html><p>Opening soon</p>")

CASES = [
    ((301, {"Location": "https://acme.example/"}, ""), WrongAddress, "redirects", ".myshopify.com"),
    ((401, {}, ""), AccessRevoked, "token", "comeback connect"),
    ((402, {}, ""), Refused, "frozen", "Shopify admin"),
    ((403, {}, ""), MissingScope, "403", "scopes"),
    ((404, {}, ""), WrongAddress, "no Shopify shop", ".myshopify.com"),
    ((423, {}, ""), Refused, "locked", "owner"),
    ((418, {}, ""), Refused, "418", "log"),
    ((500, {}, ""), Transient, "out of order", "tried again"),
    ((503, {}, ""), Transient, "out of order", "tried again"),
    (PAGE, WrongAddress, "web page", ".myshopify.com"),
    ((200, {"Content-Type": "application/json"}, '{"data": {"sh'), BadAnswer, "cut off", "Try again"),
    ((200, {"Content-Type": "application/json"}, "[" * 100_000), BadAnswer, "no JSON", "Try again"),
    ((200, {}, '{"extensions": 7, "data": 7}'), BadAnswer, "no data", "Try again"),
    ((200, {"Content-Type": "application/json"}, '{"hello": 1}'), BadAnswer, "not GraphQL", ".myshopify.com"),
    ((200, {}, '{"data": null}'), BadAnswer, "no data", "Try again"),
    (error("ACCESS_DENIED", "Required access: `read_customers` access scope."), MissingScope, "read_customers", "read_customers"),
    (
        error("ACCESS_DENIED", "This app is not approved to use the email field."),
        MissingScope,
        "not approved",
        "protected customer data",
    ),
    (error("SHOP_INACTIVE"), Refused, "not active", "opened again"),
    (error("undefinedField", "Field 'x' doesn't exist"), Refused, "Field 'x'", "report"),
    (error("INTERNAL_SERVER_ERROR"), Transient, "internal error", "tried again"),
    (error("THROTTLED"), Throttled, "slow down", ""),
]


@pytest.mark.parametrize(("answer", "kind", "says", "mend"), CASES)
def test_each_trouble_is_named_with_the_store_and_the_mend(shop: Shop, tmp_path, answer, kind, says, mend):
    shop.on["ShopFacts"] = [answer]
    with pytest.raises(kind) as caught:
        client(tmp_path).facts()
    assert str(caught.value).startswith("acme: ")
    assert says in caught.value.message
    assert mend in caught.value.mend


def test_a_shop_that_can_not_be_reached_is_said_to_be_so(shop: Shop, tmp_path, time):
    pool = HTTPSConnectionPool("acme.myshopify.com")
    refused = MaxRetryError(pool, "/", NewConnectionError(pool, "refused"))
    shop.on["ShopFacts"] = [requests.ConnectionError(refused)]
    with pytest.raises(Unreachable, match=r"acme: the shop acme.myshopify.com can't be reached. Check"):
        client(tmp_path, time).facts()
    assert len(shop.asked) == 4  # three more tries, each after a longer wait
    assert time.waits == sorted(time.waits)


def test_a_read_is_tried_again_after_a_bad_gateway_and_a_broken_connection(shop: Shop, tmp_path, time):
    shop.on["ShopFacts"] = [(502, {}, ""), requests.ReadTimeout(), (503, {"Retry-After": "3"}, ""), ok(SHOP_DATA)]
    shop.on["AccessScopes"] = [ok({"currentAppInstallation": None})]
    shop.on["ShopDetails"] = [ok({"shop": {"url": None, "shopAddress": None}})]
    facts = client(tmp_path, time).facts()
    assert (facts.name, facts.zone, facts.country, facts.url) == ("Acme", "Europe/Berlin", "", "https://acme.myshopify.com")
    assert 3.0 in time.waits


@pytest.mark.parametrize("lost", [(502, {}, ""), requests.ReadTimeout(), error("INTERNAL_SERVER_ERROR")])
def test_a_write_that_may_not_be_repeated_is_not_repeated_when_its_answer_is_lost(shop: Shop, tmp_path, lost):
    shop.on["DiscountDelete"] = [lost]
    transport = client(tmp_path)._transport
    with pytest.raises(OutcomeUnknown, match="acme: a write was sent"):
        transport.call("discount_delete", {"id": "gid://shopify/DiscountCodeNode/1"}, repeatable=False)
    assert len(shop.asked) == 1


def test_a_search_that_shopify_did_not_understand_is_an_error_and_not_everything(shop: Shop, tmp_path):
    warning = {
        "search": [{"path": ["orders"], "query": "x", "warnings": [{"field": "updated_att", "message": "Invalid search field"}]}]
    }
    shop.on["Orders"] = [ok({"orders": {"nodes": [], "pageInfo": {"hasNextPage": False}}}, extensions=warning)]
    with pytest.raises(BadAnswer, match="didn't understand the search: Invalid search field"):
        list(client(tmp_path).pull("orders", {"phase": "idle", "since": 1}))


def test_an_expired_token_is_renewed_once_and_the_new_one_used(shop: Shop, tmp_path):
    shop.on["ShopFacts"] = [(401, {}, ""), ok(SHOP_DATA)]
    shop.on["AccessScopes"] = shop.on["ShopDetails"] = [error("ACCESS_DENIED")]
    facts = client(tmp_path, token="old", renew=lambda: {"access_token": "new"}).facts()
    assert facts.external_id == "1"
    assert shop.tokens[:2] == ["old", "new"]
    assert facts.scopes == ()


def test_a_token_that_is_refused_after_its_renewal_too_is_revoked(shop: Shop, tmp_path):
    shop.on["ShopFacts"] = [(401, {}, "")]
    with pytest.raises(AccessRevoked, match="acme: Shopify doesn't accept the access token"):
        client(tmp_path, renew=lambda: {"access_token": "new"}).facts()
    assert len(shop.asked) == 2


def test_a_store_without_a_token_is_refused_before_anything_is_sent(shop: Shop, tmp_path):
    with pytest.raises(InvalidInput, match="acme: there is no access token"):
        client(tmp_path, token=" ")
    assert shop.asked == []


def test_two_stores_in_one_thread_never_mix_their_tokens(edge, shop: Shop, tmp_path):
    other = Shop(edge, "other.myshopify.com")
    for each in (shop, other):
        each.on["ShopFacts"] = [ok(SHOP_DATA)]
        each.on["AccessScopes"] = each.on["ShopDetails"] = [error("ACCESS_DENIED")]
    mine, theirs = client(tmp_path, token="mine"), client(tmp_path, shop="other.myshopify.com", token="theirs")
    for _ in range(2):
        mine.facts()
        theirs.facts()
    assert set(shop.tokens) == {"mine"}
    assert set(other.tokens) == {"theirs"}


def test_a_version_that_shopify_no_longer_serves_is_logged_once_and_no_token_ever(shop: Shop, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="adapters.shopify")
    status, headers, body = ok(SHOP_DATA)
    shop.on["ShopFacts"] = [(status, {**headers, "X-Shopify-API-Version": "2027-01", "X-Request-Id": "req-7"}, body)]
    shop.on["AccessScopes"] = shop.on["ShopDetails"] = [error("ACCESS_DENIED")]
    acme = client(tmp_path, token="shpat_secret")
    acme.facts()
    acme.facts()
    assert [each.message for each in caplog.records if "2027-01" in each.message] == [
        "acme: Shopify serves API version 2027-01, we asked for 2026-10. Update Comeback."
    ]
    assert "req-7" in caplog.text
    assert "shpat_secret" not in caplog.text
