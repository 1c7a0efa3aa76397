"""Privacy as a shop owner meets it: requests with their day, a person's data to take along, and who changed what."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

from jobs.engine import Engine
from jobs.privacy import answer_requests
from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers.privacy.requests import Asked, Subject, receive
from plugin_core.stores.models import AuditEntry, Store
from tests.admin.world import HERE, World


def somebody(world: World, platform: str) -> tuple[str, str]:
    """(key, e-mail) of a person only this store knows."""
    with world.app.database.read() as session:
        return bulk.select(
            session,
            "SELECT c.key, c.email FROM customers c JOIN customer_stats x ON x.customer_id = c.id WHERE c.email <> '' "
            "AND x.store_id = ? AND x.orders_count > 0 AND NOT EXISTS (SELECT 1 FROM customer_stats y "
            "WHERE y.customer_id = c.id AND y.store_id <> x.store_id) ORDER BY c.id LIMIT 1",
            world.stores[platform].id,
        )[0]


def turned(world: World, platform: str):
    owner = world.owner()
    owner.post("/app/turn", data={"store": world.stores[platform].key}, headers=HERE)
    return owner


def links(text: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)" download', text)]


def test_a_persons_data_is_found_by_address_and_taken_along_as_json_and_as_a_page(fresh_world: World) -> None:
    key, email = somebody(fresh_world, "shopify")
    owner = turned(fresh_world, "shopify")
    nobody = owner.post("/app/privacy/find", data={"email": "nobody@example.com"}, headers=HERE)
    assert (nobody.status_code, 'value="nobody@example.com"' in nobody.text) == (400, True)
    found = owner.post("/app/privacy/find", data={"email": email.upper()}, headers=HERE)
    assert found.headers["Location"] == f"/app/privacy/person/{key}", "no address in an address"
    shown = owner.get(f"/app/privacy/person/{key}").text
    assert f'href="/app/customers/{key}/erase"' in shown
    as_json, as_page = links(shown)
    plain = fresh_world.web.test_client()
    taken = plain.get(as_json)
    assert json.loads(taken.text)["profile"]["email"] == email
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{key}.json"'
    assert email in plain.get(as_page).text
    assert plain.get(as_json.replace(key, "0" * 16)).status_code in {302, 303, 401}, "the ticket is for this file alone"
    log = owner.get("/app/privacy/audit?room=privacy").text
    assert log.count("data taken") == 2
    assert email not in log


def test_requests_are_listed_with_their_day_and_their_answer_to_take_along(fresh_world: World) -> None:
    store, (_, email) = fresh_world.stores["shopify"], somebody(fresh_world, "shopify")
    now, vault = fresh_world.app.context.clock(), fresh_world.app.vault
    with fresh_world.app.database.write() as session:
        held = session.get_one(Store, store.id)
        receive(session, vault, held, Asked("data_request", Subject(email=email), now), now=now)
        receive(session, vault, held, Asked("redact", Subject(external_id="nobody"), now), now=now - 40 * DAY_US)
    owner = turned(fresh_world, "shopify")
    assert "1 request is late" in owner.get("/app/privacy").text
    answer_requests(fresh_world.app.context, store.id)
    shown = owner.get("/app/privacy").text
    assert "Nobody waits for an answer" in shown
    as_json, _ = links(shown)
    assert json.loads(fresh_world.web.test_client().get(as_json).text)["profile"]["email"] == email
    theirs = fresh_world.stores["woocommerce"]
    with fresh_world.app.database.write() as session:
        session.execute(AuditEntry.__table__.delete())
        bulk.execute(session, "UPDATE privacy_requests SET store_key = ?", theirs.key)
    token = fresh_world.shopify_token()
    assert "Nobody has asked for anything" in fresh_world.get("/app/privacy", token).text
    assert fresh_world.get("/app/privacy/request/1/export.json", token).status_code == 404


def test_the_log_can_be_filtered_paged_and_saved_without_a_formula_in_it(fresh_world: World) -> None:
    ours, theirs = fresh_world.stores["shopify"], fresh_world.stores["woocommerce"]
    now = fresh_world.app.context.clock()
    with fresh_world.app.database.write() as session:
        for number in range(60):
            session.add(
                AuditEntry(
                    account_id=ours.account_id, store_id=ours.id, actor="shopify:42", action="settings.changed",
                    subject=f"=entry{number}", before={"a": 1}, after={"a": "<b>2</b>"}, at=now - number * DAY_US,
                )
            )  # fmt: skip
        session.add(
            AuditEntry(account_id=ours.account_id, store_id=theirs.id, actor="woo", action="settings.changed",
                       subject="of another store", before={}, after={}, at=now)
        )  # fmt: skip
    token = fresh_world.shopify_token()
    first = fresh_world.get("/app/privacy/audit?room=settings", token).text
    assert "<b>2</b>" not in first
    assert "of another store" not in first
    (going_on,) = re.findall(r'href="(/app/privacy/audit\?[^"]*before[^"]*)"', first)
    second = fresh_world.get(unescape(going_on), token).text
    numbers = [int(each) for text in (first, second) for each in re.findall(r"=entry(\d+)<", text)]
    assert sorted(numbers) == list(range(60))
    assert fresh_world.get("/app/privacy/audit?since=not-a-day&actor=nobody", token).status_code == 200
    (file,) = links(first)
    rows = list(csv.DictReader(io.StringIO(fresh_world.web.test_client().get(file).text)))
    assert len(rows) == 60
    assert {row["subject"][:2] for row in rows} == {"'="}
    assert "of another store" in fresh_world.owner().get("/app/privacy/audit").text


def test_another_stores_person_is_not_there_and_a_viewer_takes_nothing_along(fresh_world: World) -> None:
    token, (key, email) = fresh_world.shopify_token(), somebody(fresh_world, "woocommerce")
    assert fresh_world.post("/app/privacy/find", {"email": email}, token).status_code == 400
    for path in ("", "/export.json", "/export.html"):
        assert fresh_world.get(f"/app/privacy/person/{key}{path}", token).status_code == 404
    mine, _ = somebody(fresh_world, "shopify")
    with fresh_world.app.database.write() as session:
        bulk.execute(session, "UPDATE embedded_visitors SET role = 'viewer'")
    assert fresh_world.get("/app/privacy", token).status_code == 200
    for path in (f"person/{mine}", f"person/{mine}/export.json", "audit.csv", "request/1/export.json"):
        assert fresh_world.get(f"/app/privacy/{path}", token).status_code == 403
    assert fresh_world.post("/app/privacy/find", {"email": email}, token).status_code == 403


def test_a_person_is_never_written_to_again_and_then_erased_after_being_asked_once(fresh_world: World) -> None:
    key, email = somebody(fresh_world, "shopify")
    owner, store = turned(fresh_world, "shopify"), fresh_world.stores["shopify"]
    here, profile = f"/app/privacy/person/{key}", f"/app/customers/{key}"
    assert f'href="{here}"' in owner.get(profile).text
    for act, said in (("suppress", True), ("release", False)):
        assert owner.post(f"{profile}/{act}", data={}, headers=HERE).status_code == 303
        assert ("is never written to" in owner.get(here).text) is said
    assert f'href="{profile}/erase"' in owner.get(here).text
    asked = owner.get(f"{profile}/erase")
    assert "be undone" in asked.text
    done = owner.post(f"{profile}/erase", data={}, headers=HERE)
    assert "is erased within a few minutes" in owner.get(done.headers["Location"]).text
    Engine(fresh_world.app.context).perform("privacy", store.id)
    with fresh_world.app.database.read() as session:
        assert bulk.select(session, "SELECT 1 FROM customers WHERE email = ?", email) == []
    assert "was erased" in owner.get(here).text
