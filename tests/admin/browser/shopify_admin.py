"""A Shopify admin that isn't there: its page at Shopify's own address, our page in its frame, tokens handed in one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route

from tests.admin.browser.frames import frame_of, watched
from tests.admin.world import World

ADMIN = "https://admin.shopify.com/store/comeback-demo/apps/comeback"
_SCRIPT = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
_BRIDGE = (Path(__file__).parent / "app_bridge.js").read_text()
_PAGE = """<!doctype html><title>Admin</title><iframe name="app" title="Comeback" width="1200" height="900" src="{src}"></iframe>
<script>
addEventListener("message", async (event) => {{
  if (event.origin !== "{origin}" || event.data.type !== "token") return;
  const token = await window.issue();
  event.source.postMessage({{ id: event.data.id, token }}, event.origin);
}});
</script>"""


class ShopifyAdmin:
    """``token`` may be replaced to hand in something else than a good one; ``asked`` counts what was handed in."""

    def __init__(self, browser: Browser, world: World, url: str, **context: object) -> None:
        self.url = url
        self.world = world
        self.asked = 0
        self.token: Callable[[], str] = world.shopify_token
        self.problems: list[str] = []
        self.context: BrowserContext = browser.new_context(**context)  # type: ignore[arg-type]
        self.context.route(_SCRIPT, lambda route: route.fulfill(body=_BRIDGE, content_type="text/javascript"))
        self.context.route("https://admin.shopify.com/**", self._page)
        self.context.expose_function("issue", self._issue)

    def open(self, path: str = "/", **query: str) -> tuple[Page, Frame]:
        """The page in a new tab, and the frame in it once it shows a heading."""
        self._src = f"{self.url}{path}?" + urlencode(
            {"shop": self.world.stores["shopify"].address, "host": "eA", "embedded": "1", **query}
        )
        page = watched(self.context.new_page(), self.problems)
        page.goto(ADMIN)
        frame = frame_of(page)
        frame.wait_for_selector("h1")
        return page, frame

    def close(self) -> None:
        self.context.close()

    def _issue(self) -> str:
        self.asked += 1
        return self.token()

    def _page(self, route: Route) -> None:
        body = _PAGE.format(src=self._src.replace("&", "&amp;"), origin=self.url)
        route.fulfill(body=body, content_type="text/html")
