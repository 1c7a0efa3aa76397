"""The pages of somebody who keeps the program on a machine of their own: without a script, and with a keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from comeback.serving import create_web
from tests.admin.browser.chrome import serving
from tests.admin.browser.frames import settled
from tests.admin.browser.walk import paths
from tests.admin.paths import example
from tests.admin.world import World

LOGIN = {"email": "ada@example.com", "password": "a long password"}
_HERE = "document.activeElement"


@pytest.fixture(scope="module")
def open_url(furnished: World) -> Iterator[str]:
    with serving(create_web(furnished.app, open_to_all=True)) as served:
        yield served


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def path(page: Page) -> str:
    return urlsplit(page.url).path


def test_without_a_script_one_signs_in_reads_every_page_and_signs_out(plain: Page, furnished: World, url: str) -> None:
    plain.goto(f"{url}/app/segments")
    assert path(plain) == "/login"
    plain.fill("[name=email]", LOGIN["email"])
    plain.fill("[name=password]", "a wrong password")
    plain.click("main button")
    expect(plain.get_by_role("alert")).to_be_visible()
    plain.fill("[name=password]", LOGIN["password"])
    plain.click("main button")
    assert path(plain) == "/app/segments"
    for rule, address in paths(furnished):
        answer = plain.goto(f"{url}{address}")
        assert answer is not None
        assert answer.status in {200, 404}, rule
        assert plain.locator("h1").inner_text(), rule
        assert plain.locator(".skeleton:visible, .htmx-request").count() == 0, rule
    plain.click("details.account summary")
    plain.click("text=Русский")
    assert plain.locator("html").get_attribute("lang") == "ru"
    plain.click("details.account summary")
    plain.click("form[action='/logout'] button")
    plain.goto(f"{url}/app")
    assert path(plain) == "/login"


def test_without_a_script_every_form_posts(plain: Page, furnished: World, open_url: str) -> None:
    person = example(furnished, "/app/customers/<key>", furnished.stores["shopify"])
    plain.goto(f"{open_url}/app/settings")
    plain.fill("#f-cap_days", "9")
    plain.click("#would-change button.primary")
    assert plain.inner_text("h1") == "What would change"
    plain.click("button.primary")
    plain.click("#notes a")
    plain.click("button.danger")
    assert path(plain).startswith("/app/settings")
    plain.goto(f"{open_url}/app/settings")
    assert plain.input_value("#f-cap_days") == "7"

    plain.goto(f"{open_url}/app/segments/new")
    plain.fill("input.short", "1")
    plain.click("button:has-text('Add a condition')")
    plain.select_option("[name='r.1.field']", "lifecycle")
    plain.click("noscript button")
    plain.select_option("[name='r.1.value']", "active")
    plain.fill("#f-name", "By hand")
    plain.click("button.primary")
    assert (path(plain), plain.inner_text("h1")) == ("/app/segments/by_hand", "By hand")

    plain.goto(f"{open_url}{person}")
    plain.fill("textarea[name=text]", "Written without a script")
    plain.click("text=Keep the note")
    assert "Written without a script" in plain.inner_text("#notes-card")
    plain.goto(f"{open_url}/app/campaigns/winback")
    plain.click("button:has-text('Pause')")
    plain.click("a.primary")
    plain.click("button.primary")
    assert "Running" in plain.inner_text("main")
    plain.goto(f"{open_url}/app/privacy")
    plain.fill("[name=email]", "nobody@example.com")
    plain.click("#find button")
    assert plain.input_value("[name=email]") == "nobody@example.com"
    plain.goto(f"{open_url}/app/customers?q=a")
    plain.fill("#f-q", "zzzz")
    plain.click("form[role=search] button")
    assert "Nobody is found" in plain.inner_text("#people")


@pytest.mark.parametrize("furnished", ["sqlite"], indirect=True, scope="module")
def test_the_keyboard_reaches_everything_in_the_order_it_is_read(page: Page, open_url: str) -> None:
    page.goto(f"{open_url}/app/customers")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_HERE}.className") == "skip"
    assert page.evaluate(f"{_HERE}.getBoundingClientRect().width") > 20
    page.keyboard.press("Enter")
    assert page.evaluate(f"{_HERE}.id") == "main"
    page.goto(f"{open_url}/app/customers")
    seen: list[list[float]] = []
    for _step in range(200):
        page.keyboard.press("Tab")
        place = page.evaluate(
            f"""() => {{ const e = {_HERE}; if (e === document.body) return null; const box = e.getBoundingClientRect();
            const ring = getComputedStyle(e); return [[...document.querySelectorAll("*")].indexOf(e), box.width, box.height,
            ring.outlineStyle === "none" ? 0 : parseFloat(ring.outlineWidth)]; }}"""
        )
        if place is None:
            break
        seen.append(place)
    assert [each[0] for each in seen] == sorted(each[0] for each in seen)
    assert len(seen) > 30
    assert [each for each in seen if each[3] < 1 or each[1] < 1 or each[2] < 1] == [], "what has the focus shows it"
    page.focus("details.account summary")
    page.keyboard.press("Enter")
    expect(page.locator("details.account .menu")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_HERE}.closest('.menu') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("details.account .menu")).to_be_hidden()
    assert page.evaluate(f"{_HERE}.tagName") == "SUMMARY"


def test_a_segment_is_built_with_the_keyboard_alone(page: Page, open_url: str) -> None:
    page.goto(f"{open_url}/app/segments")
    page.focus("a.primary")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("New segment")
    tab_to(page, "[name='r.0.value']")
    page.keyboard.type("1")
    expect(page.locator("#count")).to_contain_text("Counted exactly")
    tab_to(page, "[name='do'][value='add r']")
    page.keyboard.press("Enter")
    expect(page.locator("[name='r.1.field']")).to_be_visible()
    assert page.input_value("[name='r.0.value']") == "1"
    tab_to(page, "[name='r.1.field']")
    page.keyboard.type("Lifecycle")
    page.keyboard.press("Tab")
    tab_to(page, "[name='r.1.value']")
    page.keyboard.type("Active")
    settled(page)
    tab_to(page, "#f-name")
    page.keyboard.type("Keys only")
    tab_to(page, "[name='do'][value='save']")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Keys only")
    assert page.evaluate(f"{_HERE}.closest('main') !== null")


def tab_to(page: Page, selector: str) -> None:
    """By Tab alone, from wherever the focus is, once round the page at most."""
    for _step in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(f"(selector) => {_HERE}.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard never reaches {selector}")
