"""The two readings of the rule language agree: the SQL that finds the set, and the explanation for one person."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from plugin_core import tables
from plugin_core.clock import DAY_US
from plugin_core.segments import explain as explaining
from plugin_core.segments.fields import CONSENT_STATES, FIELDS
from plugin_core.segments.members import matching
from plugin_core.segments.rules import Rule, dump, parse
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, open_store

PRODUCTS = ("tea", "cup", "чай", "قهوه")
CATEGORIES = {"tea": ("drinks",), "чай": ("drinks", "gifts"), "cup": ("gifts",)}
TAGS = ("vip", "trade", "o'neil")

# Moments on the very edges that rules ask about are worth more than random ones.
edges = st.sampled_from([0, 1, 14, 30, 59, 60, 61, 90, 120, 181, 184, 365])
moments = st.builds(lambda days, off: NOW - days * DAY_US + off, edges, st.sampled_from([-1, 0, 1, 3_600_000_000]))
moments = moments | st.integers(NOW - 800 * DAY_US, NOW)

orders = st.builds(
    Bought,
    at=moments,
    received=st.sampled_from([0, 100, 5_000, 12_345]),
    refunded=st.sampled_from([0, 0, 40, 2_000]),
    refunded_at=st.none() | moments,
    with_code=st.booleans(),
    known=st.booleans(),
    products=st.lists(st.sampled_from(PRODUCTS), max_size=2, unique=True).map(tuple),
    counted=st.sampled_from([True, True, True, False]),
)
people = st.builds(
    Person,
    orders=st.lists(orders, max_size=5).map(tuple),
    country=st.sampled_from(["", "TR", "DE"]),
    birthday=st.sampled_from(["", "11-30", "12-01", "02-29"]),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    consents=st.dictionaries(st.sampled_from(["email", "sms"]), st.sampled_from(CONSENT_STATES)).map(lambda d: tuple(d.items())),
    points=st.sampled_from([0, 500]),
    points_pending=st.sampled_from([0, 7]),
    tier=st.sampled_from(["", "gold"]),
    may_email=st.booleans(),
)


def values(kind: str, name: str, op: str) -> st.SearchStrategy[Any]:
    number = st.sampled_from([0, 1, 2, 3, 5, 40, 60, 500, 5_000]) | st.floats(0, 200, allow_nan=False)
    match kind:
        case "number" | "lateness":
            return number
        case "orders":
            return st.integers(0, 4)
        case "elapsed":
            return st.sampled_from([0, 1, 14, 30, 60, 90, 120, 365])
        case "flag":
            return st.booleans()
        case "dates":
            return st.sampled_from([["2026-11-22", "2026-11-22"], ["2025-01-01", "2026-10-25"], ["2026-09-23", "2026-11-30"]])
    pool = {"product": PRODUCTS, "category": ("drinks", "gifts", "none"), "tags": TAGS, "country": ("TR", "DE", "")}
    choices = st.sampled_from(pool.get(name) or FIELDS[name].choices or ("", "gold"))
    return st.lists(choices, min_size=1, max_size=3) if op in ("in", "not in") else choices


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(FIELDS)))
    field = FIELDS[name]
    op = draw(st.sampled_from(field.ops))
    body = {"field": name, "op": op, "value": draw(values(field.kind, name, op))}
    if field.windowed and draw(st.booleans()):
        body["within"] = draw(st.sampled_from([{"days": 1}, {"days": 60}, {"months": 1}, {"months": 6}]))
    return body


def _nest(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.lists(inner, min_size=1, max_size=3)
    return (
        st.builds(lambda a: {"all": a}, lists) | st.builds(lambda a: {"any": a}, lists) | st.builds(lambda a: {"not": a}, inner)
    )


rules = st.recursive(leaves(), _nest, max_leaves=6).map(parse)


@given(rule=rules)
def test_a_rule_is_the_same_after_being_written_down_and_read_again(rule: Rule) -> None:
    assert parse(dump(rule)) == rule


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(crowd=st.lists(people, min_size=1, max_size=6), asked=st.lists(rules, min_size=1, max_size=8))
def test_the_set_a_rule_finds_is_exactly_the_people_it_explains_as_fitting(
    session: Session, crowd: list[Person], asked: list[Rule]
) -> None:
    with session.begin_nested() as savepoint:
        store = open_store(session)
        ids = add_people(session, store, crowd)
        categories = [
            {"store_id": store.id, "product_id": product, "category": category}
            for product, names in CATEGORIES.items()
            for category in names
        ]
        session.execute(sa.insert(tables.metadata.tables["product_categories"]), categories)
        recompute_yardsticks(session, store, StoreSettings(), now=NOW)
        for rule in asked:
            told = {person: explaining.explain(session, store, StoreSettings(), person, rule, now=NOW) for person in ids}
            assert matching(session, store, rule, now=NOW) == [person for person in ids if told[person].truth], dump(rule)
        savepoint.rollback()
    session.expunge_all()
