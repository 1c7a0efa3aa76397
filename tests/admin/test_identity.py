"""Who is asking: only what a platform signed a moment ago is believed, for that platform's own store."""

from __future__ import annotations

import jwt
import pytest

from tests.admin.world import PAGE_SECRET, World

RETRY = "X-Shopify-Retry-Invalid-Session-Request"


def test_a_merchants_token_opens_their_own_store(shared_world: World) -> None:
    shown = shared_world.get("/app", shared_world.shopify_token())
    assert shown.status_code == 200
    assert (
        "frame-ancestors https://comeback-demo.myshopify.com https://admin.shopify.com"
        in shown.headers["Content-Security-Policy"]
    )
    assert 'class="host-shopify"' in shown.text
    assert "app-bridge.js" in shown.text
    by_address = shared_world.get(f"/app?id_token={shared_world.shopify_token()}")
    assert by_address.status_code == 200


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"exp": 1}, {"dest": "https://other.myshopify.com"}])
def test_a_token_that_is_not_good_gets_a_script_to_fetch_another(shared_world: World, claims: dict[str, object]) -> None:
    token = shared_world.shopify_token(**claims)
    refused = shared_world.get("/app", token)
    assert (refused.status_code, refused.headers[RETRY]) == (401, "1")
    document = shared_world.get(f"/app?id_token={token}&host=x")
    assert document.status_code == 302
    assert document.headers["Location"].startswith("/app/token?")
    assert token not in document.headers["Location"]


def test_a_good_token_of_a_store_that_is_not_connected_shows_nothing(shared_world: World) -> None:
    shown = shared_world.get("/app", shared_world.shopify_token("somebody-else.myshopify.com"))
    assert shown.status_code == 404
    assert "Comeback demo" not in shown.text
    assert (
        "frame-ancestors https://somebody-else.myshopify.com https://admin.shopify.com"
        in shown.headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("page", ["/app", "/app/customers", "/"])
def test_where_a_fresh_token_is_no_good_either_words_say_so_instead_of_going_round_for_ever(
    shared_world: World, page: str
) -> None:
    for given in (shared_world.shopify_token(aud="another"), "not even a token"):
        told = shared_world.get(f"{page}?id_token={given}&again=1&lang=en")
        assert told.status_code == 403
        assert "your store is not connected here" in told.text
        assert "frame-ancestors *" in told.headers["Content-Security-Policy"]
        assert shared_world.get(f"{page}?id_token={given}").status_code == 302


def test_nobody_known_is_sent_to_the_login_or_to_fetch_a_token(shared_world: World) -> None:
    assert shared_world.get("/app").headers["Location"] == "/login?next=%2Fapp"
    assert shared_world.get("/app", **{"Sec-Fetch-Dest": "iframe"}).headers["Location"].startswith("/app/token")
    assert shared_world.post("/app/turn", {"store": "x"}).status_code == 401


def test_no_page_has_a_script_or_style_of_its_own(shared_world: World) -> None:
    for language in ("en", "tr", "ru", "fa"):
        shown = shared_world.get("/app?lang=" + language, shared_world.shopify_token())
        policy = shown.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert " style=" not in shown.text
        assert f'lang="{language}"' in shown.text
        assert ('dir="rtl"' in shown.text) == (language == "fa")
        assert shown.headers["Cache-Control"] == "no-store"


def test_a_form_posted_from_another_site_does_nothing(shared_world: World) -> None:
    owner = shared_world.owner()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        assert owner.post("/app/turn", data={"store": "x"}, headers=headers).status_code == 403


def test_the_pages_of_connecting_speak_the_visitors_language(shared_world: World) -> None:
    said = {language: shared_world.get(f"/install/unknown?lang={language}") for language in ("en", "tr", "fa")}
    assert {answer.status_code for answer in said.values()} == {404}
    assert "This did not work" in said["en"].text
    assert '<html lang="fa" dir="rtl">' in said["fa"].text
    for language in ("tr", "fa"):
        assert "This did not work" not in said[language].text
        assert "too old" not in said[language].text


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("editor", False), ("viewer", False), ("boss", False), (None, False)])
def test_a_plugins_token_gives_no_more_than_it_says(shared_world: World, role: str | None, may: bool) -> None:
    token = shared_world.woocommerce_token(**({"role": role} if role else {}))
    if role is None:
        claims = jwt.decode(token, options={"verify_signature": False})
        token = jwt.encode({name: value for name, value in claims.items() if name != "role"}, PAGE_SECRET, algorithm="HS256")
    assert (shared_world.get("/app/sync/leave", token).status_code == 200) is may


def test_a_token_that_would_live_for_ever_is_none(shared_world: World) -> None:
    for ends in (10**12, float("inf")):
        assert shared_world.get("/app", shared_world.shopify_token(exp=ends)).status_code == 401
