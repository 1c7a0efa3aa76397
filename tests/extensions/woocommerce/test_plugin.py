"""The plugin in a real WordPress: from activating it to leaving nothing behind, with a real Comeback at the other end."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
import requests

from adapters.woocommerce.home import WooCommerceHome
from plugin_core.errors import InvalidInput
from tests import databases
from tests.extensions.woocommerce.visitor import Visitor, frame, notice
from tests.extensions.woocommerce.wordpress import WordPress, wordpress
from tests.journeys.program import Program
from tests.journeys.served import served

WORDPRESS_OWN = {"uninstall_plugins", "recently_activated", "theme_mods_twentytwentyfour"}  # written by itself meanwhile
TOKEN = {"action": "comeback_token"}


@dataclass
class Shop:
    site: WordPress
    program: Program
    comeback: str
    ada: Visitor  # administrator

    def link(self) -> str:
        return self.program.must("connect", "woocommerce", "--url", self.site.url, "--link").strip()

    def states(self) -> list[str]:
        return [store["state"] for store in json.loads(self.program.must("status", "--json"))["stores"]]


@pytest.fixture
def shop(tmp_path: Path, run_folder: Path) -> Iterator[Shop]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {
        "DATABASE_URL": databases.sqlite_copy(run_folder, tmp_path / "comeback.sqlite"),
        "SECRET_KEY": "a key for stores that are not there",
        "SMTP_URL": f"folder:{tmp_path / 'mail'}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOW_PRIVATE_STORES": "1",
    }
    program = Program(tmp_path / "program", variables)
    with wordpress(tmp_path / "wordpress") as site, served(tmp_path / "served", program.environment, port) as comeback:
        yield Shop(site, program, comeback, Visitor(site, "admin", "owner"))


def people(shop: Shop) -> tuple[Visitor, Visitor]:
    """Who may only see reports, and who may see nothing."""
    shop.site.php(
        "wp_insert_user(array('user_login' => 'cleo', 'user_pass' => 'cleo', 'user_email' => 'cleo@example.com',"
        " 'display_name' => 'Cleo', 'role' => 'reporter', 'locale' => 'fa_IR'));"
        "wp_insert_user(array('user_login' => 'ben', 'user_pass' => 'ben', 'user_email' => 'b@example.com', 'role' => 'author'));"
    )
    return Visitor(shop.site, "cleo", "cleo"), Visitor(shop.site, "ben", "ben")


def test_a_merchant_connects_works_disconnects_and_removes_the_plugin(shop: Shop) -> None:
    site, ada = shop.site, shop.ada
    assert "Requires" in ada.get("plugins.php").text, "it can't be activated without WooCommerce"
    ada.activate("woocommerce/woocommerce.php")
    ada.get("index.php")
    before = site.options()
    ada.activate("comeback/comeback.php")
    assert site.options() == before, "activating alone leaves nothing and calls nobody"
    cleo, ben = people(shop)

    offered = ada.page()
    assert (offered.status_code, "Connect Comeback" in offered.text, frame(offered)) == (200, True, "")
    assert ben.page().status_code == 403
    waiting = cleo.page()
    assert (waiting.status_code, "admin-post.php" in waiting.text) == (200, False)
    nothing_but_a_good_link_connects(shop, cleo)

    connected = ada.press(ada.page(), "comeback_connect", comeback_link=shop.link())
    assert notice(connected)[:2] == ("success", "Connected. Comeback now reads your customers and orders.")
    assert (site.keys(), shop.states()) == (1, ["connected"])
    assert notice(ada.page()) == ("", "", ""), "said once"
    the_frame_opens_our_page_for_a_minute(shop)
    only_who_may_gets_a_fresh_token(shop, cleo, ben)
    only_pages_of_ours_are_opened_in_the_frame(shop)
    a_copy_of_the_shop_is_not_the_shop(shop)

    ada.plugins("deactivate-selected")
    assert "comeback_connection" in site.options()
    ada.activate("comeback/comeback.php")
    assert frame(ada.page())

    site.php(
        f"update_option('stand_webhooks', array(1 => '{shop.comeback}/webhooks/woocommerce/x', 2 => 'https://other.example'));"
    )
    settings = ada.page("&view=settings")
    assert cleo.press(settings, "comeback_disconnect").status_code == 403
    assert shop.states() == ["connected"]
    gone = ada.press(settings, "comeback_disconnect")
    assert notice(gone)[:2] == ("success", "Disconnected. The REST key was removed.")
    assert (site.keys(), shop.states()) == (0, ["disconnected"])
    assert json.loads(site.php("echo json_encode(get_option('stand_webhooks'));")) == {"2": "https://other.example"}
    site.php("delete_option('stand_webhooks');")

    ada.press(ada.page(), "comeback_connect", comeback_link=shop.link())
    assert (site.keys(), shop.states()) == (1, ["connected"])
    ada.press(ada.page("&view=settings"), "comeback_save", comeback_text="x")
    ada.plugins("deactivate-selected")
    ada.plugins("delete-selected")
    assert not (site.folder / "wp-content/plugins/comeback").exists()
    assert site.options() - WORDPRESS_OWN == before - WORDPRESS_OWN
    assert site.keys() == 0
    log = site.folder / "debug.log"
    assert not log.exists() or "comeback" not in log.read_text().lower()


def nothing_but_a_good_link_connects(shop: Shop, cleo: Visitor) -> None:
    ada, offered = shop.ada, shop.ada.page()
    assert ada.post("admin-post.php", {"action": "comeback_connect", "comeback_link": shop.link()}).status_code == 403
    assert cleo.press(offered, "comeback_connect", comeback_link=shop.link()).status_code == 403
    assert Visitor(shop.site).post("admin-post.php", {"action": "comeback_connect"}).status_code == 400
    ticket = "/connect/" + "x" * 43
    bad = {
        "no link at all": "This is not a connect link of Comeback.",
        f"http://comeback.example.com{ticket}": "This is not a connect link of Comeback.",
        f"https://user@comeback.example.com{ticket}": "This is not a connect link of Comeback.",
        f"{shop.comeback}{ticket}": "This link was used already or is too old.",
        f"http://127.0.0.1:1{ticket}": "Comeback could not be reached at http://127.0.0.1:1.",
        f"{shop.site.url}{ticket}": f"{shop.site.url} did not answer as Comeback does.",
        shop.program.must("connect", "woocommerce", "--url", f"{shop.site.url}/de", "--link").strip(): (
            f"The link was made for {shop.site.url}/de, and this site is {shop.site.url}."
        ),
    }
    for link, said in bad.items():
        answer = ada.press(offered, "comeback_connect", comeback_link=link)
        kind, happened, mend = notice(answer)
        assert (kind, happened, bool(mend)) == ("error", said, True), link
        assert f'value="{link}"' in answer.text, "what was typed is kept"
    assert (shop.site.keys(), shop.states()) == (0, [])


def the_frame_opens_our_page_for_a_minute(shop: Shop) -> None:
    shown = shop.ada.page()
    for part in ('sandbox="allow-scripts', 'allow="clipboard-write"', 'title="Comeback"', 'referrerpolicy="no-referrer"'):
        assert part in shown.text
    opened = requests.get(frame(shown), timeout=60)
    assert (opened.status_code, 'data-host="woocommerce"' in opened.text) == (200, True)
    assert opened.headers["Content-Security-Policy"].endswith(f"frame-ancestors {shop.site.url}")
    token = parse_qs(urlsplit(frame(shown)).query)["id_token"][0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60
    assert (claims["iss"], claims["aud"], claims["role"], claims["locale"]) == (shop.site.url, "comeback", "owner", "en_US")
    secret = json.loads(shop.site.php("echo json_encode(get_option('comeback_connection')['page_secret']);"))
    now = datetime.now(UTC)
    home = WooCommerceHome()
    assert home.visit(token, now=now, secrets=lambda _: (secret,)).address == shop.site.url
    with pytest.raises(InvalidInput, match="too old"):
        home.visit(token, now=now + timedelta(seconds=71), secrets=lambda _: (secret,))


def only_who_may_gets_a_fresh_token(shop: Shop, cleo: Visitor, ben: Visitor) -> None:
    def facts(visitor: Visitor) -> dict[str, str]:
        text = visitor.page().text.split("window.comebackPage = ")[1]
        found: dict[str, str] = json.JSONDecoder().raw_decode(text)[0]
        return found

    for visitor, role, locale in ((shop.ada, "owner", "en_US"), (cleo, "viewer", "fa_IR")):
        given = facts(visitor)
        assert (given["origin"], given["path"]) == (shop.comeback, "/app")
        answer = visitor.post("admin-ajax.php", {**TOKEN, "_ajax_nonce": given["nonce"]})
        assert (answer.status_code, "no-cache" in answer.headers["Cache-Control"]) == (200, True)
        token = answer.json()["data"]["token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["role"], claims["locale"]) == (role, locale)
        seen = requests.get(f"{shop.comeback}/app", headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert (seen.status_code, f'lang="{locale[:2]}"' in seen.text) == (200, True)
        assert visitor.post("admin-ajax.php", TOKEN).status_code == 403
        assert visitor.post("admin-ajax.php", {**TOKEN, "_ajax_nonce": "0123456789"}).status_code == 403
    assert ben.post("admin-ajax.php", {**TOKEN, "_ajax_nonce": facts(shop.ada)["nonce"]}).status_code == 403
    assert Visitor(shop.site).post("admin-ajax.php", {**TOKEN, "_ajax_nonce": facts(shop.ada)["nonce"]}).status_code == 400
    assert frame(cleo.page())


def only_pages_of_ours_are_opened_in_the_frame(shop: Shop) -> None:
    for path in ("/app", "/app/customers/3f2a", "/app/customers?segment=lapsed_90&page=a~b"):
        opened = frame(shop.ada.page("&path=" + quote(path, safe="")))
        assert opened.startswith(f"{shop.comeback}{path}{'&' if '?' in path else '?'}id_token="), path
    for path in (
        "https://evil.example/",
        "//evil.example",
        "/app/../wp",
        "/app/%2e%2E/x",
        "/application",
        "/app\\x",
        '/app"x',
        "/",
    ):
        assert frame(shop.ada.page("&path=" + quote(path, safe=""))).startswith(f"{shop.comeback}/app?id_token="), path


def a_copy_of_the_shop_is_not_the_shop(shop: Shop) -> None:
    moved = "$kept = get_option('comeback_connection'); $kept['home'] = %s; update_option('comeback_connection', $kept, false);"
    shop.site.php(moved % "'https://staging.example.com'")
    shown = shop.ada.page()
    assert (frame(shown), "another address" in shown.text, shop.site.keys()) == ("", True, 1)
    assert shop.site.php("echo Comeback_Settings::asks_for_consent() ? 'asks' : 'silent';") == "silent"
    shop.site.php(moved % "home_url()")
