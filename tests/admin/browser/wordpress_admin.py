"""A WordPress admin that isn't there: the plugin's own script around our frame, and its tokens from a stand-in for admin-ajax."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route

from tests.admin.browser.frames import frame_of, watched
from tests.admin.world import World

_SCRIPT = (Path(__file__).parents[3] / "extensions/woocommerce/comeback/assets/admin.js").read_text()
_PAGE = """<!doctype html><title>WordPress</title>
<div id="comeback-unreachable" hidden></div><div id="comeback-signed-out" hidden></div>
<iframe id="comeback-frame" name="app" title="Comeback" width="1200" height="900" src="{src}"
  sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-downloads" referrerpolicy="no-referrer"></iframe>
<script>window.comebackPage = {facts};</script><script>{script}</script>"""


class WordPressAdmin:
    """``token`` may be replaced to hand in something else than a good one; ``asked`` counts what was handed in."""

    def __init__(self, browser: Browser, world: World, url: str, **context: object) -> None:
        self.url = url
        self.asked = 0
        self.token: Callable[[], str] = world.woocommerce_token
        self.problems: list[str] = []
        self.site = world.stores["woocommerce"].address
        self.context: BrowserContext = browser.new_context(**context)  # type: ignore[arg-type]
        self.context.route(f"{self.site}/wp-admin/**", self._answer)

    def open(self, path: str = "/app") -> tuple[Page, Frame]:
        self._src = f"{self.url}{path}" + ("&" if urlsplit(path).query else "?") + urlencode({"id_token": self.token()})
        page = watched(self.context.new_page(), self.problems)
        page.goto(f"{self.site}/wp-admin/admin.php?page=comeback")
        frame = frame_of(page)
        frame.wait_for_selector("h1")
        return page, frame

    def close(self) -> None:
        self.context.close()

    def _answer(self, route: Route) -> None:
        if "admin-ajax" in route.request.url:
            self.asked += 1
            route.fulfill(body=json.dumps({"success": True, "data": {"token": self.token()}}), content_type="application/json")
            return
        facts = {"origin": self.url, "ajax": f"{self.site}/wp-admin/admin-ajax.php", "action": "t", "nonce": "n", "path": "/app"}
        page = _PAGE.format(src=self._src.replace("&", "&amp;"), facts=json.dumps(facts), script=_SCRIPT)
        route.fulfill(body=page, content_type="text/html")
