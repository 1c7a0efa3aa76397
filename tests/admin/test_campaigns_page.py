"""Campaigns and the programme as a shop owner meets them: whom it would reach, started only knowingly, paused at once."""

from __future__ import annotations

import html

from comeback.settings import MailFolder
from plugin_core.loyalty.standing import people_by_tier
from plugin_core.offers import campaigns, editing, planning, samples
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


def typed(steps: list[tuple[str, str, str]], **more: str) -> dict[str, str]:
    rows = {
        f"s.{place}.{part}": value
        for place, step in enumerate(steps)
        for part, value in zip(("unit", "after", "percent"), step, strict=True)
    }
    return {"name": "Win them back", "cooldown_days": "", "entry_hours": "", "held_out": "0", "version": "1", **rows, **more}


def test_a_campaign_is_changed_after_seeing_whom_it_would_reach_and_taken_back(fresh_world: World) -> None:
    owner = fresh_world.owner()
    form = owner.get("/app/campaigns/winback/edit").text
    assert form.count('inputmode="numeric" autocomplete="off"') == 4  # three steps and an empty row
    wanted = typed([("gaps", "2.5", "20"), ("days", "7", "5"), ("days", "", "")])
    seen = owner.post("/app/campaigns/winback/edit", data={**wanted, "do": "look"}, headers=HERE)
    assert seen.status_code == 200
    with fresh_world.app.database.read() as session:
        store = session.get_one(Store, 1)
        chosen = campaigns.get(session, store, "winback")
        body = {"steps": [{"days": 7, "percent": 5}, {"gaps": 2.5, "percent": 20}]}
        there = editing.look(session, store, editing.checked(chosen, "x", body, 0.0), now=fresh_world.app.context.clock())
        assert chosen.version == 1
    assert f"It would reach {len(there.chosen)} people at this moment." in seen.text
    saved = owner.post("/app/campaigns/winback/edit", data={**wanted, "do": "save"}, headers=HERE)
    assert saved.headers["Location"].endswith("note=changed")
    page = owner.get("/app/campaigns/winback").text
    assert "7 days after the last order" in page
    assert "2.5 times their usual time" in page
    late = owner.post("/app/campaigns/winback/edit", data={**typed([("days", "9", "0")]), "do": "save"}, headers=HERE)
    assert (late.status_code, "somebody else" in late.text, 'value="9"' in late.text) == (400, True, True)
    for text in ("soon", "-1", ""):
        bad = owner.post("/app/campaigns/winback/edit", data=typed([("days", text, "5")], do="look"), headers=HERE)
        assert (bad.status_code, 'role="alert"' in bad.text) == (400, True)
    back = owner.post("/app/campaigns/winback/undo", data={"version": "1"}, headers=HERE)
    assert back.headers["Location"].endswith("note=taken_back")
    assert "60 days after the last order" in owner.get("/app/campaigns/winback").text
    assert "Campaign changed" in owner.get("/app/privacy/audit").text


def test_a_ladder_that_mixes_days_and_gaps_is_saved_in_the_order_in_which_it_was_typed(fresh_world: World) -> None:
    owner = fresh_world.owner()
    wanted = typed([("days", "90", "15"), ("gaps", "2", "10"), ("days", "30", "5"), ("days", "", "")], do="save")
    assert owner.post("/app/campaigns/winback/edit", data=wanted, headers=HERE).status_code == 303
    with fresh_world.app.database.read() as session:
        saved = campaigns.get(session, session.get_one(Store, 1), "winback").definition["steps"]
    assert saved == [{"days": 30, "percent": 5}, {"gaps": 2, "percent": 10}, {"days": 90, "percent": 15}]


def test_the_mail_of_a_step_is_looked_at_in_each_language_and_sent_to_oneself_a_few_times_a_day(fresh_world: World) -> None:
    owner, here = fresh_world.owner(), "/app/campaigns/winback/mail/0"
    for tongue, direction in (("en", "ltr"), ("fa", "rtl")):
        page = owner.get(f"{here}?tongue={tongue}").text
        frame = owner.get(html.unescape(page.split('<iframe class="mail" src="')[1].split('"')[0]))
        assert samples.CODE in page
        assert (frame.status_code, samples.CODE in frame.text, f'dir="{direction}"' in frame.text) == (200, True, True)
        policy = frame.headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "unsafe-inline" not in policy
    early = owner.post(here, data={"address": "me@shop.example"}, headers=HERE)
    assert (early.status_code, 'value="me@shop.example"' in early.text) == (400, True)
    with fresh_world.app.database.write() as session:
        settings.change(session, session.get_one(Store, 1), SENDER, actor="ada", now=1)
    assert owner.post(here, data={"address": "nobody"}, headers=HERE).status_code == 400
    sent = [
        owner.post(here, data={"address": "me@shop.example", "tongue": "tr"}, headers=HERE) for _ in range(samples.MOST_A_DAY)
    ]
    assert {answer.headers["Location"] for answer in sent} == {f"{here}?tongue=tr&note=sent"}
    assert owner.post(here, data={"address": "me@shop.example"}, headers=HERE).status_code == 400
    folder = fresh_world.app.settings.mail
    assert isinstance(folder, MailFolder)
    mails = [path.read_text() for path in folder.path.glob("*.eml")]
    assert len(mails) == samples.MOST_A_DAY
    assert all("me@shop.example" in mail for mail in mails)
    assert "Sample mail sent" in owner.get("/app/privacy/audit").text
    assert owner.get("/app/campaigns/winback/mail/9").status_code == 400


def test_before_a_change_is_saved_it_names_whom_it_would_reach_newly_and_no_longer(fresh_world: World) -> None:
    owner = fresh_world.owner()
    wanted = typed([("days", "7", "5"), ("days", "", "")], do="look")
    page = owner.post("/app/campaigns/winback/edit", data=wanted, headers=HERE).text
    with fresh_world.app.database.read() as session:
        store, now = session.get_one(Store, 1), fresh_world.app.context.clock()
        chosen = campaigns.get(session, store, "winback")
        before = {one.customer_key for one in planning.preview(session, store, chosen, now=now).chosen}
        then = editing.checked(chosen, "x", {"steps": [{"days": 7, "percent": 5}]}, 0.0)
        after = {one.customer_key for one in editing.look(session, store, then, now=now).chosen}
    assert after - before
    assert {key for key in before | after if f"/app/customers/{key}" in page} == before ^ after


def test_a_step_that_stays_keeps_the_name_it_was_given(fresh_world: World) -> None:
    owner = fresh_world.owner()
    with fresh_world.app.database.write() as session:
        chosen = campaigns.get(session, session.get_one(Store, 1), "winback")
        chosen.definition = {"steps": [{"days": 60, "percent": 10, "name": "gentle"}, {"days": 90, "percent": 15}]}
    wanted = typed([("days", "90", "15"), ("days", "60", "12"), ("days", "61", "5")])
    assert owner.post("/app/campaigns/winback/edit", data={**wanted, "do": "save"}, headers=HERE).status_code == 303
    with fresh_world.app.database.read() as session:
        chosen = campaigns.get(session, session.get_one(Store, 1), "winback")
        steps = [(step.name, step.percent) for step in campaigns.definition(chosen).steps]
    assert steps == [("gentle", 12), ("61", 5), ("90", 15)]
