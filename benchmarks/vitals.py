"""How the pages feel in chromium with the processor slowed down four times: ``python -m benchmarks.vitals sqlite postgresql``.

The largest part shown (LCP), how far things jump (CLS) and how long a key or click waits for its picture (INP), page by page, of
the same stores as ``benchmarks.pages``; fetched anew each time, as by somebody who was never here.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from typing import Any

import requests
from playwright.sync_api import Browser, Locator, Page
from sqlalchemy import select

from benchmarks.big_store import fill
from benchmarks.databases import fresh, workspace
from benchmarks.pages import FILES, PEOPLE, open_app
from comeback.app import App
from comeback.serving import create_web
from plugin_core import bulk
from plugin_core.stores.models import Store
from tests.admin.browser.chrome import chromium, serving
from tests.admin.paths import EXAMPLES, names, rules

SLOWER = 4
MOST = {"lcp": 1200.0, "cls": 0.02, "inp": 100.0}  # milliseconds, share of the screen, milliseconds
_FRAGMENTS = ("/audience", "/import-progress")
_WATCH = """window.seen = {lcp: 0, cls: 0, inp: 0};
const watch = (type, each, more) => new PerformanceObserver((list) => list.getEntries().forEach(each))
  .observe({type, buffered: true, ...more});
watch("largest-contentful-paint", (one) => { window.seen.lcp = one.startTime; });
watch("layout-shift", (one) => { if (!one.hadRecentInput) window.seen.cls += one.value; });
watch("event", (one) => { if (one.interactionId) window.seen.inp = Math.max(window.seen.inp, one.duration); },
  {durationThreshold: 16});"""


def measure(app: App, browser: Browser, url: str, *, rounds: int, only: str = "") -> Iterator[tuple[str, dict[str, float]]]:
    """The median of ``rounds`` visits, after one that the server read its templates for."""
    for rule, path in _paths(app):
        if only in rule:
            requests.get(f"{url}{path}", timeout=60)
            seen = [_visit(browser, f"{url}{path}") for _ in range(rounds)]
            yield rule, {name: statistics.median(one[name] for one in seen) for name in MOST}


def _visit(browser: Browser, url: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(_WATCH)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="networkidle")
    page.wait_for_timeout(300)  # the first touch ends what is told of the largest part
    _touch(page)
    page.wait_for_timeout(300)
    seen: dict[str, float] = page.evaluate("window.seen")
    context.close()
    return seen


def _touch(page: Page) -> None:
    """What a visitor would: a key, a fold, a field typed into, a box ticked. Nothing that leaves the page."""
    page.keyboard.press("Tab")
    for fold in page.locator("main summary:visible").all()[:2]:
        _press(page, fold)
    for field in page.locator("main input[type=search]:visible, main input[type=text]:visible").all()[:1]:
        _press(page, field)
        page.keyboard.type("an", delay=80)
    for box in page.locator("main input[type=checkbox]:visible").all()[:1]:
        _press(page, box)


def _press(page: Page, what: Locator) -> None:
    """By the mouse alone: looked for beforehand, so that the looking takes nothing of the page's time."""
    what.scroll_into_view_if_needed()
    place = what.bounding_box()
    if place is not None:
        page.wait_for_timeout(150)
        page.mouse.click(place["x"] + min(place["width"], 40) / 2, place["y"] + place["height"] / 2)
        page.wait_for_timeout(150)


def _paths(app: App) -> list[tuple[str, str]]:
    with app.database.read() as session:
        store = session.scalars(select(Store)).one()
        known = {name: str(make(session, store)) for name, make in EXAMPLES.items() if name != "key"}
        known["key"] = str(bulk.select(session, "SELECT key FROM customers WHERE id = 1")[0][0])
    chosen = [rule for rule in rules(create_web(app, open_to_all=True), "GET") if not rule.endswith((*FILES, *_FRAGMENTS))]
    return [
        (rule, "/".join(known[names(f"/{part}")[0]] if part.startswith("<") else part for part in rule.split("/")))
        for rule in chosen
    ]


def run(kind: str, people: int, chosen: argparse.Namespace) -> bool:
    if chosen.at:
        return _in(chosen.at, kind, people, chosen)
    with workspace() as folder, fresh(kind, folder) as engine:
        return _in(engine.url.render_as_string(hide_password=False), kind, people, chosen)


def _in(url: str, kind: str, people: int, chosen: argparse.Namespace) -> bool:
    app, ok = open_app(url), True
    try:
        fill(app, people)
        print(f"{kind}, {people:,} people, processor {SLOWER} times slower")
        with serving(create_web(app, open_to_all=True)) as served, chromium() as browser:
            for rule, seen in measure(app, browser, served, rounds=chosen.rounds, only=chosen.only):
                missed = [name for name, most in MOST.items() if seen[name] > most]
                ok &= not missed
                print(_line(rule, seen, missed), flush=True)
    finally:
        app.close()
    return ok


def _line(rule: str, seen: dict[str, Any], missed: list[str]) -> str:
    verdict = f"MISSED {', '.join(missed)}" if missed else "ok"
    return f"  {rule:44s}LCP {seen['lcp']:>6.0f} ms   CLS {seen['cls']:.3f}   INP {seen['inp']:>4.0f} ms   {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vitals", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--people", type=int, help="instead of a million, or 100,000 on SQLite")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--at", default="", help="the URL of a database that stays")
    chosen = parser.parse_args()
    well = [run(kind, chosen.people or PEOPLE[kind], chosen) for kind in chosen.kinds]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
