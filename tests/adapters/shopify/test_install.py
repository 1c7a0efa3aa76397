from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from adapters.shopify.install import exchange_code, missing_scopes, permission_url, verified_shop
from adapters.shopify.options import ShopifyOptions
from adapters.shopify.platform import ShopifyPlatform
from plugin_core.errors import AccessRevoked, BadAnswer, InvalidInput, OutcomeUnknown

OPTIONS = ShopifyOptions(client_id="key", client_secret="hush")
ORIGIN = "http://127.0.0.1:9"


@pytest.mark.parametrize("text", ["acme", " Acme.myshopify.com ", "https://acme.myshopify.com/admin", "acme.myshopify.com"])
def test_a_shops_address_is_known_in_one_spelling(text):
    assert ShopifyPlatform().normalise_address(text) == "acme.myshopify.com"


@pytest.mark.parametrize(
    "text", ["", "acme.example", "acme.myshopify.com.evil.example", "evil.example/.myshopify.com", "https://shop.acme.example"]
)
def test_an_address_that_is_no_shopify_shop_is_refused_with_the_mend(text):
    with pytest.raises(InvalidInput, match=r"is not a Shopify shop's address. Use the permanent one, e.g. acme.myshopify.com"):
        ShopifyPlatform().normalise_address(text)


def test_the_merchant_is_asked_for_just_the_scopes_that_are_not_implied():
    url = permission_url(OPTIONS, "acme", ["read_customers", "write_customers", "read_orders"], "https://app.example/back", "s1")
    query = parse_qs(urlsplit(url).query)
    assert url.startswith("https://acme.myshopify.com/admin/oauth/authorize?")
    assert query == {
        "client_id": ["key"],
        "scope": ["read_orders,write_customers"],
        "redirect_uri": ["https://app.example/back"],
        "state": ["s1"],
    }


def signed(now, secret="hush", **changes):
    params = {"shop": "acme.myshopify.com", "code": "c", "state": "s1", "timestamp": str(int(now.timestamp()))} | changes
    text = "&".join(f"{key}={value}" for key, value in sorted(params.items()))
    return params | {"hmac": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


def test_a_link_signed_by_shopify_names_its_shop(now):
    assert verified_shop(OPTIONS, signed(now), state="s1", now=now) == "acme.myshopify.com"


def test_a_link_that_is_altered_old_early_foreign_or_unsigned_is_refused(now):
    bad = [
        signed(now) | {"shop": "evil.myshopify.com"},
        signed(now, secret="other"),
        signed(now - timedelta(minutes=11)),
        signed(now + timedelta(minutes=5)),
        signed(now, state="s2"),
        signed(now, timestamp="soon"),
        signed(now, shop="evil.example"),
        {key: value for key, value in signed(now).items() if key != "hmac"},
    ]
    for params in bad:
        with pytest.raises(InvalidInput):
            verified_shop(OPTIONS, params, state="s1", now=now)
    with pytest.raises(InvalidInput):
        verified_shop(OPTIONS, signed(now), state="", now=now)


def test_the_code_becomes_an_expiring_token_at_whatever_origin_is_set(edge, now):
    answer = {
        "access_token": "shpat",
        "scope": "read_orders",
        "expires_in": 3600,
        "refresh_token": "shprt",
        "refresh_token_expires_in": 7776000,
    }
    edge.post(f"{ORIGIN}/admin/oauth/access_token", json=answer)
    options = ShopifyOptions(client_id="key", client_secret="hush", origin=ORIGIN)
    tokens = exchange_code(options, "acme.myshopify.com", "c", store="acme", now=now)
    assert tokens.access_token == "shpat"
    assert tokens.access_expires_at == "2026-11-22T13:00:00+00:00"
    assert tokens.credentials()["refresh_token"] == "shprt"
    request = edge.calls[0].request
    assert request.headers["Host"] == "acme.myshopify.com"
    assert json.loads(request.body) == {"client_id": "key", "client_secret": "hush", "code": "c", "expiring": "1"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 400, "json": {"error": "invalid_request"}}, AccessRevoked),
        ({"body": "<html>"}, BadAnswer),
        ({"body": requests.ReadTimeout()}, OutcomeUnknown),
    ],
)
def test_a_code_that_is_not_exchanged_says_so(edge, now, answer, kind):
    edge.add(responses.POST, "https://acme.myshopify.com/admin/oauth/access_token", **answer)
    with pytest.raises(kind, match=r"^acme: .*[Ii]nstallation"):
        exchange_code(OPTIONS, "acme.myshopify.com", "c", store="acme", now=now)


def test_writing_covers_reading_when_scopes_are_compared():
    assert missing_scopes("write_customers,read_orders", ["read_customers", "write_orders"]) == ["write_orders"]
