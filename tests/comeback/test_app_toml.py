"""shopify.app.toml as Shopify's own tool wants it."""

from __future__ import annotations

import copy
import re
import tomllib

import pytest

from adapters.shopify.options import API_VERSION, SCOPES
from comeback.app_toml import COMPLIANCE, shopify_app_toml
from comeback.manifest import read_manifest
from plugin_core.errors import SettingsProblem

URL = "https://comeback.example"


def made(manifest=None):
    return tomllib.loads(shopify_app_toml(manifest or read_manifest(), client_id="key", public_url=URL))


def test_the_app_opens_inside_the_admin_and_is_installed_by_shopify_itself():
    app = made()
    assert (app["name"], app["client_id"], app["handle"]) == ("Comeback", "key", "comeback")
    assert app["application_url"] == f"{URL}/"
    assert app["embedded"] is True
    assert app["access_scopes"]["use_legacy_install_flow"] is False
    assert app["auth"]["redirect_urls"] == [f"{URL}/auth/shopify/callback"]
    assert app["access"]["admin"] == {"direct_api_mode": "offline", "embedded_app_direct_api_access": False}


def test_shopify_is_asked_for_the_scopes_the_program_asks_for():
    assert sorted(SCOPES) == read_manifest()["platforms"]["shopify"]["scopes"]
    assert made()["access_scopes"]["scopes"].split(",") == sorted({*SCOPES, "write_app_proxy"})
    assert "optional_scopes" not in made()["access_scopes"]


def test_each_topic_is_subscribed_once_and_privacy_apart_from_the_rest():
    manifest = copy.deepcopy(read_manifest())
    manifest["platforms"]["shopify"]["webhook_topics"] = ["orders/create", "app/uninstalled", "orders/updated", *COMPLIANCE]
    webhooks = made(manifest)["webhooks"]
    assert webhooks["api_version"] == API_VERSION
    held = webhooks["subscriptions"]
    assert [each.get("topics") for each in held] == [["app/uninstalled"], ["orders/create", "orders/updated"], None]
    assert [each["compliance_topics"] for each in held if "compliance_topics" in each] == [list(COMPLIANCE)]
    assert {each["uri"] for each in held} == {f"{URL}/webhooks/shopify"}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,50}", each["name"]) for each in held)


def test_every_declared_topic_is_subscribed():
    declared = set(read_manifest()["platforms"]["shopify"]["webhook_topics"])
    held = made()["webhooks"]["subscriptions"]
    subscribed = [topic for each in held for topic in [*each.get("topics", []), *each.get("compliance_topics", [])]]
    assert len(subscribed) == len(set(subscribed))
    assert set(subscribed) == declared | set(COMPLIANCE)


def test_our_fields_are_declared_for_the_merchant_to_read_and_the_customer_too():
    fields = made()["customer"]["metafields"]["app"]
    assert sorted(fields) == read_manifest()["platforms"]["shopify"]["metafields"]
    assert fields["points"] == {
        "type": "number_integer",
        "name": "Loyalty points",
        "access": {"admin": "merchant_read", "customer_account": "read"},
    }
    assert {each["type"] for key, each in fields.items() if key != "points"} == {"single_line_text_field"}


def test_an_app_proxy_brings_its_scope_along_and_without_one_neither_is_asked_for():
    app = made()
    assert app["app_proxy"] == {"url": f"{URL}/proxy/shopify", "subpath": "comeback", "prefix": "apps"}
    assert "write_app_proxy" in app["access_scopes"]["scopes"].split(",")
    manifest = copy.deepcopy(read_manifest())
    del manifest["platforms"]["shopify"]["app_proxy"]
    assert "app_proxy" not in made(manifest)
    assert "write_app_proxy" not in made(manifest)["access_scopes"]["scopes"]


@pytest.mark.parametrize(("client_id", "url", "mend"), [("", URL, "CLIENT_ID"), ("key", "http://127.0.0.1:8000", "PUBLIC_URL")])
def test_what_shopify_would_refuse_is_said_before(client_id, url, mend):
    with pytest.raises(SettingsProblem, match=mend):
        shopify_app_toml(read_manifest(), client_id=client_id, public_url=url)
