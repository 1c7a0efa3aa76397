"""Home as a shop owner meets it: who is slipping away, what they are worth, and a door to each of them."""

from __future__ import annotations

from jobs.insights import refresh_insights
from tests.admin.world import World


def test_home_says_who_is_slipping_away_and_leads_to_them(fresh_world: World) -> None:
    store = fresh_world.stores["shopify"]
    refresh_insights(fresh_world.app.context, store.id)
    page = fresh_world.get("/app", fresh_world.shopify_token()).text
    assert "Where your customers stand" in page
    assert "Repeat rate" in page
    assert 'href="/app/customers?lifecycle=' in page


def test_home_is_there_before_any_figure_is(fresh_world: World) -> None:
    with fresh_world.app.database.write() as session:
        session.connection().exec_driver_sql("DELETE FROM insight_figures")
    answer = fresh_world.get("/app", fresh_world.shopify_token())
    assert answer.status_code == 200
    assert "How the store stands" in answer.text
