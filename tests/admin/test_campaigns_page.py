"""Campaigns and the programme as a shop owner meets them: whom it would reach, started only knowingly, paused at once."""

from __future__ import annotations

from plugin_core.loyalty.standing import people_by_tier
from plugin_core.offers import campaigns, planning
from plugin_core.offers.tally import tally
from plugin_core.stores import settings
from plugin_core.stores.models import Store
from tests.admin.world import HERE, World

SENDER = {"sender_name": "Ada", "sender_email": "ada@shop.example", "reply_to": "ada@shop.example", "postal_address": "1 Street"}


def test_a_campaign_starts_only_with_what_mails_must_show_and_is_paused_at_once(fresh_world: World) -> None:
    owner = fresh_world.owner()
    refused = owner.post("/app/campaigns/winback/start", headers=HERE)
    assert (refused.status_code, "sender_name" in refused.text) == (400, True)
    with fresh_world.app.database.write() as session:
        store = session.get_one(Store, 1)
        assert campaigns.get(session, store, "winback").state == "draft"
        settings.change(session, store, SENDER, actor="ada", now=1)
    assert "would be written to now" in owner.get("/app/campaigns/winback/start").text
    assert owner.post("/app/campaigns/winback/start", headers=HERE).headers["Location"].endswith("note=started")
    assert "Running" in owner.get("/app/campaigns/winback?note=started").text
    owner.post("/app/campaigns/winback/pause", headers=HERE)
    assert "Paused" in owner.get("/app/campaigns").text


def test_the_list_shown_is_exactly_the_set_acted_on_with_the_reasons_of_the_others(fresh_world: World) -> None:
    owner, now = fresh_world.owner(), fresh_world.app.context.clock()
    with fresh_world.app.database.write() as session:
        store = session.get_one(Store, 1)
        winback = campaigns.get(session, store, "winback")
        seen = planning.preview(session, store, winback, now=now)
        planning.plan(session, store, winback, now=now)
        told = tally(session, winback)
        planned = {verdict.customer_key for verdict in seen.chosen}
    assert told.offers.get("planned", 0) == len(planned) == told.waiting
    assert told.people == len(planned) + told.held_out
    assert sum(told.reasons.values()) == told.offers.get("skipped", 0)
    with fresh_world.app.database.write() as session:
        session.connection().exec_driver_sql("DELETE FROM offers")
    shown = owner.get("/app/campaigns/winback/people?outcome=planned").text
    assert planned == {key for key in planned if f"/app/customers/{key}" in shown}
    skipped = owner.get("/app/campaigns/winback/people?outcome=skipped").text
    assert not [key for key in planned if f"/app/customers/{key}" in skipped]
    assert owner.get("/app/campaigns/nothing").status_code == 404


def test_the_programme_page_says_how_many_people_stand_on_each_tier(shared_world: World) -> None:
    page = shared_world.owner().get("/app/loyalty")
    assert page.status_code == 200
    with shared_world.app.database.read() as session:
        store = session.get_one(Store, 1)
        tiers = people_by_tier(session, store, settings.current(session, store)[0])
        everybody = session.connection().exec_driver_sql("SELECT count(*) FROM customer_stats WHERE store_id = 1").scalar_one()
    assert sum(people for _name, people in tiers) == everybody
    assert [name for name, _people in tiers] == ["bronze", "silver", "gold", "platinum"]
    assert "brand advocate" in page.text
    assert shared_world.owner().get("/app/campaigns/winback/audience").status_code == 200
