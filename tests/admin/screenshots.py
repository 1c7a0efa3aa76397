"""Every page as people see it, written into a folder to be looked at: ``python -m tests.admin.screenshots FOLDER``.

English and Persian (all four with ``--all``), 1280 and 390 pixels wide, light and dark, with the demo's data.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from comeback.demo import demo_app, play
from comeback.serving import create_web
from plugin_core.stores.connect import find_store
from tests.admin.browser.chrome import chromium, serving
from tests.admin.paths import example, rules
from tests.admin.world import World

_WIDTHS = {1280: 900, 390: 844}
_FILES = (".csv", ".json", ".html")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--all", action="store_true", help="all four languages")
    parser.add_argument("--people", type=int, default=200)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, demo_app(Path(data), port=8000, people=chosen.people) as (app, twins):
        play(app, twins, print)
        web = create_web(app, open_to_all=True)
        with app.database.read() as session:
            stores = {store.platform: store for store in (find_store(session, key) for key in _keys(app))}
        world = World(app, twins, web, stores)
        paths = [example(world, rule, stores["shopify"]) for rule in rules(web, "GET") if not rule.endswith(_FILES)]
        with serving(web) as url, chromium() as browser:
            for path in [path for path in paths if chosen.only in path]:
                for language in ("en", "fa", "tr", "ru") if chosen.all else ("en", "fa"):
                    _take(browser, url, path, language, chosen.folder)


def _keys(app: object) -> list[str]:
    from plugin_core.stores.connect import connected_stores
    from plugin_core.stores.models import Store

    with app.database.read() as session:  # type: ignore[attr-defined]
        found: list[Store] = connected_stores(session)
        return [store.key for store in found]


def _take(browser: Browser, url: str, path: str, language: str, folder: Path) -> None:
    name = urlsplit(path).path.strip("/").replace("/", "-") or "root"
    for width, height in _WIDTHS.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            page.goto(f"{url}{path}?lang={language}", wait_until="networkidle")
            page.screenshot(path=folder / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
            context.close()


if __name__ == "__main__":
    main()
