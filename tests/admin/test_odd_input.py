"""Whatever is typed into an address or a form gets an answer in words: never a fault of ours."""

from __future__ import annotations

import base64
import html
import json
import re

import pytest

from comeback.serving import create_web
from tests.admin.world import HERE, World

DEEP = "[" * 6_000
HUGE = "9" * 20
CURSOR = base64.urlsafe_b64encode(DEEP.encode()).decode()
CHANGES = (
    DEEP,
    json.dumps({"sender_name": "\ud800"}),
    json.dumps({"postal_address": "\ud800"}),
    json.dumps({"tagged_segments": [{"a": 1}]}),
    json.dumps({"tagged_segments": ["\udfff"]}),
    json.dumps({"tiers": [{"name": "\ud800", "threshold": 0}]}),
    json.dumps({"no_such": 1}),
    json.dumps({"cap_days": "1" * 5_000}),
    json.dumps([1]),
    "null",
    "1",
)


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
@pytest.mark.parametrize("path", ["/app/settings", "/app/settings/edit", "/app/settings/exactly", "/app/settings/people"])
def test_a_change_that_no_form_could_send_is_refused(shared_world: World, path: str, change: str) -> None:
    told = shared_world.owner().post(path, data={"change": change, "version": "0"}, headers=HERE)
    assert told.status_code == 400, told.text[:400]


@pytest.mark.parametrize(
    "path",
    [
        f"/app/settings/count/{HUGE}",
        f"/app/settings/history/{HUGE}",
        f"/app/settings/history?before={HUGE}",
        f"/app/settings?saved={HUGE}",
        f"/app/privacy/audit?before={HUGE}",
        f"/app/privacy?before={HUGE}",
        f"/app/privacy/request/{HUGE}/export.json",
        f"/app/campaigns/winback/mail/{HUGE}",
        f"/app/campaigns/winback/people?after={HUGE}",
        f"/app/loyalty?after={HUGE}",
        f"/app/customers?at={CURSOR}",
        "/app/customers?q=%00&segment=%00",
        "/app/customers?q=%ED%A0%80",
    ],
)
def test_an_odd_address_is_answered(shared_world: World, path: str) -> None:
    assert shared_world.owner().get(path).status_code in {200, 400, 404}


def test_an_odd_place_in_a_timeline_is_its_beginning(shared_world: World) -> None:
    owner = shared_world.owner()
    page = owner.get("/app/customers").text
    key = page.split('href="/app/customers/', 1)[1][:16]
    assert owner.get(f"/app/customers/{key}?after={CURSOR}").status_code in {200, 404}


def test_numbers_too_large_to_be_any_of_ours_are_nobodys(shared_world: World) -> None:
    owner = shared_world.owner()
    for path, field in (("/app/sync/act", "number"), ("/app/settings/team/disable", "id")):
        answer = owner.post(path, data={field: HUGE, "act": "replay"}, headers=HERE)
        assert answer.status_code in {303, 400, 404, 405}


def test_a_nul_is_refused_wherever_it_is_typed(shared_world: World) -> None:
    owner = shared_world.owner()
    assert owner.get("/app/segments/%00").status_code == 400
    assert owner.post("/login", data={"email": "a\0@b.example", "password": "x"}, headers=HERE).status_code == 400


def test_an_address_that_is_none_says_so_in_a_page_and_to_machines_in_short(shared_world: World) -> None:
    owner = shared_world.owner()
    for path in ("/app/nothing", "/nothing"):
        page = owner.get(path, headers={"Accept": "text/html"})
        assert (page.status_code, "There is no such page" in page.text, 'lang="en"' in page.text) == (404, True, True)
    assert "<style" not in owner.get("/webhooks/nothing", headers={"Accept": "application/json"}).text


def test_a_fault_of_ours_is_said_without_telling_what_it_was(shared_world: World) -> None:
    def broken() -> str:
        raise RuntimeError("ada@example.com")

    web = create_web(shared_world.app, open_to_all=True)
    web.add_url_rule("/app/broken", "broken", broken)
    page = web.test_client().get("/app/broken", headers={"Accept-Language": "tr"})
    assert page.status_code == 500
    assert "ada@example.com" not in page.text
    assert 'lang="tr"' in page.text


def test_what_is_open_to_all_is_open_on_this_machine_only(shared_world: World) -> None:
    owner = shared_world.owner()
    assert owner.get("/app", headers={"Host": "evil.example"}).status_code == 400
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert owner.get("/app", headers={"Host": host}).status_code == 200


def test_a_ticket_for_one_file_fetches_no_other(shared_world: World) -> None:
    page = shared_world.get("/app/customers?segment=brand_advocates", shared_world.shopify_token()).text
    link = html.unescape(re.search(r'href="(/app/customers/export.csv[^"]*)"', page)[1])
    visitor = shared_world.web.test_client()
    assert visitor.get(link).status_code == 200
    assert visitor.get(link.replace("segment=brand_advocates", "segment=lapsed_60")).status_code in {302, 303}
    assert visitor.get(link.replace("segment=brand_advocates&", "")).status_code in {302, 303}
    assert visitor.get(link + "&q=a").status_code in {302, 303}
