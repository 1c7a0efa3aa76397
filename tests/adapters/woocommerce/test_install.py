"""One-click connect: the link to the store and what comes back from it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.woocommerce.install import authorise_url, read_grant
from plugin_core.errors import InvalidInput

STATE = "kP0v9mQ2xT7cB4aZ1yW8eR"
BODY = {"key_id": 4, "user_id": STATE, "consumer_key": "ck_1", "consumer_secret": "cs_1", "key_permissions": "read_write"}


def test_the_link_carries_all_five_values_the_store_wants():
    link = authorise_url("https://shop.example/blog/", app_name="Comeback", state=STATE, return_url="https://me.example/r?x=1",
                         callback_url="https://me.example/cb")  # fmt: skip
    assert link.startswith("https://shop.example/blog/wc-auth/v1/authorize?")
    assert parse_qs(urlsplit(link).query) == {
        "app_name": ["Comeback"],
        "scope": ["read_write"],
        "user_id": [STATE],
        "return_url": ["https://me.example/r?x=1"],
        "callback_url": ["https://me.example/cb"],
    }


def test_a_callback_over_plain_http_is_refused_here_since_the_store_would():
    with pytest.raises(InvalidInput, match="https"):
        authorise_url(
            "https://shop.example", app_name="x", state=STATE, return_url="https://me.example", callback_url="http://me.example"
        )


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        BODY | {"user_id": "guess"},
        BODY | {"consumer_key": ""},
        BODY | {"consumer_secret": "x"},
        BODY | {"key_permissions": "read"},
    ],
)
def test_a_callback_that_is_not_ours_or_not_whole_grants_nothing(body):
    with pytest.raises(InvalidInput):
        read_grant(body, state=STATE)


def test_a_whole_callback_grants_its_keys():
    assert read_grant(BODY, state=STATE).consumer_secret == "cs_1"
