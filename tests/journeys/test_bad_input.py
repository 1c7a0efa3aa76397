"""A bad day: whatever a store or its owner gets wrong is said in one line with its mend, and costs nothing but time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import Twins
from tests import postgres
from tests.journeys.program import Ended, Program
from tests.journeys.world import SHOPIFY, World

ALWAYS = 1000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("bad-day"), postgres.run_folder(), "sqlite", people=24)
    world.prepare()
    yield world
    world.close()


@pytest.fixture
def twins(world: World) -> Iterator[Twins]:
    with world.twins() as twins:
        yield twins


@pytest.fixture
def program(world: World, tmp_path: Path) -> Program:
    return world.program(tmp_path.name, world.fresh_copy(tmp_path.name))


@pytest.fixture
def stranger(world: World, tmp_path: Path) -> Program:
    """A program that knows no store yet."""
    return world.program(tmp_path.name, f"sqlite:///{tmp_path / 'new.sqlite'}")


def said(ended: Ended, *words: str, code: int = 1) -> str:
    """The one line on stderr."""
    assert ended.code == code, f"{ended.code}: {ended.out}\n{ended.err}"
    lines = [line for line in ended.err.splitlines() if line.strip() and not line.startswith("{")]
    assert len(lines) == 1, ended.err
    assert "Traceback" not in ended.err
    for word in words:
        assert word in lines[0], f"{word!r} is not in: {lines[0]}"
    return lines[0]


def shopify(program: Program, shop: str, token: str) -> Ended:
    return program.run("connect", "shopify", "--shop", shop, "--token", token)


def woocommerce(program: Program, url: str, key: str, secret: str) -> Ended:
    return program.run("connect", "woocommerce", "--url", url, "--key", key, "--secret", secret)


def test_a_wrong_token_is_said(stranger: Program, twins: Twins) -> None:
    line = said(shopify(stranger, twins.shopify.shop, "shpat_" + "0" * 32), twins.shopify.shop, "token")
    assert "0" * 32 not in line
    said(stranger.run("sync", SHOPIFY), "no store", code=2)


def test_a_wrong_key_is_said(stranger: Program, twins: Twins) -> None:
    woo = twins.woocommerce
    line = said(woocommerce(stranger, woo.url, "ck_" + "0" * 40, "cs_" + "0" * 40), woo.url, "key")
    assert "0" * 40 not in line


def test_an_address_that_is_no_shopify_shop_is_said(stranger: Program, twins: Twins) -> None:
    said(shopify(stranger, "https://www.my-own-domain.example/", twins.shopify.token), "myshopify.com", code=2)
    said(shopify(stranger, "somebody-else.myshopify.com", twins.shopify.token), "somebody-else.myshopify.com")


def test_an_address_without_woocommerce_is_said(stranger: Program, twins: Twins) -> None:
    woo = twins.woocommerce
    said(woocommerce(stranger, f"{woo.url}/blog", woo.consumer_key, woo.consumer_secret), f"{woo.url}/blog")
    said(woocommerce(stranger, "ftp://shop.example", woo.consumer_key, woo.consumer_secret), "http", code=2)


def test_a_store_that_is_not_there_is_said(world: World, stranger: Program) -> None:
    url = f"http://127.0.0.1:{world.ports[1]}"
    said(woocommerce(stranger, url, "ck_1234567890", "cs_1234567890"), url, "reach")
    said(shopify(stranger, "comeback-demo.myshopify.com", "shpat_1234567890"), "comeback-demo.myshopify.com", "reach")


def test_a_store_that_sends_us_elsewhere_is_not_followed(stranger: Program, twins: Twins) -> None:
    for twin in (twins.shopify, twins.woocommerce):
        twin.faults.add("redirect", times=ALWAYS)
    woo = twins.woocommerce
    said(woocommerce(stranger, woo.url, woo.consumer_key, woo.consumer_secret), woo.url, "elsewhere.example")
    said(shopify(stranger, twins.shopify.shop, twins.shopify.token), twins.shopify.shop, "redirect")


def test_a_page_instead_of_an_answer_is_said(stranger: Program, twins: Twins) -> None:
    for twin in (twins.shopify, twins.woocommerce):
        twin.faults.add("html", times=ALWAYS)
    woo = twins.woocommerce
    said(woocommerce(stranger, woo.url, woo.consumer_key, woo.consumer_secret), woo.url)
    said(shopify(stranger, twins.shopify.shop, twins.shopify.token), twins.shopify.shop)


def test_a_store_on_this_machine_is_refused_unless_it_is_allowed(world: World, stranger: Program, twins: Twins) -> None:
    del stranger.environment["COMEBACK_ALLOW_PRIVATE_STORES"]
    woo = twins.woocommerce
    before = woo.faults.requests
    ended = shopify(stranger, twins.shopify.shop, twins.shopify.token)
    assert (ended.code, "COMEBACK_ALLOW_PRIVATE_STORES=1" in ended.err) == (1, True)
    del stranger.environment["COMEBACK_SHOPIFY_ORIGIN"]
    ended = woocommerce(stranger, woo.url, woo.consumer_key, woo.consumer_secret)
    said(ended, "COMEBACK_ALLOW_PRIVATE_STORES", code=2)
    ended = woocommerce(stranger, woo.url.replace("http:", "https:"), woo.consumer_key, woo.consumer_secret)
    said(ended, "COMEBACK_ALLOW_PRIVATE_STORES")
    assert (woo.faults.requests, twins.shopify.faults.requests) == (before, 0)


@pytest.mark.parametrize("kind", ["status", "html", "empty", "truncated", "drop", "redirect"])
def test_one_store_in_trouble_holds_up_no_other(world: World, program: Program, twins: Twins, kind: str) -> None:
    twins.shopify.faults.add(kind, times=ALWAYS)
    ended = program.run("run-due", "--json")
    assert ended.code == 1
    broken, well = ended.json["stores"]
    assert broken["problem"].startswith(f"{SHOPIFY}: ")
    assert len(broken["problem"].splitlines()) == 1
    assert well["problem"] == ""
    assert (well["received_orders"] > 0, well["written"] > 0) == (True, True)
    status = json.loads(program.must("status", "--json"))["stores"]
    assert (status[0]["needs"][0], status[1]["needs"]) == (broken["problem"], status[1]["needs"])
    twins.shopify.faults.clear()
    mended = program.run("run-due", "--json")
    assert mended.code == 0, mended.err
    state = twins.shopify.state()
    row = json.loads(program.must("status", "--json"))["stores"][0]
    assert (row["orders"], row["people"], row["net_spent"]) == (state["orders_counted"], state["people"], state["net_spent"])
    assert not [need for need in row["needs"] if broken["problem"] in need]


def test_a_key_that_is_revoked_stops_the_store_until_it_is_connected_again(program: Program, twins: Twins) -> None:
    program.must("sync", SHOPIFY)
    token = twins.shopify.token
    scopes = twins.shopify.store.tokens.pop(token)
    said(program.run("sync", SHOPIFY), SHOPIFY, "token")
    row = json.loads(program.must("status", "--json"))["stores"][0]
    assert row["state"] == "reconnect"
    twins.shopify.store.tokens[token] = scopes
    program.must("connect", "shopify", "--shop", twins.shopify.shop, "--token", token)
    program.must("run-due")


def test_a_bulk_file_that_is_cut_off_loses_nothing(program: Program, twins: Twins) -> None:
    twins.shopify.faults.add("bulk_truncated", times=3)
    first = program.run("sync", SHOPIFY, "--json")
    assert first.code == 0 or SHOPIFY in said(first, SHOPIFY)
    assert twins.shopify.faults.struck > 0
    twins.shopify.faults.clear()
    program.must("sync", SHOPIFY, "--json")
    state = twins.shopify.state()
    row = json.loads(program.must("status", "--json"))["stores"][0]
    assert (row["orders"], row["net_spent"]) == (state["orders_counted"], state["net_spent"])


def test_a_store_that_asks_us_to_slow_down_is_obeyed(program: Program, twins: Twins, world: World) -> None:
    twins.shopify.faults.add("throttled", times=2)
    twins.woocommerce.faults.add("status", status=429, headers={"Retry-After": "0"}, times=2)
    ended = program.run("run-due", "--json")
    assert (ended.code, [row["problem"] for row in ended.json["stores"]]) == (0, ["", ""])


ABSURD = [
    ("woocommerce", {"total": "twelve"}),
    ("woocommerce", {"total": "1" * 40}),
    ("woocommerce", {"line_items": "none"}),
    ("shopify", {"processedAt": "yesterday"}),
    ("shopify", {"netPaymentSet": None}),
]


@pytest.mark.parametrize(("platform", "absurd"), ABSURD)
def test_a_record_that_makes_no_sense_is_kept_and_settled_when_the_store_has_mended_it(
    world: World, program: Program, twins: Twins, platform: str, absurd: dict[str, Any]
) -> None:
    place = platform == "woocommerce"
    store, twin = world.stores[place], (twins.shopify, twins.woocommerce)[place]
    order = next(each for each in twin.store.orders.values() if each["status"] == "completed" or counted(each))
    if place:
        twin.change(kind="inject", resource="orders", id=order["id"], set=absurd)
    else:
        twin.change(kind="inject", id=order["id"], set=absurd)
    result = json.loads(program.must("sync", store, "--json"))
    assert result["rejected"] == 1
    row = json.loads(program.must("status", "--json"))["stores"][place]
    held = twin.state()
    assert row["orders"] == held["orders_counted"] - 1
    assert any("could not be read" in need for need in row["needs"])
    [(raw, reason, resolved)] = rejected(program)
    assert raw.startswith("gAAAA")  # encrypted: whatever is in it can't be read
    assert "{" not in raw
    assert reason
    assert resolved is None
    twin.store.overlays.clear()
    program.must("sync", store, "--json")
    row = json.loads(program.must("status", "--json"))["stores"][place]
    assert (row["orders"], row["net_spent"]) == (held["orders_counted"], held["net_spent"])
    assert rejected(program)[0][2] is not None
    assert not any("could not be read" in need for need in row["needs"])


def counted(order: dict[str, Any]) -> bool:
    return order.get("received", 0) > 0 and not order["test"]


def rejected(program: Program) -> list[tuple[Any, ...]]:
    path = program.environment["COMEBACK_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        return [
            (str(raw), reason, resolved)
            for raw, reason, resolved in connection.execute("SELECT raw, reason, resolved_at FROM rejected_records ORDER BY id")
        ]
