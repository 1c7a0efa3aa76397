"""Opens every page and writes down what a visitor's browser has to say about it: ``python -m tests.admin.browser.walk``.

The tests look at each page in English, light and dark, and in one other language, which takes turns; run like this, every page
is looked at in every language, and with the colours of every host.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from comeback.serving import create_web
from tests import databases, postgres
from tests.admin.browser.axe import violations
from tests.admin.browser.chrome import chromium, serving
from tests.admin.browser.frames import watched
from tests.admin.furnishing import furnish
from tests.admin.paths import example, rules
from tests.admin.world import World, world

HOSTS = ("standalone", "shopify", "woocommerce")
OTHERS = ("fa", "ru", "tr")
FILES = (".csv", ".json", ".html")
FRAGMENTS = ("/audience", "/import-progress")  # shown inside a page only
_WIDE, _NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_COLOURS = "color-contrast"
# How far things jumped while the page was built up, by Chrome's own measure.
_WATCH = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({type: "layout-shift", buffered: true});"""


@dataclass
class Seen:
    rule: str
    language: str
    status: int
    bytes: int = 0  # as they came over the wire, headers included
    shift: float = 0
    wide: int = 0  # pixels by which the page is wider than a phone
    problems: list[str] = field(default_factory=list)  # what the console said
    barriers: list[str] = field(default_factory=list)  # what axe found


def paths(world: World) -> list[tuple[str, str]]:
    """(rule, address) of every page that is a document of its own."""
    ours = world.stores["shopify"]
    chosen = [rule for rule in rules(world.web, "GET") if not rule.endswith((*FILES, *FRAGMENTS))]
    return [(rule, example(world, rule, ours)) for rule in chosen]


def walk(
    browser: Browser, world: World, url: str, *, languages: tuple[str, ...] = ("en", *OTHERS), whole: bool = False
) -> Iterator[Seen]:
    every = paths(world)
    for language in languages:
        context = browser.new_context(viewport=_WIDE)  # type: ignore[arg-type]
        context.add_init_script(_WATCH)
        context.add_cookies([{"name": "comeback_language", "value": language, "url": url}])
        said: list[str] = []
        page = watched(context.new_page(), said)
        wire = Wire(context.new_cdp_session(page))
        for number, (rule, path) in enumerate(every):
            if whole or language in {"en", OTHERS[number % len(OTHERS)]}:
                one = _open(page, wire, f"{url}{path}", rule, language)
                one.barriers = violations(page) + (
                    _coloured(page, whole=whole) if language == "en" and len(languages) > 1 else []
                )
                one.problems, said[:] = list(said), []
                yield one
        context.close()


def _open(page: Page, wire: Wire, address: str, rule: str, language: str) -> Seen:
    wire.bytes = 0
    answer = page.goto(address, wait_until="load")
    assert answer is not None
    page.wait_for_selector(".htmx-request", state="detached")
    one = Seen(rule, language, answer.status, wire.bytes, page.evaluate("window.shifted"))
    page.set_viewport_size(_NARROW)  # type: ignore[arg-type]
    one.wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size(_WIDE)  # type: ignore[arg-type]
    return one


def _coloured(page: Page, *, whole: bool) -> list[str]:
    """What is hard to read in the dark, and with ``whole`` in the colours of the other hosts."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for host in HOSTS if whole else HOSTS[:1]:
            if (host, scheme) != (HOSTS[0], "light"):
                page.evaluate("(host) => { document.documentElement.className = 'host-' + host; }", host)
                found += [f"{host}, {scheme}: {each}" for each in violations(page, _COLOURS)]
    page.emulate_media(color_scheme="light")
    return found


class Wire:
    """Counts what comes over the wire; each page is fetched as by somebody who was never here."""

    def __init__(self, session: CDPSession) -> None:
        self.bytes = 0
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])


def main() -> int:
    postgres.begin_run()
    try:
        with tempfile.TemporaryDirectory() as folder:
            database = databases.sqlite_copy(postgres.run_folder(), Path(folder) / "comeback.sqlite")
            with world(database, Path(folder)) as made:
                furnish(made)
                with serving(create_web(made.app, open_to_all=True)) as url, chromium() as browser:
                    return sum(_told(one) for one in walk(browser, made, url, whole=True))
    finally:
        postgres.end_run()


def _told(one: Seen) -> int:
    weight = f"{one.bytes / 1000:6.1f} kB"
    lines = [f"{one.language}  {one.status}  {weight}  {one.shift:.3f}  {one.wide:3d} px  {one.rule}"]
    sys.stdout.write("\n    ".join(lines + one.barriers + one.problems) + "\n")
    return len(one.barriers)


if __name__ == "__main__":
    sys.exit(main() > 0)
