"""The programme is changed where it is looked at, by the same steps as any setting: seen first, saved, undone."""

from __future__ import annotations

from plugin_core.rehearsal import counts
from plugin_core.stores.models import Store
from plugin_core.team import visitors
from tests.admin.test_settings_page import changed, encoded, form_of, hidden, stored
from tests.admin.world import HERE, World


def test_the_programme_is_changed_from_its_own_page_and_nothing_else_is(fresh_world: World) -> None:
    owner = fresh_world.owner()
    form = form_of(owner.get("/app/loyalty").text)
    assert {name.split(".")[0] for name, _value in form} == {
        *("version", "earn_rate", "pending_days", "expiry_months", "retroactive"),
        *("tiers", "tier_window_months", "tier_hold_months", "tier_grace_days"),
    }
    untouched = owner.post("/app/settings/preview", data=encoded(form), headers=HERE)
    assert untouched.headers["Location"].endswith("note=same")
    before, version = stored(fresh_world)
    wanted = {"tiers": "bronze=0,silver=1,gold=2"}
    rows = [(name, value) for name, value in form if not name.startswith("tiers.")]
    for name, least in (("bronze", "0"), ("silver", "1"), ("gold", "2")):
        rows += [("tiers.name", name), ("tiers.threshold", least)]
    seen = owner.post("/app/settings/preview", data=encoded(rows), headers=HERE)
    with fresh_world.app.database.read() as session:
        store = session.get_one(Store, fresh_world.stores["shopify"].id)
        there = counts.effect(session, store, wanted, now=fresh_world.app.context.clock())
    assert there.tiers_up > 0
    assert f"{there.moved} of {there.people} people would move" in seen.text
    assert stored(fresh_world)[1] == version
    carried = {"change": hidden(seen.text, "change"), "version": hidden(seen.text, "version")}
    assert owner.post("/app/settings", data=carried, headers=HERE).status_code == 303
    after, saved = stored(fresh_world)
    assert (saved, [tier.threshold for tier in after.tiers]) == (version + 1, [0, 1, 2])
    assert (after.sender_name, after.lifecycle_boundaries, after.earn_rate) == (
        before.sender_name, before.lifecycle_boundaries, before.earn_rate,
    )  # fmt: skip
    owner.post("/app/settings/undo", data={"version": str(saved), "expected": str(saved)}, headers=HERE)
    assert stored(fresh_world)[0].tiers == before.tiers


def test_a_mistake_in_the_programme_is_said_at_its_field_with_what_was_typed(shared_world: World) -> None:
    owner = shared_world.owner()
    form = form_of(owner.get("/app/loyalty").text)
    wrong = owner.post("/app/settings/preview", data=encoded(changed(form, pending_days="soon")), headers=HERE)
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (400, True)


def test_a_viewer_sees_the_programme_and_no_form_to_change_it(fresh_world: World) -> None:
    token = fresh_world.shopify_token()
    assert "/app/settings/preview" in fresh_world.get("/app/loyalty", token).text
    with fresh_world.app.database.write() as session:
        store = session.get_one(Store, fresh_world.stores["shopify"].id)
        (seen,) = visitors.visitors(session, store.id)
        visitors.set_visitor_role(session, store, seen.id, "viewer", actor="ada", now=1)
    shown = fresh_world.get("/app/loyalty", token)
    assert (shown.status_code, "/app/settings/preview" in shown.text, 'class="primary"' in shown.text) == (200, False, False)
