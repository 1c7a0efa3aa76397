"""Segments as a shop owner meets them: built row by row without a script, changed, taken back, removed, explained, copied."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from plugin_core.segments import own
from plugin_core.segments.members import every
from plugin_core.segments.rules import parse
from plugin_core.stores.models import Store
from tests.admin.world import HERE, World

ROWS = {
    "name": "Fresh & <b>loyal</b>",
    "r.kind": "all",
    "r.0.field": "orders",
    "r.0.op": ">=",
    "r.0.value": "1",
    "r.0.amount": "",
    "r.0.unit": "",
}


def form_of(text: str) -> dict[str, list[str]]:
    """What a browser would post of the builder, untouched."""
    body = re.search(r'<form method="post"[^>]*id="builder".*?</form>', text, re.DOTALL)[0]  # type: ignore[index]
    found: dict[str, list[str]] = {}
    for tag, attributes, rest in re.findall(
        r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select)\b|$)", body, re.DOTALL
    ):
        name = re.search(r'\bname="([^"]*)"', attributes)
        if not name or ('type="checkbox"' in attributes and "checked" not in attributes):
            continue
        value = re.search(r'\bvalue="([^"]*)"', attributes)
        chosen = re.search(r'<option value="([^"]*)" selected', rest) or re.search(r'<option value="([^"]*)"', rest)
        said = rest.partition("</textarea>")[0] if tag == "textarea" else (chosen if tag == "select" else value)
        found.setdefault(name[1], []).append(unescape(said if isinstance(said, str) else said[1] if said else ""))
    return found


def test_a_segment_is_built_row_by_row_without_a_script_changed_taken_back_removed_and_brought_back(fresh_world: World) -> None:
    owner = fresh_world.owner()
    shown = owner.get("/app/segments/new")
    assert shown.status_code == 200
    more = owner.post("/app/segments/new", data=form_of(shown.text) | {"do": "add r"}, headers=HERE)
    assert 'name="r.1.field"' in more.text
    nested = owner.post("/app/segments/new", data=form_of(more.text) | {"do": "group r"}, headers=HERE)
    assert 'name="r.2.0.field"' in nested.text
    rows: dict[str, Any] = form_of(nested.text) | {
        "name": "Fresh faces", "r.1.field": "lifecycle", "r.1.op": "in", "r.1.value": ["new", "active"],
        "r.2.0.field": "net_spent", "r.2.0.value": "0.01", "do": "look",
    }  # fmt: skip
    looked = owner.post("/app/segments/new", data=rows, headers=HERE)
    assert "Counted exactly" in looked.text
    saved = owner.post("/app/segments/new", data=form_of(looked.text) | {"do": "save"}, headers=HERE)
    assert saved.headers["Location"] == "/app/segments/fresh_faces?note=made", saved.text
    with fresh_world.app.database.read() as session:
        (mine,) = [one for one in every(session, session.get_one(Store, 1)) if not one.stock]
        assert mine.rule == {
            "all": [
                {"field": "orders", "op": ">=", "value": 1},
                {"field": "lifecycle", "op": "in", "value": ["new", "active"]},
                {"field": "net_spent", "op": ">=", "value": 1},
            ]
        }
    page = owner.get("/app/segments/fresh_faces").text
    for words in ("All of these hold", "Number of orders is at least 1", "Lifecycle is one of: New, Active", "In force"):
        assert words in page
    form = form_of(owner.get("/app/segments/fresh_faces/edit").text)
    assert "orders" in form["r.0.field"]
    path = "/app/segments/fresh_faces"
    changed = owner.post(f"{path}/edit", data=form | {"name": "Faces", "do": "save"}, headers=HERE)
    assert changed.headers["Location"].endswith("note=changed")
    again = owner.post(f"{path}/edit", data=form | {"name": "Other", "do": "save"}, headers=HERE)
    assert again.status_code == 400
    assert "by somebody else meanwhile" in again.text
    assert 'value="Other"' in again.text
    assert owner.post(f"{path}/undo", data={"version": "1"}, headers=HERE).status_code == 303
    assert "Fresh faces" in owner.get(path).text
    assert "people leave" in owner.get(f"{path}/remove").text
    owner.post(f"{path}/remove", headers=HERE)
    assert owner.get(path).status_code == 404
    assert "Bring back" in owner.get("/app/segments").text
    assert owner.post(f"{path}/restore", headers=HERE).status_code == 303
    copied = owner.post("/app/segments/lapsed_60/duplicate", data={"name": "My lapsed"}, headers=HERE)
    assert copied.headers["Location"].startswith("/app/segments/my_lapsed?")
    assert owner.post("/app/segments/lapsed_60/remove", headers=HERE).status_code == 400


def test_a_mistake_is_shown_at_its_row_and_nothing_is_saved(fresh_world: World) -> None:
    owner = fresh_world.owner()
    wrong = owner.post("/app/segments/new", data=ROWS | {"r.0.value": "many", "do": "save"}, headers=HERE)
    assert wrong.status_code == 400
    assert "Write a whole number, 0 or more." in wrong.text
    assert 'value="many"' in wrong.text
    nameless = owner.post("/app/segments/new", data=ROWS | {"name": "", "do": "save"}, headers=HERE)
    assert (nameless.status_code, "A segment needs a name." in nameless.text) == (400, True)
    with fresh_world.app.database.read() as session:
        assert all(one.stock for one in every(session, session.get_one(Store, 1)))


def test_names_and_values_that_look_like_markup_are_shown_as_they_were_typed(fresh_world: World) -> None:
    owner = fresh_world.owner()
    evil = '"><script>alert(1)</script>'
    data = ROWS | {"name": evil, "r.0.field": "tags", "r.0.op": "in", "r.0.value": evil, "do": "save"}
    where = owner.post("/app/segments/new", data=data, headers=HERE).headers["Location"].partition("?")[0]
    for path in (where, f"{where}/edit", f"{where}/remove", "/app/segments", f"{where}?who={evil}"):
        shown = owner.get(path)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
        assert "alert(1)" in shown.text


def test_the_figure_beside_the_rows_is_shown_to_whoever_may_look(shared_world: World) -> None:
    owner = shared_world.owner()
    counted = owner.post("/app/segments/count", data=ROWS, headers=HERE).text
    assert "Counted exactly" in counted
    assert "For example" in counted
    assert "<html" not in counted
    assert "Finish the rows" in owner.post("/app/segments/count", data=ROWS | {"r.0.value": ""}, headers=HERE).text
    rows = owner.post("/app/segments/rows", data=ROWS | {"r.0.field": "birthday_month"}, headers=HERE).text
    assert '<option value="yes">' in rows
    assert "r.0.amount" not in rows


def test_why_somebody_is_in_a_segment_and_how_the_store_would_say_it(shared_world: World) -> None:
    owner = shared_world.owner()
    page = owner.get("/app/segments/brand_advocates").text
    assert "customer_tags CONTAINS &#39;cb:brand-advocates&#39;" in page
    assert "orders_placed MATCHES (date &gt;= -6m, count &gt;= 2)" in page
    assert "no counterpart" in owner.get("/app/segments/one_time_buyers").text
    with shared_world.app.database.read() as session:
        email = (
            session.connection()
            .exec_driver_sql(
                "SELECT c.email FROM customers c JOIN customer_stats s ON s.customer_id = c.id "
                "WHERE s.store_id = 1 AND c.email <> '' AND s.orders_count > 0 ORDER BY c.id LIMIT 1"
            )
            .scalar_one()
        )
    told = owner.get(f"/app/segments/brand_advocates?who={email}").text
    assert "the rule holds for this person now" in told or "does not hold for this person now" in told
    assert "found: " in told
    assert "knows nobody" in owner.get("/app/segments/brand_advocates?who=nobody@nowhere.example").text


def test_a_viewer_sees_segments_but_changes_none_and_another_store_has_none_of_them(fresh_world: World) -> None:
    rule = parse({"field": "orders", "op": ">=", "value": 1})
    with fresh_world.app.database.write() as session:
        theirs = session.get_one(Store, fresh_world.stores["woocommerce"].id)
        slug = own.create(session, theirs, "Theirs", rule, actor="dmitri", now=1).slug
    token = fresh_world.shopify_token()
    for path in (f"/app/segments/{slug}", f"/app/segments/{slug}/edit", f"/app/segments/{slug}/remove"):
        assert fresh_world.get(path, token).status_code == 404
    for act in ("duplicate", "remove", "restore", "undo", "edit"):
        data = ROWS | {"name": "Mine", "do": "save", "version": "1"}
        assert fresh_world.post(f"/app/segments/{slug}/{act}", data, token).status_code == 404
    with fresh_world.app.database.read() as session:
        kept = [one for one in every(session, session.get_one(Store, fresh_world.stores["woocommerce"].id)) if not one.stock]
        assert [(one.name, one.version) for one in kept] == [("Theirs", 1)]
