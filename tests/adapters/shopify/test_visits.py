"""Who opened the app inside the Shopify admin: only what Shopify signed a moment ago is believed."""

from __future__ import annotations

import jwt
import pytest

from adapters.shopify.doors import doors
from adapters.shopify.options import ShopifyOptions
from plugin_core.errors import InvalidInput

OLD, NEW = "shpss_" + "o" * 64, "shpss_" + "n" * 64
DURING = ShopifyOptions(client_id="key", client_secret=NEW, former_secret=OLD)
AFTER = ShopifyOptions(client_id="key", client_secret=NEW)


def token(now, secret=NEW, algorithm="HS256", **changes):
    moment = int(now.timestamp())
    claims = {"iss": "https://acme.myshopify.com/admin", "dest": "https://acme.myshopify.com", "aud": "key", "sub": "42"}
    claims |= {"exp": moment + 60, "nbf": moment, "iat": moment, "jti": "1", "sid": "1"} | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm=algorithm)


def visit(options, given, now):
    home = doors(options).home
    assert home is not None
    return home.visit(given, now=now, secrets=lambda _: ())


def test_a_visit_tells_the_shop_and_the_merchant(now):
    found = visit(AFTER, token(now), now)
    assert (found.address, found.claims["sub"]) == ("acme.myshopify.com", "42")


def test_while_the_secret_is_being_changed_both_are_accepted_and_afterwards_only_the_new_one(now):
    assert visit(DURING, token(now, OLD), now).address == visit(DURING, token(now, NEW), now).address
    with pytest.raises(InvalidInput):
        visit(AFTER, token(now, OLD), now)


@pytest.mark.parametrize(("seconds", "good"), [(-9, True), (-10, True), (-11, False), (69, True), (70, False)])
def test_clocks_may_differ_by_ten_seconds(now, seconds, good):
    from datetime import timedelta

    at = now + timedelta(seconds=seconds)
    if good:
        assert visit(AFTER, token(now), at)
        return
    with pytest.raises(InvalidInput, match="too old"):
        visit(AFTER, token(now), at)


@pytest.mark.parametrize("missing", ["iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"])
def test_no_claim_may_be_missing(now, missing):
    with pytest.raises(InvalidInput):
        visit(AFTER, token(now, **{missing: None}), now)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "https://other.myshopify.com/admin"},
        {"dest": "https://acme.myshopify.com.evil.example", "iss": "https://acme.myshopify.com.evil.example/admin"},
        {"dest": "https://evil.example", "iss": "https://evil.example/admin"},
        {"dest": "http://acme.myshopify.com", "iss": "http://acme.myshopify.com/admin"},
        {"dest": "acme.myshopify.com"},
        {"exp": "soon"},
    ],
)
def test_a_visit_for_another_app_or_from_elsewhere_is_refused(now, changes):
    with pytest.raises(InvalidInput):
        visit(AFTER, token(now, **changes), now)


def test_an_unsigned_or_garbled_token_is_refused(now):
    for given in ("", "a.b.c", token(now)[:-3], token(now, "", algorithm="none"), token(now, NEW, algorithm="HS512")):
        with pytest.raises(InvalidInput):
            visit(DURING, given, now)


def test_without_the_apps_id_and_secret_there_is_no_way_in():
    for options in (ShopifyOptions(), ShopifyOptions(client_id="key")):
        found = doors(options)
        assert (found.home, found.redirect, found.keys, found.plugin, found.renew) == (None,) * 5
