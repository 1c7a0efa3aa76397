"""`comeback connect woocommerce --link` makes no link that can't work, nor one into somebody's own network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comeback import settings as environment
from comeback.app import App, build
from comeback.cli import main
from comeback.connecting import offer_link
from plugin_core.errors import InvalidInput
from plugin_core.stores.models import InstallState


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COMEBACK_DATABASE_URL", f"sqlite:///{tmp_path / 'c.sqlite'}")
    monkeypatch.setenv("COMEBACK_SECRET_KEY", "a key for stores that are not there")
    monkeypatch.setenv("COMEBACK_SMTP_URL", f"folder:{tmp_path / 'mail'}")
    monkeypatch.setenv("COMEBACK_PUBLIC_URL", "https://comeback.example")
    made = build(environment.load())
    yield made
    made.close()


def offers(app: App) -> list[str]:
    with app.database.read() as session:
        return [row.address for row in session.query(InstallState)]


@pytest.mark.parametrize("address", ["https://127.0.0.1", "https://[::1]", "http://shop.example", "shop"])
def test_no_link_leads_into_ones_own_network_or_over_plain_http(app, address):
    with pytest.raises(InvalidInput):
        offer_link(app, "woocommerce", address, actor="cli")
    assert offers(app) == []


def test_an_address_that_is_nowhere_is_said_so(app):
    with pytest.raises(InvalidInput, match=r"shop\.invalid is not found"):
        offer_link(app, "woocommerce", "https://shop.invalid", actor="cli")


def test_shopify_stores_are_told_their_own_way(app):
    with pytest.raises(InvalidInput, match="Install the app"):
        offer_link(app, "shopify", "acme", actor="cli")


def test_a_link_needs_an_address_the_store_can_call_back(app, monkeypatch, capsys):
    monkeypatch.setenv("COMEBACK_PUBLIC_URL", "http://127.0.0.1:8000")
    with pytest.raises(SystemExit) as ended:
        main(["connect", "woocommerce", "--url", "https://shop.invalid", "--link"])
    assert ended.value.code == 2
    assert "COMEBACK_PUBLIC_URL" in capsys.readouterr().err


def test_a_link_is_printed_for_a_store_that_can_be_found(app, monkeypatch, capsys):
    monkeypatch.setenv("COMEBACK_ALLOW_PRIVATE_STORES", "1")
    with pytest.raises(SystemExit) as ended:
        main(["connect", "woocommerce", "--url", "http://127.0.0.1:8080/blog/", "--link", "--json"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["link"].startswith("https://comeback.example/connect/")
    assert offers(app) == ["http://127.0.0.1:8080/blog"]
