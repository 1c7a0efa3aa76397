"""A segment copied into Shopify finds the same people there, and what it can't say it admits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shopify.segment_query import express
from plugin_core.clock import DAY_US, from_us
from plugin_core.segments.export import Terms
from plugin_core.segments.facts import Facts, Purchase
from plugin_core.segments.fields import CONSENT_STATES, FIELDS
from plugin_core.segments.lifecycle import STAGES
from plugin_core.segments.reading import holds
from plugin_core.segments.rules import Rule, parse
from plugin_core.segments.stock import STOCK
from tests.adapters.shopify.segment_reader import Order, Shopper, read
from tests.plugin_core.segments.frames import FRAME, NOW

TERMS = Terms("EUR", "cb:", ("bronze", "silver", "gold"), frozenset({"big_spenders"}))
TODAY = from_us(NOW).astimezone(FRAME.zone).date()
DAYS = (0, 1, 14, 30, 60, 90, 181, 184, 365)

people = st.builds(
    lambda days, products, spent, tags, country, consents, tier: (days, products, spent, tags, country, consents, tier),
    st.lists(st.sampled_from(DAYS), max_size=4),
    st.lists(st.sampled_from(["11", "12"]), max_size=2),
    st.sampled_from([0, 5_000, 40_000, 50_000]),
    st.frozensets(st.sampled_from(["vip", "trade"])),
    st.sampled_from(["TR", "DE"]),
    st.dictionaries(st.sampled_from(["email", "sms"]), st.sampled_from(CONSENT_STATES)),
    st.sampled_from(["bronze", "gold"]),
)
dates = st.sampled_from([["2026-11-22", "2026-11-22"], ["2025-11-01", "2026-10-25"], ["2026-09-23", "2026-11-30"]])
SAYABLE = {
    "orders": st.integers(0, 4), "net_spent": st.sampled_from([0, 5_000, 12_345, 49_999.5]), "big_spender": st.booleans(),
    "days_since_last_order": st.sampled_from(DAYS), "days_since_first_order": st.sampled_from(DAYS),
    "ordered": dates, "first_ordered": dates, "last_ordered": dates, "product": st.sampled_from(["11", "12"]),
    "country": st.sampled_from(["TR", "DE"]), "tags": st.sampled_from(["vip", "trade"]),
    "tier": st.sampled_from(["bronze", "gold"]),
    "consent_email": st.sampled_from(CONSENT_STATES), "consent_sms": st.sampled_from(CONSENT_STATES), "may_email": st.booleans(),
    "lifecycle": st.sampled_from(STAGES),
}  # fmt: skip


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(SAYABLE)))
    field, values = FIELDS[name], SAYABLE[name]
    op = draw(st.sampled_from(field.ops))
    value = draw(st.lists(values, min_size=1, max_size=2, unique=True) if op in ("in", "not in") else values)
    body = {"field": name, "op": op, "value": value}
    if field.windowed and draw(st.booleans()):
        body["within"] = draw(st.sampled_from([{"days": 1}, {"days": 60}, {"months": 1}, {"months": 6}]))
    return body


def _nest(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return several.map(lambda a: {"all": a}) | several.map(lambda a: {"any": a}) | inner.map(lambda a: {"not": a})


rules = st.recursive(leaves(), _nest, max_leaves=6).map(parse)


@given(rule=rules, drawn=st.lists(people, min_size=1, max_size=5))
def test_a_segment_copied_into_shopify_holds_for_the_same_people(rule: Rule, drawn: list[Any]) -> None:
    said = express(rule, TERMS)
    assert said.query, said.clauses
    there = read(said.query, TODAY)
    for person in drawn:
        facts = facts_of(*person)
        assert there(shopper(facts)) == holds(rule, facts, FRAME), said.query
    for clause in said.clauses:
        read(clause.query, TODAY)


@pytest.mark.parametrize("name", sorted(set(FIELDS) - set(SAYABLE)))
def test_what_shopify_has_no_word_for_is_said_with_the_reason_and_no_query_is_given(name: str) -> None:
    field = FIELDS[name]
    value: Any = (
        True
        if field.kind == "flag"
        else [field.choices[0] if field.choices else "x"]
        if field.kind in ("choice", "bought")
        else 1
    )
    op = "in" if field.kind in ("choice", "bought") else field.ops[0]
    rule = parse({"all": [{"field": name, "op": op, "value": value}, {"field": "orders", "op": ">=", "value": 1}]})
    said = express(rule, TERMS)
    assert (said.query, said.clauses[1].query) == ("", "number_of_orders >= 1")
    assert said.clauses[0].reason


def test_texts_that_could_end_their_quotes_are_never_put_into_a_query() -> None:
    for value in ("o'neil", "back\\slash", "two\nlines", ""):
        said = express(parse({"field": "tags", "op": "in", "value": [value]}), TERMS)
        assert (said.query, said.clauses[0].reason) == ("", "text")
    assert express(parse({"field": "big_spender", "op": "=", "value": True}), TERMS._replace(tagged=frozenset())).query == ""


def test_the_stock_segments_read_in_shopify_as_a_merchant_would_write_them() -> None:
    said = {slug: express(parse(rule), TERMS).query for slug, _, _, rule in STOCK}
    assert said == {
        "brand_advocates": "orders_placed MATCHES (date >= -6m, count >= 2)",
        "lapsed_60": "last_order_date <= -60d AND last_order_date > -90d",
        "lapsed_90": "last_order_date <= -90d AND last_order_date > -120d",
        "lapsed_120": "last_order_date <= -120d",
        "big_spenders": "customer_tags CONTAINS 'cb:big-spenders'",
        "subscribed_never_bought": "number_of_orders = 0 AND email_subscription_status = 'SUBSCRIBED'",
        **dict.fromkeys(("one_time_buyers", "second_order_due", "discount_only", "full_price_loyal", "serial_returners"), ""),
        **dict.fromkeys(("recent_refund", "birthday_month", "high_value_slipping"), ""),
    }


def facts_of(
    days: list[int], products: list[str], spent: int, tags: frozenset[str], country: str, consents: dict[str, str], tier: str
) -> Facts:
    times = sorted(NOW - ago * DAY_US for ago in days)
    return Facts(
        orders_count=len(times),
        priced_orders=len(times),
        net_spent=spent if times else 0,
        first_order_at=times[0] if times else None,
        last_order_at=times[-1] if times else None,
        visits=len(times),
        last_visit_at=times[-1] if times else None,
        tags=tags,
        country=country,
        consents=tuple(consents.items()),
        may_email=consents.get("email") == "subscribed",
        tier=tier,
        purchases=tuple(Purchase(at, frozenset(products), frozenset()) for at in times),
    )


def shopper(facts: Facts) -> Shopper:
    """The same person as the store has them, our tags included."""
    status = {"subscribed": "SUBSCRIBED", "pending": "PENDING", "unsubscribed": "UNSUBSCRIBED", "unknown": "NOT_SUBSCRIBED"}
    consents = dict(facts.consents)
    big = facts.orders_count > 0 and facts.net_spent >= (FRAME.big_spent or 0)
    ours = {f"cb:tier-{facts.tier}", "cb:" + facts.lifecycle(FRAME).replace("_", "-"), *(("cb:big-spenders",) if big else ())}
    return Shopper(
        plain={
            "number_of_orders": facts.orders_count,
            "amount_spent": Decimal(facts.net_spent) / 100,
            "last_order_date": None if facts.last_order_at is None else _day(facts.last_order_at),
            "email_subscription_status": status[consents["email"]] if "email" in consents else None,
            "sms_subscription_status": status[consents["sms"]] if "sms" in consents else None,
        },
        sets={"customer_tags": facts.tags | ours, "customer_countries": frozenset({facts.country})},
        orders=tuple(Order(_day(purchase.placed_at), purchase.products) for purchase in facts.purchases),
    )


def _day(moment: int) -> date:
    return TODAY - timedelta(days=(NOW - moment) // DAY_US)
