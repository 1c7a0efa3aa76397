"""The WooCommerce twin's one-click connect, against what a real store did."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from adapters.sandbox.web import Request, Response, Server
from tests.adapters.sandbox.conftest import RECORDED, woo


class App:
    """What the store posts to; answers as told."""

    def __init__(self) -> None:
        self.status = 200
        self.posted: list[Request] = []
        self.server = Server(lambda: "")
        self.server.start(self.take)

    def take(self, request: Request) -> Response:
        self.posted.append(request)
        return Response(self.status)


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    yield made
    made.server.close()


def authorize(twins, app, **changes):
    given = {
        "app_name": "Connector",
        "scope": "read_write",
        "user_id": "tenant-42/ü",
        "return_url": "https://app.example/return?x=1",
    }
    query = urlencode(given | {"callback_url": f"{app.server.origin}/cb?state=abc"} | changes)
    return requests.get(f"{twins.woocommerce.url}/wc-auth/v1/authorize?{query}", timeout=10)


def link(page, name):
    return html.unescape(re.search(rf'id="{name}" href="([^"]+)"', page.text)[1])


def follow(url):
    return requests.get(url, timeout=10, allow_redirects=False)


def test_approving_posts_a_working_key_as_a_real_store_does_and_then_sends_the_merchant_back(fresh, app):
    page = authorize(fresh, app)
    recorded = json.loads((RECORDED / "wc_auth_callback.json").read_text())
    steps = {each["step"]: each for each in json.loads((RECORDED / "wc_auth_flow.json").read_text())["steps"]}
    assert steps["4 grant screen"]["h1"] in page.text
    back = follow(link(page, "approve"))
    assert back.status_code == steps["5 approve"]["status"] == 302
    assert _params(back.headers["Location"]) == _params(steps["5 approve"]["location"])
    posted = app.posted[0].json()
    assert posted.keys() == recorded["body_json"].keys()
    assert {type(posted[name]) for name in posted} == {type(value) for value in recorded["body_json"].values()}
    assert (posted["user_id"], posted["key_permissions"]) == (recorded["body_json"]["user_id"], "read_write")
    assert app.posted[0].headers["Content-Type"] == dict(recorded["captured"]["headers"])["Content-Type"]
    assert app.posted[0].query_string == "state=abc"
    api = woo(fresh, consumer_key=posted["consumer_key"], consumer_secret=posted["consumer_secret"])
    assert api.get("orders").status_code == 200


def test_approving_again_makes_another_key(fresh, app):
    page = authorize(fresh, app)
    for _ in range(2):
        follow(link(page, "approve"))
    assert len({each.json()["consumer_key"] for each in app.posted}) == 2


@pytest.mark.parametrize("status", [201, 302, 403, 500])
def test_anything_but_200_takes_the_key_back(fresh, app, status):
    app.status = status
    before = set(fresh.woocommerce.store.keys)
    refused = follow(link(authorize(fresh, app), "approve"))
    assert (refused.status_code, "Error" in refused.text) == (401, True)
    assert set(fresh.woocommerce.store.keys) == before


def test_denying_posts_nothing(fresh, app):
    assert _params(link(authorize(fresh, app), "deny"))["success"] == ["0"]
    assert app.posted == []


@pytest.mark.parametrize(
    "changes", [{"scope": "all"}, {"user_id": ""}, {"return_url": ""}, {"callback_url": "http://shop.example/cb"}]
)
def test_a_link_that_lacks_something_is_refused(fresh, app, changes):
    assert authorize(fresh, app, **changes).status_code == 401


def test_consent_can_not_be_given_without_having_seen_the_page(fresh, app):
    approve = link(authorize(fresh, app), "approve")
    assert follow(re.sub(r"wc_auth_nonce=\w+", "wc_auth_nonce=guess", approve)).status_code == 401
    assert app.posted == []


def _params(url):
    return parse_qs(urlsplit(url).query)
