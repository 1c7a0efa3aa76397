"""Pages of a store too large to be counted while somebody waits: what is kept says the same, and a sample says that it is one."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from jobs.insights import refresh_insights
from plugin_core.insights import figures
from plugin_core.offers import campaigns, glance, planning
from plugin_core.offers.models import Campaign
from plugin_core.stores.models import Store
from tests.admin.world import World

PAGES = ("/app/loyalty", "/app/segments", "/app/stores")


def shown(world: World, path: str) -> list[str]:
    """The page's numbers; times differ, since what is kept says as of when."""
    text = re.sub(r"<time.*?</time>|as of [^<]*|polyline[^>]*|<svg.*?</svg>", "", world.owner().get(path).text, flags=re.DOTALL)
    return re.findall(r">\s*([^<>]*\d[^<>]*?)\s*<", text)


def winback(session: Session) -> tuple[Store, Campaign]:
    store = session.get_one(Store, 1)
    return store, campaigns.get(session, store, "winback")


def test_what_is_kept_for_a_large_store_is_what_a_small_one_counts_at_once(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for store in fresh_world.stores.values():
        refresh_insights(fresh_world.app.context, store.id)
    live = {path: shown(fresh_world, path) for path in PAGES}
    monkeypatch.setattr(figures, "LIVE_UP_TO", 0)
    assert all(live.values())
    assert {path: shown(fresh_world, path) for path in PAGES} == live


def test_a_segment_made_since_the_figures_were_kept_is_listed_too(fresh_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "LIVE_UP_TO", 0)
    rule = {"r.kind": "all", "r.0.field": "orders", "r.0.op": ">=", "r.0.value": "1", "name": "New here", "do": "save"}
    assert fresh_world.post("/app/segments/new", rule, fresh_world.shopify_token()).status_code == 303
    assert "New here" in fresh_world.get("/app/segments", fresh_world.shopify_token()).text


def test_a_campaigns_audience_is_estimated_and_its_list_is_exact_a_page_at_a_time(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = fresh_world.app.context.clock()
    owner = fresh_world.owner()
    assert "Estimated" not in owner.get("/app/campaigns/winback/audience").text
    monkeypatch.setattr(glance, "WHOLE", 7)
    monkeypatch.setattr(glance, "_AT_EACH", 2)
    monkeypatch.setattr(glance, "_PLACES", 4)
    with fresh_world.app.database.read() as session:
        store, campaign = winback(session)
        whole = planning.preview(session, store, campaign, now=now)
        assert not glance.glance(session, store, campaign, now=now).exact
        monkeypatch.setattr(glance, "_PLACES", 1_000)  # every place: the sample is everybody
        everybody = glance.glance(session, store, campaign, now=now)
        assert (everybody.chosen, everybody.held_out, everybody.judged) == (
            *(len(whole.chosen), len(whole.held_out), len(whole.verdicts)),
        )
        assert everybody.maximum_cost == whole.maximum_cost
        for outcome, wanted in (("", list(whole.verdicts)), ("planned", list(whole.chosen))):
            found, after = [], 0
            while after is not None:
                page = glance.page(session, store, campaign, outcome=outcome, after=after, size=3, now=now)
                found += page.verdicts
                after = page.after
            assert found == wanted
    for path in ("audience", "people", "start"):
        answer = owner.get(f"/app/campaigns/winback/{path}")
        assert (answer.status_code, "Estimated" in answer.text) == (200, path != "people")


def test_a_stage_and_a_segment_of_a_large_store_are_told_from_what_is_kept(
    fresh_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for store in fresh_world.stores.values():
        refresh_insights(fresh_world.app.context, store.id)
    owner = fresh_world.owner()

    def said(path: str) -> str:
        found = re.search(r'id="people-count">([^<]*)', owner.get(path).text)
        assert found is not None
        return found[1].strip()

    exact = said("/app/customers?lifecycle=lost")
    segment = shown(fresh_world, "/app/segments/brand_advocates")
    monkeypatch.setattr(figures, "LIVE_UP_TO", 0)
    kept = said("/app/customers?lifecycle=lost")
    assert kept.startswith("About")
    assert re.findall(r"\d+", kept) == re.findall(r"\d+", exact)
    assert not said("/app/customers?lifecycle=lost&consent=subscribed").startswith("About")
    assert shown(fresh_world, "/app/segments/brand_advocates") == segment
