"""The pages inside a Shopify admin, in a real browser: no cookie, tokens that run out, two tabs, the way back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.admin.browser.axe import violations
from tests.admin.browser.chrome import chromium, serving
from tests.admin.browser.shopify_admin import ShopifyAdmin
from tests.admin.world import World


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def admin(browser: Browser, shared_world: World) -> Iterator[ShopifyAdmin]:
    with serving(shared_world.web) as url:
        made = ShopifyAdmin(browser, shared_world, url)
        yield made
        made.close()


def test_the_app_opens_in_the_admin_and_needs_no_cookie(admin: ShopifyAdmin) -> None:
    page, frame = admin.open()
    assert frame.text_content("h1") == "Home"
    assert "id_token" not in frame.url
    assert admin.context.cookies() == []
    assert violations(frame) == []
    assert admin.problems == []
    page.close()
