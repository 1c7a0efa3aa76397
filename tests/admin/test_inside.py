"""Nobody is led out of our pages by an address that only looks like one of them."""

from __future__ import annotations

import pytest

from admin.inside import is_inside
from tests.admin.world import World

OURS = (
    "/",
    "/?shop=x.myshopify.com&host=YQ",
    "/app",
    "/app?again=1",
    "/app/",
    "/app/customers/0123456789abcdef?note=saved",
    "/app/customers?q=%C3%A7&sort=name",
    "/app/segments/%D8%A8",
)
ELSEWHERE = (
    "",
    "https://evil.example/",
    "//evil.example/x",
    "/\\evil.example",
    "/.//evil.example/x",
    "/./app",
    "/app/..//evil.example",
    "/app/%2e%2E//evil.example",
    "/app/..%2f/evil.example",
    "/app/%5cevil.example",
    "/app//evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "/\n/evil.example",
    "/app\r\nX: y",
    "/app/x?a=\r\nSet-Cookie: b",
    "/app#//evil.example",
    "/apparently",
    "/webhooks/shopify",
    "/app/token?reload=/",
    "/app/token/",
)


@pytest.mark.parametrize("target", OURS)
def test_our_own_pages_may_be_opened(target: str) -> None:
    assert is_inside(target)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nothing_else_may(target: str) -> None:
    assert not is_inside(target)


def test_the_page_that_fetches_tokens_sends_them_nowhere_else(shared_world: World) -> None:
    for name in ("reload", "shopify-reload"):
        for target in ELSEWHERE:
            assert shared_world.web.test_client().get("/app/token", query_string={name: target}).status_code == 400
    ours = shared_world.web.test_client().get("/app/token", query_string={"shopify-reload": "/app/customers?again=1"})
    assert (ours.status_code, "/app/customers?again=1" in ours.text) == (200, True)


def test_a_login_leads_to_our_pages_only_and_is_not_posted_from_elsewhere(fresh_world: World) -> None:
    client = fresh_world.web.test_client()
    for target in ELSEWHERE:
        shown = client.get("/login", query_string={"next": target})
        assert 'name="next" value="/app"' in shown.text, target
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/login", data={"email": "a@b.example", "password": "x"}, headers=headers).status_code == 403
        assert client.post("/logout", headers=headers).status_code == 403
