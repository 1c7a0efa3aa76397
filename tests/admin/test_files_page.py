"""Lists saved as files, and files brought along, as a shop owner meets them."""

from __future__ import annotations

import csv
import io
import json
import re

from plugin_core import bulk
from plugin_core.csv_text import line
from plugin_core.customers import export
from plugin_core.customers.directory import people
from plugin_core.stores.connect import find_store
from tests.admin.world import World


def saved(world: World, query: str = "") -> list[dict[str, str]]:
    answer = world.get(f"/app/customers/export.csv{query}", world.shopify_token())
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def stored(world: World, sql: str) -> list[tuple]:
    with world.app.database.read() as session:
        return bulk.select(session, sql, world.stores["shopify"].id)


def upload(world: World, kind: str, text: str):
    data = {"kind": kind, "file": (io.BytesIO(text.encode()), "mine.csv")}
    return world.post("/app/customers/import", data, world.shopify_token())


def test_the_people_shown_are_saved_as_a_file_and_the_log_says_who_did(fresh_world: World) -> None:
    rows = saved(fresh_world)
    people = stored(fresh_world, "SELECT COUNT(*), SUM(orders_count), SUM(net_spent) FROM customer_stats WHERE store_id = ?")[0]
    assert len(rows) == people[0]
    assert sum(int(row["orders_count"]) for row in rows) == people[1]
    assert round(sum(float(row["net_spent"]) for row in rows) * 100) == people[2]
    segment = next(slug for row in rows for slug in row["segments"].split(",") if slug)
    page = fresh_world.get(f"/app/segments/{segment}", fresh_world.shopify_token()).text
    link = re.search(r'href="(/app/customers/export\.csv\?[^"]+)"', page)[1].replace("&amp;", "&")
    members = fresh_world.get(link)  # the link alone is enough, for ten minutes
    assert members.status_code == 200
    assert members.text.count("\r\n") - 1 == sum(segment in row["segments"].split(",") for row in rows)
    logged = stored(fresh_world, "SELECT after FROM audit_entries WHERE store_id = ? AND action = 'export.customers' ORDER BY id")
    said = [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in logged]
    assert said == [{"people": len(rows)}, {"people": members.text.count("\r\n") - 1, "segment": segment}]


def test_the_file_has_who_has_no_address_and_nobody_who_was_erased_and_is_the_same_from_the_command(fresh_world: World) -> None:
    before = saved(fresh_world, "?sort=orders&dir=up")
    (gone, nameless) = [row["key"] for row in before if row["email"]][:2]
    with fresh_world.app.database.write() as session:
        bulk.execute(session, "UPDATE customers SET erased_at = 1, email = '' WHERE key = ?", gone)
        bulk.execute(session, "UPDATE customers SET email = '' WHERE key = ?", nameless)
    after = saved(fresh_world, "?sort=orders&dir=up&consent=")
    assert [row["key"] for row in after] == [row["key"] for row in before if row["key"] != gone]
    assert next(row["email"] for row in after if row["key"] == nameless) == ""
    with fresh_world.app.database.read() as session:
        store = find_store(session, fresh_world.stores["shopify"].key)
        told = {person.key: export.cells(person, store.currency) for person in people(session, store)}
    assert all(tuple(row.values()) == told[row["key"]] for row in after)


def test_a_cell_can_not_become_a_formula() -> None:
    assert line(["Ada;=1+1;x", "a;b; +49", "a\t@x", "a;1"]) == "Ada;'=1+1;x,a;b; '+49,a\t'@x,a;1\r\n"
    assert line(["=1+1", "@x", "-5", "-5.20", "-a", "+49 151", "a"]) == "'=1+1,'@x,-5,-5.20,'-a,'+49 151,a\r\n"


def test_a_file_is_looked_at_first_then_applied_once(fresh_world: World) -> None:
    email = next(row["email"] for row in saved(fresh_world) if row["email"])
    seen = upload(fresh_world, "balances", f"email,points\n{email},4321\nwho@x.example,5\n{email}x,many\n")
    assert seen.status_code == 200
    assert "Change 1 person" in seen.text
    assert "Write digits only" in seen.text
    assert "who@x.example" in seen.text
    count = "SELECT COUNT(*) FROM points_entries WHERE store_id = ? AND kind = 'grant'"
    assert stored(fresh_world, count) == [(0,)]
    sealed = {"file": re.search(r'name="file" value="([^"]+)"', seen.text)[1]}
    assert email not in sealed["file"]
    for _ in range(2):
        done = fresh_world.post("/app/customers/import/apply", sealed, fresh_world.shopify_token())
        assert (done.status_code, done.headers["Location"]) == (303, "/app/customers?note=imported")
        assert stored(fresh_world, count) == [(1,)]
    elsewhere = fresh_world.post("/app/customers/import/apply", sealed, fresh_world.woocommerce_token())
    assert (elsewhere.status_code, "too old" in elsewhere.text) == (400, True)
    assert "Nothing in this file would change anything" in upload(fresh_world, "balances", f"email,points\n{email},4321\n").text


def test_what_can_not_be_read_is_said_and_may_be_tried_again(fresh_world: World) -> None:
    for kind, text, words in (
        ("", "email\na@x.example\n", "Choose one of the three"),
        ("consents", "", "No file was chosen"),
        ("consents", "email\na@x.example\n", "A column is missing: status"),
    ):
        refused = upload(fresh_world, kind, text)
        assert (refused.status_code, words in refused.text) == (400, True), words
        assert 'type="file"' in refused.text
    example = fresh_world.get("/app/customers/import/example.csv?kind=consents", fresh_world.shopify_token())
    assert example.text.splitlines()[0].endswith("email,status,date")
