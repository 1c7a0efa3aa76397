"""Who opened our page inside a WooCommerce admin: only what that very store's plugin signed a moment ago is believed."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from adapters.woocommerce.doors import doors
from adapters.woocommerce.platform import WooCommerceOptions
from plugin_core.errors import InvalidInput

SHOP, OTHER = "https://shop.example.com/de", "https://other.example.com"
OLD, NEW, OTHERS = "0" * 64, "1" * 64, "2" * 64
SECRETS = {SHOP: (NEW, OLD), OTHER: (OTHERS,)}


def token(now, secret=NEW, algorithm="HS256", **changes):
    moment = int(now.timestamp())
    claims = {"iss": SHOP, "aud": "comeback", "sub": "7", "iat": moment, "nbf": moment, "exp": moment + 60, "jti": "1"} | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm=algorithm)


def visit(given, now):
    home = doors(WooCommerceOptions()).home
    assert home is not None
    return home.visit(given, now=now, secrets=lambda address: SECRETS.get(address, ()))


def test_a_visit_tells_the_store_and_the_person(now):
    found = visit(token(now, name="Ada"), now)
    assert (found.address, found.claims["sub"], found.claims["name"], found.ancestors) == (SHOP, "7", "Ada", ())
    assert visit(token(now, OLD), now).address == SHOP


@pytest.mark.parametrize(("seconds", "good"), [(-10, True), (-11, False), (69, True), (70, False)])
def test_clocks_may_differ_by_ten_seconds(now, seconds, good):
    at = now + timedelta(seconds=seconds)
    if good:
        assert visit(token(now), at).address == SHOP
        return
    with pytest.raises(InvalidInput, match="too old"):
        visit(token(now), at)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"])
def test_no_claim_may_be_missing(now, missing):
    with pytest.raises(InvalidInput):
        visit(token(now, **{missing: None}), now)


def test_one_stores_word_is_not_taken_for_another_store(now):
    for given in (
        token(now, OTHERS),
        token(now, iss=OTHER),
        token(now, iss=f"{SHOP}/"),
        token(now, iss="https://unknown.example"),
    ):
        with pytest.raises(InvalidInput):
            visit(given, now)
    assert visit(token(now, OTHERS, iss=OTHER), now).address == OTHER


def test_a_token_of_another_make_is_refused(now):
    moment = int(now.timestamp())
    bad = [
        {"aud": "another"},
        {"aud": ["comeback", "x"], "exp": moment + 121},
        {"exp": moment + 121},
        {"exp": moment},
        {"iat": moment + 60, "exp": moment + 120},
        {"iat": "now"},
        {"exp": 10**400},
        {"iss": ""},
        {"iss": 7},
    ]
    for changes in bad:
        with pytest.raises(InvalidInput):
            visit(_any(now, **changes), now)
    garbled = ["", ".", "a.b.c", "a" * 5_000, token(now)[:-3], token(now, "", algorithm="none"), token(now, algorithm="HS512")]
    for given in garbled:
        with pytest.raises(InvalidInput):
            visit(given, now)


def _any(now, **changes):
    """Also what the library would not encode."""
    made = jwt.api_jws.PyJWS()
    moment = int(now.timestamp())
    claims = {"iss": SHOP, "aud": "comeback", "sub": "7", "iat": moment, "nbf": moment, "exp": moment + 60, "jti": "1"} | changes
    import json

    return made.encode(json.dumps(claims).encode(), NEW, algorithm="HS256")


@pytest.mark.parametrize(
    ("admin", "framed_by"),
    [
        ("https://wp.example.com", ("https://wp.example.com",)),
        ("https://wp.example.com:8443", ("https://wp.example.com:8443",)),
        ("https://shop.example.com", ()),
        ("https://wp.example.com; script-src *", ()),
        ("*", ()),
        ("https://wp.example.com/path", ()),
        ("javascript:alert(1)", ()),
        (7, ()),
    ],
)
def test_where_wordpress_stands_elsewhere_its_admin_may_show_the_page(now, admin, framed_by):
    assert visit(token(now, admin=admin), now).ancestors == framed_by


def test_the_stores_own_origin_may_show_the_page():
    home = doors(WooCommerceOptions()).home
    assert home is not None
    assert (home.ancestors(SHOP), home.ancestors("")) == (("https://shop.example.com",), ())


def test_a_store_that_is_not_connected_is_not_connected_by_a_visit(now):
    home = doors(WooCommerceOptions()).home
    assert home is not None
    with pytest.raises(InvalidInput, match="not connected"):
        home.credentials(visit(token(now), now), now=now)
