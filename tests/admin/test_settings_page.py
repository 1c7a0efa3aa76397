"""Settings as a shop owner meets them: errors at the field, a preview before saving, two tabs, undo, and who may do what."""

from __future__ import annotations

import json
import re
from html import unescape

from jobs.engine import Engine
from plugin_core.rehearsal import counts
from plugin_core.stores.models import Store
from plugin_core.stores.settings import current
from plugin_core.team import visitors
from tests.admin.world import HERE, World


def form_of(text: str) -> list[tuple[str, str]]:
    """What a browser would post of the first form with the name of a setting in it, untouched."""
    body = re.search(r'<form method="post" action="/app/settings/preview".*?</form>', text, re.DOTALL).group()
    found: list[tuple[str, str]] = []
    for tag in re.finditer(r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select|button)\b|$)", body, re.DOTALL):
        kind, attributes, rest = tag.groups()
        name = re.search(r'\bname="([^"]*)"', attributes)
        if not name or ('type="checkbox"' in attributes and "checked" not in attributes):
            continue
        if kind == "input":
            value = re.search(r'\bvalue="([^"]*)"', attributes)
            found.append((name.group(1), unescape(value.group(1)) if value else ""))
        elif kind == "textarea":
            found.append((name.group(1), unescape(rest.partition("</textarea>")[0])))
        else:
            chosen = re.search(r'<option value="([^"]*)" selected', rest)
            found.append((name.group(1), unescape(chosen.group(1)) if chosen else ""))
    return found


def changed(form, **values):
    return [*((name, value) for name, value in form if name not in values), *values.items()]


def encoded(pairs):
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data


def hidden(text: str, name: str) -> str:
    return unescape(re.search(rf'name="{name}" value="([^"]*)"', text).group(1))


def stored(world: World):
    with world.app.database.read() as session:
        return current(session, session.get_one(Store, world.stores["shopify"].id))


def test_a_setting_is_previewed_saved_shown_in_the_history_and_undone_all_without_a_script(fresh_world: World) -> None:
    owner = fresh_world.owner()
    shown = owner.get("/app/settings").text
    untouched = owner.post("/app/settings/preview", data=encoded(form_of(shown)), headers=HERE)
    assert untouched.headers["Location"].endswith("note=same"), "what the form shows is what is in force"
    values = encoded(changed(form_of(shown), cap_mails="4", default_gap_days="20"))
    preview = owner.post("/app/settings/preview", data=values, headers=HERE)
    assert preview.status_code == 200
    assert json.loads(hidden(preview.text, "change")) == {"cap_mails": 4, "default_gap_days": 20}
    assert "would move" in preview.text
    assert stored(fresh_world)[1] == 0
    carried = {"change": hidden(preview.text, "change"), "version": hidden(preview.text, "version")}
    people = owner.post("/app/settings/people", data=carried, headers=HERE)
    assert people.status_code == 200
    assert "/app/customers/" in people.text
    editing = owner.post("/app/settings/edit", data=carried, headers=HERE)
    assert dict(form_of(editing.text))["cap_mails"] == "4"
    saved = owner.post("/app/settings", data=carried, headers=HERE)
    assert saved.status_code == 303
    assert 'href="/app/settings/history/1"' in owner.get(saved.headers["Location"]).text
    assert stored(fresh_world)[0].cap_mails == 4
    history = owner.get("/app/settings/history")
    assert "Typical time between visits" in history.text
    asked = owner.get("/app/settings/history/1")
    assert asked.status_code == 200
    undone = owner.post("/app/settings/undo", data={"version": 1, "expected": hidden(asked.text, "expected")}, headers=HERE)
    assert undone.status_code == 303
    assert (stored(fresh_world)[0].cap_mails, stored(fresh_world)[1]) == (2, 2)


def test_the_second_tab_is_refused_with_what_changed_and_keeps_what_was_typed(fresh_world: World) -> None:
    owner = fresh_world.owner()
    change = {"change": json.dumps({"cap_mails": 5}), "version": 0}
    assert owner.post("/app/settings", data=change, headers=HERE).status_code == 303
    second = owner.post("/app/settings", data={"change": json.dumps({"cap_days": 11}), "version": 0}, headers=HERE)
    assert second.status_code == 409
    assert "Changed meanwhile" in second.text
    assert "Marketing mails a person gets at most: 5" in second.text
    form = dict(form_of(second.text))
    assert (form["cap_days"], form["cap_mails"], form["version"]) == ("11", "5", "1")
    assert stored(fresh_world)[0].cap_days == 7
    owner.post("/app/settings", data={"change": json.dumps({"cap_mails": 6}), "version": 1}, headers=HERE)
    refused = owner.get("/app/settings/history/1")
    assert refused.status_code == 409
    assert "is 6 now" in refused.text
    assert owner.post("/app/settings/undo", data={"version": 1, "expected": 2}, headers=HERE).status_code == 409


def test_an_error_stands_at_its_field_and_everything_typed_is_kept(shared_world: World) -> None:
    owner = shared_world.owner()
    form = form_of(owner.get("/app/settings").text)
    wrong = encoded(changed(form, cap_mails="none", sender_email="ada", sender_name="<b>Ada</b>", **{"tiers.name": "iron"}))
    answer = owner.post("/app/settings/preview", data=wrong, headers=HERE)
    assert answer.status_code == 400
    assert 'id="f-cap_mails-error">Write a whole number.' in answer.text
    assert 'id="f-sender_email-error"' in answer.text
    assert "<b>Ada</b>" not in answer.text
    kept = dict(form_of(answer.text))
    assert (kept["cap_mails"], kept["sender_email"], kept["sender_name"]) == ("none", "ada", "<b>Ada</b>")
    panel = owner.post("/app/settings/effect", data=wrong, headers=HERE)
    assert "Write a whole number." in panel.text
    assert "<html" not in panel.text


def test_the_panel_says_whom_a_change_would_move_while_it_is_typed(shared_world: World) -> None:
    owner = shared_world.owner()
    form = form_of(owner.get("/app/settings").text)
    nothing = owner.post("/app/settings/effect", data=encoded(form), headers=HERE)
    assert "Nothing is changed yet" in nothing.text
    moved = owner.post("/app/settings/effect", data=encoded(changed(form, default_gap_days="5")), headers=HERE)
    assert re.search(r"\d+ (people|person) would move", moved.text)


def test_a_viewer_sees_everything_and_can_post_nothing(fresh_world: World) -> None:
    token = fresh_world.shopify_token()
    assert fresh_world.get("/app/settings", token).status_code == 200
    with fresh_world.app.database.write() as session:
        store = session.get_one(Store, fresh_world.stores["shopify"].id)
        (seen,) = visitors.visitors(session, store.id)
        visitors.set_visitor_role(session, store, seen.id, "viewer", actor="ada", now=1)
    for path in ("/app/settings", "/app/settings/history", "/app/settings/team"):
        shown = fresh_world.get(path, token)
        assert shown.status_code == 200
        assert 'class="primary"' not in shown.text
    for path in ("effect", "preview", "exactly", "edit", "people", "undo", "team/create", "team/member", "team/visitor"):
        assert fresh_world.post(f"/app/settings/{path}", {"change": "{}"}, token).status_code == 403, path
    assert fresh_world.post("/app/settings", {"change": '{"cap_mails": 9}', "version": 0}, token).status_code == 403
    assert stored(fresh_world)[1] == 0


def test_an_owner_says_who_has_access(fresh_world: World) -> None:
    owner = fresh_world.owner()
    ada = {"email": "ada@example.com", "name": "Ada", "password": "short", "role": "owner", "locale": "tr"}
    refused = owner.post("/app/settings/team/create", data=ada, headers=HERE)
    assert refused.status_code == 400
    assert 'value="ada@example.com"' in refused.text
    assert 'short"' not in refused.text
    assert owner.post("/app/settings/team/create", data=ada | {"password": "a long password"}, headers=HERE).status_code == 303
    shown = owner.get("/app/settings/team").text
    assert "ada@example.com" in shown
    last = owner.post("/app/settings/team/member", data={"id": 1, "act": "disable"}, headers=HERE)
    assert (last.status_code, "last owner" in last.text) == (400, True)
    fresh_world.get("/app", fresh_world.shopify_token())
    made = owner.post("/app/settings/team/visitor", data={"id": 1, "role": "viewer"}, headers=HERE)
    assert made.status_code == 303
    token = fresh_world.shopify_token()
    assert fresh_world.post("/app/settings/team/create", ada | {"email": "x@example.com"}, token).status_code == 403
    assert owner.post("/app/settings/team/member", data={"id": 99, "act": "enable"}, headers=HERE).status_code == 404


def test_in_a_large_store_everybody_is_counted_in_the_background_and_nobody_elses_count_is_shown(
    fresh_world: World, monkeypatch
) -> None:
    owner, store = fresh_world.owner(), fresh_world.stores["shopify"]
    monkeypatch.setattr(counts, "AT_ONCE", 5)
    asked = {"change": json.dumps({"lifecycle_boundaries": [0.5, 1.0, 2.0, 4.0]}), "version": 0}
    begun = owner.post("/app/settings/exactly", data=asked, headers=HERE)
    where = begun.headers["Location"]
    assert owner.post("/app/settings/exactly", data=asked, headers=HERE).headers["Location"] == where
    assert "Counting everybody" in owner.get(where).text
    Engine(fresh_world.app.context).perform("counting", store.id)
    ready = owner.get(where).text
    with fresh_world.app.database.read() as session:
        held = session.get_one(Store, store.id)
        now = fresh_world.app.context.clock()
        exact = counts.effect(session, held, {"lifecycle_boundaries": [0.5, 1.0, 2.0, 4.0]}, now=now, whole=True)
    assert exact.moved
    assert f"{exact.moved} of {exact.people} people would move" in ready
    saved = owner.post("/app/settings", data={name: hidden(ready, name) for name in ("change", "version")}, headers=HERE)
    assert saved.status_code == 303
    owner.post("/app/turn", data={"store": fresh_world.stores["woocommerce"].key}, headers=HERE)
    assert owner.get(where).status_code == 404


def test_a_change_that_was_tampered_with_is_refused_in_words(shared_world: World) -> None:
    owner = shared_world.owner()
    for change in (
        "",
        "[]",
        "{",
        '{"tiers": 5}',
        '{"tiers": [{}]}',
        '{"nonsense": 1}',
        '{"exchange_rates": "x"}',
        '{"cap_days": {}}',
    ):
        for path in ("exactly", "people"):
            answer = owner.post(f"/app/settings/{path}", data={"change": change, "version": "x"}, headers=HERE)
            assert answer.status_code == 400, (path, change)
        assert owner.post("/app/settings", data={"change": change}, headers=HERE).status_code in {400, 409}
