"""Somebody in a WordPress admin: signs in, opens pages, presses their buttons."""

from __future__ import annotations

import html
import re
from typing import Any

import requests

from tests.extensions.woocommerce.wordpress import WordPress

_INPUT = re.compile(r'<input type="hidden"[^>]* name="([^"]+)"[^>]* value="([^"]*)"')
_NOTICE = re.compile(
    r'<div class="notice notice-(\w+) comeback-notice" role="status">\s*<p><strong>(.*?)</strong>(.*?)</p>', re.DOTALL
)


class Visitor:
    def __init__(self, site: WordPress, name: str = "", password: str = "") -> None:
        self.site = site
        self.session = requests.Session()
        self.session.trust_env = False
        if name:
            self.session.cookies.set("wordpress_test_cookie", "WP Cookie check")
            self.session.post(f"{site.url}/wp-login.php", data={"log": name, "pwd": password}, timeout=60)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.site.url}/wp-admin/{path}", timeout=60)

    def page(self, more: str = "") -> requests.Response:
        return self.get(f"admin.php?page=comeback{more}")

    def post(self, path: str, data: dict[str, Any]) -> requests.Response:
        return self.session.post(f"{self.site.url}/wp-admin/{path}", data=data, timeout=90)

    def press(self, shown: requests.Response, action: str, **typed: str) -> requests.Response:
        """Posts one of a page's forms with what stands in it and what was typed."""
        form = next(each for each in shown.text.split("<form")[1:] if f'value="{action}"' in each).split("</form>")[0]
        return self.post("admin-post.php", {**dict(_INPUT.findall(form)), **typed})

    def activate(self, plugin: str) -> requests.Response:
        links = re.findall(r'href="(plugins\.php\?action=activate[^"]+)"', self.get("plugins.php").text)
        return self.get(next(html.unescape(link) for link in links if plugin in html.unescape(link).replace("%2F", "/")))

    def plugins(self, action: str) -> requests.Response:
        """Deactivates or deletes the plugin as the list of plugins does."""
        nonce = re.search(r'name="_wpnonce" value="(\w+)"', self.get("plugins.php").text)
        assert nonce is not None
        body = {"action": action, "checked[]": "comeback/comeback.php", "_wpnonce": nonce[1], "verify-delete": "1"}
        return self.post("plugins.php", body)


def notice(shown: requests.Response) -> tuple[str, str, str]:
    """Of which kind, what happened, what to do."""
    found = _NOTICE.search(shown.text)
    return ("", "", "") if found is None else (found[1], html.unescape(found[2]), html.unescape(found[3]).strip())


def frame(shown: requests.Response) -> str:
    found = re.search(r'<iframe[^>]*\ssrc="([^"]+)"', shown.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""
