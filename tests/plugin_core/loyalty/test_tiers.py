"""Tiers: up at once, held for twelve months and a month of grace, then down to what is still reached."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from plugin_core.clock import DAY_US
from plugin_core.loyalty.rules import Rules, TierRule, of_settings
from plugin_core.loyalty.tiers import Purchase, standing
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.loyalty.shop import us

ZONE = ZoneInfo("Europe/Berlin")
RULES = (of_settings(StoreSettings(), 0, "EUR"),)


def tier(*bought: tuple[str, int], on: str, rules: tuple[Rules, ...] = RULES) -> str:
    return standing([Purchase(us(when), euros * 100) for when, euros in bought], rules, ZONE, us(on)).tier


@pytest.mark.parametrize(
    ("spent", "expected"),
    [(0, "bronze"), (199, "bronze"), (200, "silver"), (499, "silver"), (500, "gold"), (999, "gold"), (1000, "platinum")],
)
def test_each_tier_begins_exactly_at_its_threshold(spent, expected) -> None:
    assert tier(("2026-01-01", spent), on="2026-01-01") == expected


def test_orders_of_twelve_months_add_up_and_an_older_one_does_not() -> None:
    assert tier(("2025-01-01 10:00", 150), ("2026-01-01 09:59", 50), on="2026-01-02") == "silver"
    assert tier(("2025-01-01 10:00", 150), ("2026-01-01 10:00", 50), on="2026-01-02") == "bronze"


def test_a_tier_is_held_for_a_year_and_thirty_days_and_then_given_up() -> None:
    bought = ("2025-01-01", 500)
    assert tier(bought, on="2026-01-30 23:59") == "gold"
    assert tier(bought, on="2026-01-31") == "bronze"


def test_it_falls_only_to_what_is_still_reached_and_that_is_held_anew() -> None:
    bought = [("2025-01-01", 1000), ("2026-01-05", 250)]
    assert tier(*bought, on="2026-01-30 23:59") == "platinum"
    assert tier(*bought, on="2026-01-31") == "silver"
    assert tier(*bought, on="2027-03-01") == "silver"
    assert tier(*bought, on="2027-03-02") == "bronze"


def test_the_next_moment_that_matters_is_known() -> None:
    bought = [Purchase(us("2025-01-01"), 500_00), Purchase(us("2025-12-15"), 20_00)]
    found = standing(bought, RULES, ZONE, us("2025-12-20"))
    assert (found.metric, found.next_check_at) == (520_00, us("2026-01-01"))
    assert found.held_until == us("2026-12-15") + 30 * DAY_US


def test_a_purchase_that_still_reaches_the_tier_renews_it() -> None:
    assert tier(("2025-01-01", 500), ("2025-06-01", 10), on="2026-06-30") == "gold"
    assert tier(("2025-01-01", 500), ("2025-06-01", 10), on="2026-07-01") == "bronze"


def test_goods_sent_back_in_full_reach_and_renew_nothing() -> None:
    assert tier(("2025-01-01", 500), ("2025-06-01", 0), on="2026-02-01") == "bronze"


def test_without_hold_and_grace_a_tier_ends_with_the_window() -> None:
    bare = (of_settings(replace(StoreSettings(), tier_hold_months=0, tier_grace_days=0), 0, "EUR"),)
    bought = [("2025-01-01", 300), ("2025-02-01", 300)]
    assert tier(*bought, on="2025-12-31 22:59", rules=bare) == "gold"
    assert tier(*bought, on="2026-01-01", rules=bare) == "silver"
    assert tier(*bought, on="2026-02-01", rules=bare) == "bronze"


def test_higher_thresholds_set_today_take_nothing_before_the_hold_ends() -> None:
    rule = RULES[0].tier
    raised = RULES[0]._replace(since=us("2025-03-01"), version=1, tier=rule._replace(thresholds=(0, 300_00, 800_00, 2000_00)))
    assert tier(("2025-01-01", 500), on="2025-12-01", rules=(RULES[0], raised)) == "gold"
    assert tier(("2025-01-01", 500), on="2026-01-31", rules=(RULES[0], raised)) == "bronze"
    assert tier(("2025-04-01", 500), on="2025-04-01", rules=(RULES[0], raised)) == "silver"


def test_lower_thresholds_set_today_lift_people_at_that_moment() -> None:
    rule = RULES[0].tier
    lowered = RULES[0]._replace(since=us("2025-03-01"), version=1, tier=rule._replace(thresholds=(0, 50_00, 100_00, 400_00)))
    both = (RULES[0], lowered)
    assert tier(("2025-01-01", 120), on="2025-02-28", rules=both) == "bronze"
    assert tier(("2025-01-01", 120), on="2025-03-01", rules=both) == "gold"


def test_a_tier_that_is_no_more_gives_way_to_what_is_reached() -> None:
    other = RULES[0]._replace(since=us("2025-03-01"), version=1, tier=TierRule(("basic", "vip"), (0, 400_00), 12, 12, 0))
    assert tier(("2025-01-01", 500), on="2025-03-01", rules=(RULES[0], other)) == "vip"
    assert tier(("2025-01-01", 300), on="2025-03-01", rules=(RULES[0], other)) == "basic"
