"""Signing in without a store's admin around the page: for whoever runs the program on a machine of their own."""

from __future__ import annotations

from sqlalchemy import select

from admin import members
from plugin_core.stores.models import Account
from plugin_core.team import users
from tests.admin.world import HERE, World

PASSWORD = "three green words"


def team(world: World, role: str = "owner", email: str = "ada@example.com") -> str:
    now = world.app.context.clock()
    with world.app.database.write() as session:
        account = session.scalars(select(Account)).one()
        users.create_user(session, account, email, PASSWORD, role=role, actor="test", now=now)
    return email


def test_an_owner_signs_in_changes_and_signs_out(fresh_world: World) -> None:
    email = team(fresh_world)
    browser = fresh_world.web.test_client()
    assert browser.get("/app/stores").headers["Location"] == "/login?next=%2Fapp%2Fstores"
    wrong = browser.post("/login", data={"email": email, "password": "not this one"}, headers=HERE)
    assert (wrong.status_code, "is wrong" in wrong.text, email in wrong.text) == (400, True, True)
    into = browser.post("/login", data={"email": "ADA@example.com ", "password": PASSWORD, "next": "/app/stores"}, headers=HERE)
    assert (into.status_code, into.headers["Location"]) == (303, "/app/stores")
    cookie = into.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = browser.get("/app/stores")
    assert page.status_code == 200
    assert all(store.name in page.text for store in fresh_world.stores.values())
    woo = fresh_world.stores["woocommerce"]
    assert browser.post("/app/turn", data={"store": woo.key}, headers=HERE).status_code == 303
    assert f"<summary>{woo.name}</summary>" in browser.get("/app").text
    assert browser.post("/app/turn", data={"store": "another"}, headers=HERE).status_code == 404
    browser.post("/logout", headers=HERE)
    assert browser.get("/app").status_code == 303

    stolen = fresh_world.web.test_client()
    stolen.set_cookie(members.COOKIE, cookie.split(";")[0].partition("=")[2])
    assert stolen.get("/app").status_code == 303, "a session that was closed is closed in every browser"


def test_nobody_is_led_out_of_the_pages_by_a_login(fresh_world: World) -> None:
    email = team(fresh_world)
    for target in ("https://evil.example/app", "//evil.example/app", "/app\\@evil.example", "/elsewhere"):
        into = fresh_world.web.test_client().post(
            "/login", data={"email": email, "password": PASSWORD, "next": target}, headers=HERE
        )
        assert into.headers["Location"] == "/app", target
    foreign = fresh_world.web.test_client().post(
        "/login", data={"email": email, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403


def test_guessing_is_slowed_down_and_said_so(fresh_world: World) -> None:
    email = team(fresh_world)
    answers = [
        fresh_world.web.test_client().post("/login", data={"email": email, "password": "guess"}, headers=HERE).status_code
        for _ in range(11)
    ]
    assert answers == [400] * 10 + [429]
    assert (
        fresh_world.web.test_client().post("/login", data={"email": email, "password": PASSWORD}, headers=HERE).status_code == 429
    )


def test_an_owner_adds_a_store_from_the_page_and_a_viewer_does_not(fresh_world: World) -> None:
    owner = fresh_world.owner()
    assert "Connect a store" in owner.get("/app/connect").text
    shopify = owner.post("/app/connect", data={"platform": "shopify", "address": "other.myshopify.com"}, headers=HERE)
    assert shopify.headers["Location"] == "/auth/shopify?shop=other.myshopify.com"
    address = fresh_world.stores["woocommerce"].address
    made = owner.post("/app/connect", data={"platform": "woocommerce", "address": address}, headers=HERE)
    assert "http://127.0.0.1:8000/connect/" in made.text
    wrong = owner.post("/app/connect", data={"platform": "woocommerce", "address": "ftp://nowhere"}, headers=HERE)
    assert (wrong.status_code, 'value="ftp://nowhere"' in wrong.text) == (400, True)
    foreign = owner.post("/app/connect", data={"platform": "shopify", "address": "x"}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert fresh_world.get("/app/connect").headers["Location"] == "/login?next=/app/connect"
    viewer = fresh_world.web.test_client()
    viewer.post("/login", data={"email": team(fresh_world, "owner"), "password": PASSWORD}, headers=HERE)
    team(fresh_world, "viewer", "ben@example.com")
    looker = fresh_world.web.test_client()
    looker.post("/login", data={"email": "ben@example.com", "password": PASSWORD}, headers=HERE)
    assert looker.get("/app/connect").status_code == 403
    assert looker.get("/app").status_code == 200
    assert looker.post("/app/turn", data={"store": "x"}, headers=HERE).status_code == 404
