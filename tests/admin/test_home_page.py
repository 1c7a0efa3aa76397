"""Home as a shop owner meets it: what is next, who is slipping away, the past year, and what offers brought."""

from __future__ import annotations

from typing import Any

from jobs.insights import refresh_insights
from plugin_core.clock import DAY_US
from plugin_core.insights import figures
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import RejectedRecord, Store
from tests.admin.world import World

SENDER = {"sender_name": "Ada", "sender_email": "a@shop.example", "reply_to": "a@shop.example", "postal_address": "1 Street"}


def home(world: World) -> str:
    answer = world.get("/app", world.shopify_token())
    assert answer.status_code == 200
    return answer.text


def keep_results(world: World, **body: Any) -> None:
    kept = {"campaigns": [{"key": "winback"}], "orders": 7, "net": 70_000, "treated": 20, "held_out": 3, "incremental": None}
    with world.app.database.write() as session:
        figures.keep(session, world.stores["shopify"], {figures.RESULTS: kept | body}, now=world.app.context.clock())


def test_home_says_who_is_slipping_away_and_shows_the_year_in_pictures_with_tables_behind(fresh_world: World) -> None:
    refresh_insights(fresh_world.app.context, fresh_world.stores["shopify"].id)
    page = home(fresh_world)
    assert "Where your customers stand" in page
    assert 'href="/app/customers?lifecycle=' in page
    for name in ("People by stage, week by week", "People who ordered, month by month", "Average order, month by month"):
        assert f'aria-label="{name}. ' in page
        assert f'<caption class="unseen">{name}</caption>' in page
    assert "ordered in the month after too." in page or "too early to see who comes back" in page
    assert page.count('<details class="behind"><summary>Show as a table') == 3


def test_what_is_next_is_asked_for_until_it_is_done(fresh_world: World) -> None:
    store = fresh_world.stores["shopify"]
    refresh_insights(fresh_world.app.context, store.id)
    page = home(fresh_world)
    assert page.index("Say who the mails come from") < page.index("Start a first campaign")
    with fresh_world.app.database.write() as session:
        kept = session.get_one(Store, store.id)
        store_settings.change(session, kept, SENDER, actor="test", now=fresh_world.app.context.clock())
    assert "Fill in the sender" not in home(fresh_world)
    fresh_world.post("/app/campaigns/winback/start", {}, fresh_world.shopify_token())
    assert "What is next" not in home(fresh_world)


def test_while_the_first_import_runs_home_says_how_far_it_is_and_turns_into_figures_by_itself(fresh_world: World) -> None:
    with fresh_world.app.database.write() as session:
        kept = session.get_one(Store, fresh_world.stores["shopify"].id)
        worked_out, kept.yardsticks_at, kept.first_import_at = kept.yardsticks_at, None, None
        session.connection().exec_driver_sql("DELETE FROM insight_figures")
    assert 'hx-get="/app/import-progress"' in home(fresh_world)
    asked = fresh_world.get("/app/import-progress", fresh_world.shopify_token())
    assert "The import begins in a moment" in asked.text
    assert "HX-Refresh" not in asked.headers
    with fresh_world.app.database.write() as session:
        kept = session.get_one(Store, fresh_world.stores["shopify"].id)
        kept.yardsticks_at = kept.first_import_at = worked_out
    assert fresh_world.get("/app/import-progress", fresh_world.shopify_token()).headers["HX-Refresh"] == "true"
    assert "No figures yet" in home(fresh_world)


def test_what_does_not_mend_itself_is_said_with_the_way_to_it(fresh_world: World) -> None:
    assert "Something needs you" not in home(fresh_world)
    with fresh_world.app.database.write() as session:
        store = session.get_one(Store, fresh_world.stores["shopify"].id)
        store.state = "reconnect"
        now = fresh_world.app.context.clock()
        session.add(
            RejectedRecord(
                store_id=store.id, resource="orders", external_id="7", raw_hash="", raw="", reason="no total", first_seen_at=now
            )
        )  # fmt: skip
    page = home(fresh_world)
    assert "Connect it again" in page
    assert "1 record could not be read" in page
    assert 'href="/app/sync">Look into it' in page


def test_what_offers_brought_is_said_no_more_certainly_than_it_is_known(fresh_world: World) -> None:
    refresh_insights(fresh_world.app.context, fresh_world.stores["shopify"].id)
    for interval, words in (
        (None, "Written to: 20, held out: 3"),
        ([100_00, 250_00, 400_00], "brought £250 that would not have come otherwise"),
        ([-100_00, 50_00, 200_00], "no difference can be told from chance yet"),
        ([-400_00, -250_00, -100_00], "Those who were held out spent more"),
    ):
        keep_results(fresh_world, incremental=interval)
        page = home(fresh_world)
        assert "7 orders were placed with our codes: £700." in page
        assert words in page


def test_figures_say_when_they_were_worked_out(fresh_world: World) -> None:
    refresh_insights(fresh_world.app.context, fresh_world.stores["shopify"].id)
    with fresh_world.app.database.write() as session:
        session.connection().exec_driver_sql(f"UPDATE insight_figures SET computed_at = computed_at - {3 * DAY_US}")
    assert "3 days ago" in home(fresh_world)
