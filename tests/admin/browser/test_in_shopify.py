"""The pages inside a Shopify admin, in a real browser: no cookie, tokens that run out, two tabs, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, expect

from comeback.serving import create_web
from jobs.due import run_due
from plugin_core.stores.models import Store
from tests.admin.browser.axe import violations
from tests.admin.browser.chrome import serving
from tests.admin.browser.frames import follow, settled
from tests.admin.browser.shopify_admin import ShopifyAdmin
from tests.admin.browser.walk import paths
from tests.admin.paths import example
from tests.admin.world import World, installation

STALE = {"exp": 1_700_000_000}


@pytest.fixture
def admin(browser: Browser, furnished: World, url: str) -> Iterator[ShopifyAdmin]:
    made = ShopifyAdmin(browser, furnished, url)
    yield made
    made.close()


@pytest.fixture
def person(furnished: World) -> str:
    return example(furnished, "/app/customers/<key>", furnished.stores["shopify"])


def path(frame: Frame) -> str:
    return urlsplit(frame.url).path


def test_the_app_opens_in_the_admin_and_needs_no_cookie(admin: ShopifyAdmin) -> None:
    _page, frame = admin.open()
    assert frame.text_content("h1") == "Home"
    assert "id_token" not in frame.url
    assert admin.context.cookies() == []
    assert violations(frame) == []
    assert admin.problems == []


def test_the_first_visit_connects_the_store_and_the_pages_follow_by_themselves(
    browser: Browser, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with installation(database_url, tmp_path_factory.mktemp("first"), people=12) as (app, twins):
        new = World(app, twins, create_web(app), {"shopify": Store(platform="shopify", address=twins.shopify.shop)})
        with serving(new.web) as served:
            admin = ShopifyAdmin(browser, new, served)
            _page, frame = admin.open()
            assert "is connected" in frame.inner_text("h1")
            assert [report.problem for report in run_due(app.context) if report.problem] == []
            expect(frame.locator("h1")).to_have_text("Home", timeout=20_000)
            assert admin.problems == []
            admin.close()


def test_every_page_opens_by_a_link_and_as_a_document_of_its_own(admin: ShopifyAdmin, furnished: World) -> None:
    _page, frame = admin.open()
    for rule, address in paths(furnished):
        follow(frame, address)
        settled(frame)
        assert path(frame) == address, rule
    assert {each for each in admin.problems if "404" not in each} == set()
    for address in ("/app/customers", "/app/settings"):
        frame.goto(f"{admin.url}{address}", wait_until="commit")
        expect(frame.locator("h1")).to_be_visible()
        frame.wait_for_url(f"**{address}")
        assert "id_token" not in frame.url


def test_a_token_that_ran_out_is_fetched_anew_and_nothing_is_done_twice(admin: ShopifyAdmin, person: str) -> None:
    _page, frame = admin.open(person)
    good, before = admin.token, admin.asked
    handed = [admin.world.shopify_token(**STALE)]
    admin.token = lambda: handed.pop() if handed else good()
    frame.fill("textarea[name=text]", "Called, was glad.")
    frame.click("text=Keep the note")
    expect(frame.locator("#notes-card", has_text="Called, was glad.")).to_have_count(1)
    assert frame.locator("#notes-card p", has_text="Called, was glad.").count() == 1
    assert admin.asked == before + 2
    assert frame.evaluate("window.toasts") == ["The note is kept."]
    handed.append(admin.world.shopify_token(**STALE))
    follow(frame, "/app/segments")
    expect(frame.locator("h1")).to_have_text("Segments")


def test_without_a_good_token_what_was_typed_stays_and_it_is_said(admin: ShopifyAdmin, person: str) -> None:
    _page, frame = admin.open(person)
    admin.token = lambda: admin.world.shopify_token(**STALE)
    frame.fill("textarea[name=text]", "Typed with care")
    frame.click("text=Keep the note")
    expect(frame.get_by_role("alert")).to_contain_text("What you typed is still here")
    assert frame.input_value("textarea[name=text]") == "Typed with care"
    admin.token = admin.world.shopify_token
    frame.click("text=Keep the note")
    expect(frame.locator("#notes-card")).to_contain_text("Typed with care")


def test_a_token_of_another_shop_shows_nothing_of_this_one(admin: ShopifyAdmin, person: str) -> None:
    _page, frame = admin.open("/app")
    admin.token = lambda: admin.world.shopify_token("other.myshopify.com")
    follow(frame, person)
    expect(frame.get_by_role("alert")).to_contain_text("not connected")
    assert "@" not in frame.inner_text("body")


def test_the_way_back_leads_to_the_page_before_with_a_token_of_its_own(admin: ShopifyAdmin) -> None:
    page, frame = admin.open("/app")
    for address, title in (("/app/segments", "Segments"), ("/app/customers", "Customers")):
        follow(frame, address)
        expect(frame.locator("h1")).to_have_text(title)
    page.evaluate("history.back()")
    expect(frame.locator("h1")).to_have_text("Segments")
    page.evaluate("history.back()")
    expect(frame.locator("h1")).to_have_text("Home")
    page.evaluate("history.forward()")
    expect(frame.locator("h1")).to_have_text("Segments")
    assert admin.problems == []


def test_the_second_tab_is_refused_and_keeps_what_was_typed(admin: ShopifyAdmin) -> None:
    (_one, first), (_two, second) = admin.open("/app/settings"), admin.open("/app/settings")
    for frame, name, value in ((first, "cap_mails", "5"), (second, "cap_days", "11")):
        frame.fill(f"#f-{name}", value)
        frame.click("#would-change button.primary")
        expect(frame.locator("h1")).to_have_text("What would change")
    first.click("button.primary:has-text('Save')")
    expect(first.locator("h1")).to_have_text("Settings")
    second.click("button.primary:has-text('Save')")
    expect(second.locator(".banner.warn")).to_contain_text("Changed meanwhile")
    assert (second.input_value("#f-cap_days"), second.input_value("#f-cap_mails")) == ("11", "5")


def test_on_a_slow_line_the_page_stays_and_an_impatient_second_click_sends_nothing(admin: ShopifyAdmin, person: str) -> None:
    page, frame = admin.open(person)
    posts: list[str] = []

    def slowly(route: object) -> None:
        posts.append("one")
        page.wait_for_timeout(700)
        route.continue_()  # type: ignore[attr-defined]

    admin.context.route("**/note", slowly)
    height = frame.evaluate("document.body.scrollHeight")
    frame.fill("textarea[name=text]", "Pressed twice")
    frame.click("text=Keep the note")
    frame.click("text=Keep the note")
    frame.press("textarea[name=text]", "Tab")
    assert frame.evaluate("document.body.scrollHeight") == height
    expect(frame.locator("#notes-card")).to_contain_text("Pressed twice")
    settled(frame)
    assert posts == ["one"]
    assert frame.locator("#notes-card p", has_text="Pressed twice").count() == 1
    admin.context.route("**/note", lambda route: route.abort())
    frame.fill("textarea[name=text]", "Into the void")
    frame.click("text=Keep the note")
    expect(frame.get_by_role("alert")).to_contain_text("No answer came")
    assert frame.input_value("textarea[name=text]") == "Into the void"


def test_the_save_bar_of_the_admin_saves_discards_and_keeps_somebody_from_leaving(admin: ShopifyAdmin) -> None:
    _page, frame = admin.open("/app/segments/new")
    frame.fill("#f-name", "By the bar")
    frame.fill("input.short", "1")
    assert frame.evaluate("window.bar.form !== null")
    frame.evaluate("window.bar.mayLeave = false")
    follow(frame, "/app", leaves=False)
    settled(frame)
    assert path(frame) == "/app/segments/new"
    frame.evaluate("window.bar.form.requestSubmit()")
    expect(frame.locator("h1")).to_have_text("By the bar")
    follow(frame, "/app/segments/by_the_bar/edit")
    frame.fill("#f-name", "Never mind")
    frame.evaluate("window.bar.form.reset()")
    expect(frame.locator("#f-name")).to_have_value("By the bar")
