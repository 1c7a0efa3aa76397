"""From the merchant's first click to the first insights: both ways in, and everything that can go wrong on them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from adapters.sandbox import Twins, start_twins
from tests.journeys.program import Program
from tests.journeys.served import Browser, served
from tests.journeys.world import UNPACED, free_port

PEOPLE = 24


@dataclass
class Installation:
    url: str
    program: Program
    twins: Twins
    browser: Browser

    def stores(self) -> list[dict]:
        return json.loads(self.program.must("status", "--json"))["stores"]


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with running(database_url, tmp_path) as started:
        yield started


@contextmanager
def running(database_url: str, folder: Path) -> Iterator[Installation]:
    port = free_port()
    with start_twins(PEOPLE, now=datetime.now(UTC)) as twins:
        twins.shopify.store.bucket.set(*UNPACED)
        shop = twins.shopify.store
        variables = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "a key for stores that are not there",
            "SMTP_URL": f"folder:{folder / 'mail'}",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SHOPIFY_ORIGIN": twins.shopify.origin,
            "SHOPIFY_CLIENT_ID": shop.client_id,
            "SHOPIFY_CLIENT_SECRET": shop.client_secret,
            "ALLOW_PRIVATE_STORES": "1",
        }
        program = Program(folder / "program", variables)
        with served(folder / "served", program.environment, port) as url:
            yield Installation(url, program, twins, Browser())


def figure(page: requests.Response, name: str) -> int:
    return int(re.search(rf"<dt>{name}</dt><dd>([\d,]+)</dd>", page.text)[1].replace(",", ""))


def test_a_shopify_merchant_opens_the_app_and_sees_the_first_insights(installation):
    twin, browser, url = installation.twins.shopify, installation.browser, installation.url
    nothing = browser.get(url)
    assert (nothing.status_code, urlsplit(nothing.url).path) == (200, "/login")
    first = browser.get(twin.app_home(url))
    assert first.status_code == 200
    assert "is connected" in first.text
    policy = first.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors https://{twin.shop} https://admin.shopify.com")
    assert "id_token" not in first.text
    ready = browser.watch(first)
    assert "First insights ready." in ready.text
    state = twin.state()
    assert figure(ready, "People") == state["people"]
    assert figure(ready, "Orders") == state["orders_counted"]
    assert state["grants"] == {"token_exchange": 1}
    again = browser.get(twin.app_home(url))
    assert "<h1>Home</h1>" in again.text
    assert twin.state()["grants"] == {"token_exchange": 1}

    a_visit_that_is_stale_or_made_up_gets_nothing_but_a_new_try(installation)
    an_uninstalled_app_is_connected_again_by_opening_it(installation)


def a_visit_that_is_stale_or_made_up_gets_nothing_but_a_new_try(installation):
    twin, browser, url = installation.twins.shopify, installation.browser, installation.url
    bad = [
        {"seconds": -11},
        {"secret": "not ours at all"},
        {"aud": "another app"},
        {"iss": "https://other.myshopify.com/admin"},
        {"dest": "https://evil.example", "iss": "https://evil.example/admin"},
        {"nbf": int(datetime.now(UTC).timestamp()) + 60},
        {"sid": None},
        {"exp": None},
    ]
    for claims in bad:
        sent_on = browser.get(twin.app_home(url, **claims), follow=False)
        assert sent_on.status_code == 302, claims
        target = urlsplit(sent_on.headers["Location"])
        assert target.path == "/app/token"
        reload = parse_qs(target.query)["shopify-reload"][0]
        assert reload.startswith("/?")
        assert "id_token" not in sent_on.headers["Location"]
        xhr = browser.get(f"{url}/app/progress", Authorization=f"Bearer {twin.id_token(**claims)}")
        assert (xhr.status_code, xhr.headers["X-Shopify-Retry-Invalid-Session-Request"]) == (401, "1")
    page = browser.get(f"{url}/?shop={twin.shop}&embedded=1&host=x")
    assert f'data-api-key="{twin.store.client_id}" src="https://cdn.shopify.com/shopifycloud/app-bridge.js"' in page.text
    assert "frame-ancestors https://*.myshopify.com https://admin.shopify.com" in page.headers["Content-Security-Policy"]
    assert browser.get(f"{url}/app/token?shopify-reload=//evil.example/").status_code == 400
    assert browser.get(f"{url}/app/progress").status_code == 401
    known = browser.get(f"{url}/app/progress", Authorization=f"Bearer {twin.id_token(seconds=-9)}")
    # Somebody's numbers may be worked out anew at this very moment.
    assert known.json()["stage"] in {"ready", "working out"}
    assert known.json()["store"] == "comeback-demo"
    assert browser.get(f"{url}/install/gAAAA-made-up").status_code == 404


def an_uninstalled_app_is_connected_again_by_opening_it(installation):
    twin = installation.twins.shopify
    twin.uninstall()
    ended = installation.program.run("sync", "comeback-demo")
    while "another process is busy" in ended.err:  # the server is still at this store's work
        ended = installation.program.run("sync", "comeback-demo")
    assert ended.code == 1
    assert "Open the app in the Shopify admin" in ended.err
    assert [store["state"] for store in installation.stores()] == ["reconnect"]
    assert installation.browser.get(twin.app_home(installation.url)).status_code == 200
    assert [store["state"] for store in installation.stores()] == ["connected"]
    assert twin.state()["grants"] == {"token_exchange": 2}


def test_a_shopify_merchant_comes_by_a_permission_link(installation):
    twin, browser, url = installation.twins.shopify, installation.browser, installation.url
    start = f"{url}/auth/shopify?shop={twin.shop}"
    assert browser.get(f"{url}/auth/shopify?shop=evil.example").status_code == 400
    assert browser.get(f"{url}/auth/elsewhere?shop={twin.shop}").status_code == 404

    declined = browser.click(browser.get(start), "cancel")
    assert (declined.status_code, "declined" in declined.text) == (403, True)
    assert installation.stores() == []

    back = browser.get(
        browser.get(start).url.replace("/admin/oauth/authorize?", "/admin/oauth/authorize/install?"), follow=False
    ).headers["Location"]
    cookies = browser.session.cookies.copy()
    refused = {
        "another browser": Browser().get(back),
        "altered shop": browser.get(back.replace(twin.shop, "other.myshopify.com")),
        "altered state": browser.get(re.sub(r"state=[^&]+", "state=guessed", back)),
        "unsigned": browser.get(re.sub(r"&hmac=[^&]+", "", back)),
    }
    assert {why: answer.status_code for why, answer in refused.items()} == dict.fromkeys(refused, 400)
    assert installation.stores() == []

    browser.session.cookies = cookies
    first = browser.get(back)
    assert (first.status_code, "is connected" in first.text) == (200, True)
    browser.session.cookies = cookies
    assert browser.get(back).status_code == 400, "a return that was used is used"
    assert "First insights ready." in browser.watch(first).text
    assert twin.state()["grants"] == {"code": 1}


def test_a_woocommerce_merchant_agrees_in_the_store_without_copying_a_key(installation):
    twin, browser, program = installation.twins.woocommerce, installation.browser, installation.program

    def link() -> str:
        return json.loads(program.must("connect", "woocommerce", "--url", twin.url, "--link", "--json"))["link"]

    made_before = set(twin.store.keys)
    declined = browser.click(browser.post(link()), "deny")
    assert (declined.status_code, "declined" in declined.text) == (403, True)
    assert installation.stores() == []

    offered = link()
    looked = browser.get(offered)
    assert f"Comeback asks {twin.url}" in looked.text
    consent = browser.post(offered)
    state = parse_qs(urlsplit(consent.url).query)["user_id"][0]
    grant = {"key_id": 1, "consumer_key": "ck_x", "consumer_secret": "cs_x", "key_permissions": "read_write"}
    callback = f"{installation.url}/auth/woocommerce/keys"
    posts = {
        "another state": grant | {"user_id": "guessed-guessed-guessed"},
        "no state": grant,
        "read only": grant | {"user_id": state, "key_permissions": "read"},
        "no keys": {"user_id": state},
        "a list": [],
    }
    answers = {why: requests.post(callback, json=body, timeout=30).status_code for why, body in posts.items()}
    assert answers == dict.fromkeys(posts, 403)
    assert requests.post(callback, data=b"\xff{", timeout=30).status_code == 403
    assert Browser().get(f"{installation.url}/connect/return?success=1&user_id={state}").status_code == 400
    assert browser.get(f"{installation.url}/connect/return?success=1&user_id=guessed").status_code == 400

    approved = browser.click(consent, "approve")
    assert (approved.status_code, "is connected" in approved.text) == (200, True)
    made = set(twin.store.keys) - made_before
    assert len(made) == 1
    again = browser.click(consent, "approve")
    assert (again.status_code, "Error" in again.text) == (401, True)
    assert set(twin.store.keys) - made_before == made, "the second key was taken back"
    assert browser.get(offered).status_code == 404
    ready = browser.watch(approved)
    assert "First insights ready." in ready.text
    assert figure(ready, "People") == twin.state()["people"]
    assert [store["state"] for store in installation.stores()] == ["connected"]


def test_keys_that_the_store_does_not_know_connect_nothing(installation):
    twin, browser = installation.twins.woocommerce, installation.browser
    offered = installation.program.must("connect", "woocommerce", "--url", twin.url, "--link").strip()
    state = parse_qs(urlsplit(browser.post(offered).url).query)["user_id"][0]
    made_up = {
        "key_id": 1,
        "user_id": state,
        "consumer_key": "ck_made_up",
        "consumer_secret": "cs_made_up",
        "key_permissions": "read_write",
    }
    assert requests.post(f"{installation.url}/auth/woocommerce/keys", json=made_up, timeout=30).status_code == 200
    refused = browser.watch(browser.get(f"{installation.url}/connect/return?success=1&user_id={state}"))
    assert (refused.status_code, "Not connected" in refused.text) == (502, True)
    assert "made_up" not in refused.text
    assert installation.stores() == []
