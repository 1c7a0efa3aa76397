"""The Shopify twin gives tokens as Shopify does: each code once, and a refresh token until its heir is used."""

from __future__ import annotations

import requests

from tests.adapters.sandbox.conftest import graphql

EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}


def ask(twins, **given):
    shop = twins.shopify.store
    body = {"client_id": shop.client_id, "client_secret": shop.client_secret} | given
    url = f"{twins.shopify.origin}/admin/oauth/access_token"
    return requests.post(url, json=body, headers={"Host": shop.domain}, timeout=10)


def refreshed(twins, token):
    return ask(twins, grant_type="refresh_token", refresh_token=token)


def control(twins, deed, **given):
    return requests.post(f"{twins.shopify.origin}/_sandbox/{deed}", json=given, timeout=10).json()


def test_an_id_token_of_this_minute_is_exchanged_and_a_stale_one_is_not(fresh):
    answer = ask(fresh, **EXCHANGE, subject_token=control(fresh, "id-token")["id_token"])
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    assert graphql(fresh, "{shop {name}}", token=answer.json()["access_token"]).status_code == 200
    stale = ask(fresh, **EXCHANGE, subject_token=control(fresh, "id-token", seconds=-30)["id_token"])
    assert (stale.status_code, stale.json()["error"]) == (400, "invalid_subject_token")


def test_an_old_refresh_token_is_good_until_its_heir_is_used(fresh):
    first = ask(fresh, **EXCHANGE, subject_token=fresh.shopify.id_token()).json()["refresh_token"]
    lost = refreshed(fresh, first)
    second = refreshed(fresh, first).json()["refresh_token"]
    assert lost.json()["refresh_token"] != second
    assert refreshed(fresh, second).status_code == 200
    gone = refreshed(fresh, first)
    assert (gone.status_code, gone.json()["error"]) == (400, "invalid_grant")


def test_after_the_app_was_removed_no_token_is_good(fresh):
    refresh = ask(fresh, **EXCHANGE, subject_token=fresh.shopify.id_token()).json()["refresh_token"]
    assert control(fresh, "uninstall") == {"uninstalled": fresh.shopify.shop}
    assert refreshed(fresh, refresh).json()["error"] == "invalid_grant"
    assert graphql(fresh, "{shop {name}}").status_code == 401


def test_a_code_is_exchanged_once_and_made_up_ones_never(fresh):
    shop = fresh.shopify.store
    query = f"client_id={shop.client_id}&scope=read_orders&redirect_uri=https://me.example/back&state=s"
    page = requests.get(f"{fresh.shopify.origin}/admin/oauth/authorize?{query}", timeout=10)
    assert "read_orders" in page.text
    back = requests.get(f"{fresh.shopify.origin}/admin/oauth/authorize/install?{query}", timeout=10, allow_redirects=False)
    code = dict(part.split("=") for part in back.headers["Location"].split("?")[1].split("&"))["code"]
    assert ask(fresh, code=code, expiring="1").json()["scope"] == "read_orders"
    assert ask(fresh, code=code, expiring="1").status_code == 400
    assert ask(fresh, code="made-up", expiring="1").status_code == 400
    foreign = requests.get(f"{fresh.shopify.origin}/admin/oauth/authorize?client_id=other", timeout=10)
    assert foreign.status_code == 404
