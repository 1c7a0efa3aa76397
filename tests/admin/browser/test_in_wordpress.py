"""The pages inside a WordPress admin, in a real browser: the plugin's own script around the frame, tokens from the site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.admin.browser.axe import violations
from tests.admin.browser.frames import follow, settled
from tests.admin.browser.wordpress_admin import WordPressAdmin
from tests.admin.paths import example, rules
from tests.admin.world import World

NAVIGATION = ("customers", "segments", "campaigns", "loyalty", "sync", "settings", "privacy")
STALE = {"exp": 1_700_000_000}


def brief(furnished: World) -> str:
    """Good for this request; the page doesn't use it again."""
    return furnished.woocommerce_token(exp=furnished.app.context.clock() // 1_000_000 + 5)


@pytest.fixture
def admin(browser: Browser, furnished: World, url: str) -> Iterator[WordPressAdmin]:
    made = WordPressAdmin(browser, furnished, url)
    yield made
    made.close()


@pytest.fixture
def person(furnished: World) -> str:
    return example(furnished, "/app/customers/<key>", furnished.stores["woocommerce"])


def test_the_app_opens_in_the_admin_which_keeps_the_place_and_no_token(admin: WordPressAdmin) -> None:
    page, frame = admin.open()
    assert frame.text_content("h1") == "Home"
    assert admin.context.cookies() == []
    assert violations(frame) == []
    follow(frame, "/app/segments?x=1")
    expect(frame.locator("h1")).to_have_text("Segments")
    page.wait_for_url("**path=*segments*")
    assert parse_qs(urlsplit(page.url).query)["path"] == ["/app/segments?x=1"]
    assert "id_token" not in page.url + frame.url
    expect(page.locator("#comeback-unreachable")).to_be_hidden()
    assert admin.problems == []


def test_every_page_opens_as_a_document_of_its_own(admin: WordPressAdmin, furnished: World, person: str) -> None:
    _page, frame = admin.open()
    assert {f"/app/{name}" for name in NAVIGATION} < set(rules(furnished.web, "GET"))
    for address in (person, *(f"/app/{name}" for name in NAVIGATION)):
        frame.goto(f"{admin.url}{address}", wait_until="commit")
        frame.wait_for_url(f"**{address}")
        expect(frame.locator("h1")).to_be_visible()
        assert frame.locator("[role=alert]").count() == 0, address
    assert admin.problems == []


def test_a_token_that_ran_out_is_fetched_anew_and_nothing_is_done_twice(
    admin: WordPressAdmin, furnished: World, person: str
) -> None:
    handed = [furnished.woocommerce_token(**STALE), brief(furnished)]
    admin.token = lambda: handed.pop() if handed else furnished.woocommerce_token()
    _page, frame = admin.open(person)
    frame.fill("textarea[name=text]", "Called, was glad.")
    frame.click("text=Keep the note")
    expect(frame.locator("#notes .note")).to_have_text("The note is kept.")
    assert frame.locator("#notes-card p", has_text="Called, was glad.").count() == 1
    assert (handed, admin.asked) == ([], 2)
    frame.goto(f"{admin.url}{person}?id_token={furnished.woocommerce_token(**STALE)}", wait_until="commit")
    frame.wait_for_url(f"**{person}")
    expect(frame.locator("#notes-card")).to_contain_text("Called, was glad.")


def test_signed_out_of_the_site_what_was_typed_stays_and_the_page_says_so(
    admin: WordPressAdmin, furnished: World, person: str
) -> None:
    handed = [brief(furnished)]
    admin.token = lambda: handed.pop() if handed else furnished.woocommerce_token(**STALE)
    _page, frame = admin.open(person)
    frame.fill("textarea[name=text]", "Typed with care")
    frame.click("text=Keep the note")
    expect(frame.get_by_role("alert")).to_contain_text("What you typed is still here")
    assert frame.input_value("textarea[name=text]") == "Typed with care"


def test_a_visitor_who_may_only_look_is_offered_nothing_to_change(admin: WordPressAdmin, furnished: World, person: str) -> None:
    admin.token = lambda: furnished.woocommerce_token(role="viewer", sub="9")
    _page, frame = admin.open(person)
    for address in (person, "/app/settings", "/app/segments/brand_advocates", "/app/campaigns/winback"):
        follow(frame, address)
        settled(frame)
        assert frame.locator("main form[method=post] button:visible").count() == 0, address
