"""Writing a rule wrong gets an answer that says where and what would be right; custom segments follow their rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.db import create_engine
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.segments import dialect, own, plan, source
from plugin_core.segments.estimate import exact
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.explain import explain
from plugin_core.segments.frame import Frame
from plugin_core.segments.members import find, matching, members, sizes
from plugin_core.segments.rules import parse
from plugin_core.segments.stock import MAX_SEGMENTS, STOCK, ensure_stock
from plugin_core.segments.words import describe
from plugin_core.stores.settings import StoreSettings
from tests import databases
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, days_ago, open_store

WRONG: list[tuple[Any, str]] = [
    ([], "rule: "),
    ({"all": []}, "rule.all: expected a list"),
    ({"all": [{"field": "orders", "op": ">=", "value": 1}, {"some": 1}]}, "rule.all[1]: some does not make a rule"),
    ({"not": {"field": "ordres", "op": ">=", "value": 1}}, "rule.not.field: there is no field 'ordres'"),
    ({"field": "orders", "op": "in", "value": 1}, "rule.op: orders can't be compared by 'in'. Allowed: = != > >= < <="),
    ({"field": "orders", "op": ">=", "value": "2"}, "Expected a whole number from 0 to 36500"),
    ({"field": "orders", "op": ">=", "value": True}, "Expected a whole number"),
    ({"field": "lifecycle", "op": "=", "value": "lazy"}, "Expected one of prospect, new, active"),
    ({"field": "net_spent", "op": ">", "value": float("nan")}, "Expected a number"),
    ({"field": "orders", "op": ">=", "value": 2, "within": {"weeks": 1}}, "rule.within: "),
    ({"field": "visits", "op": ">=", "value": 2, "within": {"days": 1}}, "visits takes no span of time"),
    ({"field": "ordered", "op": "between", "value": ["2026-02-01", "2026-01-01"]}, "the earlier one first"),
    ({"any": [{"field": "orders", "op": "=", "value": 1}] * 101}, "At most 100 are allowed"),
]


@pytest.mark.parametrize(("body", "told"), WRONG, ids=[told for _, told in WRONG])
def test_a_wrong_rule_is_told_where_it_is_wrong(body: Any, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(body)
    assert told in str(caught.value)


def test_a_rule_nested_without_end_is_refused() -> None:
    body: Any = {"field": "orders", "op": "=", "value": 1}
    for _ in range(2_000):
        body = {"not": body}
    with pytest.raises(InvalidInput, match="nested too deeply"):
        parse(body)


def test_a_rule_reads_as_a_sentence() -> None:
    advocates = next(rule for slug, _, _, rule in STOCK if slug == "brand_advocates")
    assert describe(parse(advocates), "EUR") == "number of orders is at least 2 in the last 6 months"
    rich = parse({"all": [{"field": "net_spent", "op": ">", "value": 12_345}, {"field": "may_email", "op": "=", "value": False}]})
    assert describe(rich, "EUR") == "net spent is more than 123.45 EUR and not may be e-mailed"


def test_why_somebody_is_not_in_a_segment_is_told_condition_by_condition(session: Session) -> None:
    store = open_store(session)
    (ben,) = add_people(session, store, [Person((Bought(days_ago(61.5)),))])
    rule = parse(next(rule for slug, _, _, rule in STOCK if slug == "lapsed_90"))
    told = explain(session, store, StoreSettings(), ben, rule, now=NOW)
    assert told.lines() == [
        "no: all of:",
        "  no: days since the last order is at least 90 (found: 61.5 days)",
        "  yes: days since the last order is less than 120 (found: 61.5 days)",
    ]
    with pytest.raises(NotFound, match="ada-shop"):
        explain(session, store, StoreSettings(), 99, rule, now=NOW)


def test_the_preview_of_a_rule_is_exactly_who_is_in_the_segment_once_saved(session: Session) -> None:
    store = open_store(session)
    add_people(session, store, [Person((Bought(days_ago(days)),)) for days in range(20)])
    rule = parse({"field": "days_since_last_order", "op": "<", "value": 7})
    seen = exact(session, store, rule, now=NOW)
    assert (seen.people, seen.low, seen.high, len(seen.sample)) == (7, 7, 7, 5)
    people = matching(session, store, rule, now=NOW)
    assert people[:5] == list(seen.sample)
    assert session.scalar(sa.text("SELECT count(*) FROM memberships")) == 0
    segment = own.create(session, store, "This week", rule, actor="ada", now=NOW)
    assert store.yardsticks_due
    evaluate(session, store, StoreSettings(), 0, customer_ids=None, now=NOW)
    assert members(session, segment) == people
    assert [(size.people, size.change) for size in sizes(session, store, now=NOW)] == [(7, 7)]


def test_a_stock_segment_is_not_overwritten_and_a_store_has_room_for_62(session: Session) -> None:
    store = open_store(session)
    ensure_stock(session, store, now=NOW)
    rule = parse({"field": "orders", "op": ">=", "value": 1})
    with pytest.raises(InvalidInput, match="stock"):
        own.change(session, store, "lapsed_60", own.Wanted("Mine"), actor="ada", now=NOW)
    with pytest.raises(InvalidInput, match="can't name"):
        own.create(session, store, "Mine", rule, slug="lapsed_60", actor="ada", now=NOW)
    for number in range(MAX_SEGMENTS - len(STOCK)):
        own.create(session, store, f"Mine {number}", rule, actor="ada", now=NOW)
    assert own.room(session, store).left == 0
    with pytest.raises(InvalidInput, match="62 segments already"):
        own.create(session, store, "One more", rule, actor="ada", now=NOW)
    (ben,) = add_people(session, store, [Person((Bought(days_ago(1)),))])
    evaluate(session, store, StoreSettings(), 0, customer_ids=[ben], now=NOW)
    assert members(session, find(session, store, f"mine_{MAX_SEGMENTS - len(STOCK) - 1}")) == [ben]


@pytest.fixture
def sqlite_session(run_folder: Path, tmp_path: Path) -> Iterator[Session]:
    """SQLite's planner is the one that can be led astray: it has no statistics here."""
    engine = create_engine(databases.sqlite_copy(run_folder, tmp_path / "plan.sqlite"))
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_one_person_is_found_by_key_and_never_by_reading_everybody(sqlite_session: Session) -> None:
    session = sqlite_session
    store = open_store(session)
    ensure_stock(session, store, now=NOW)
    frame = Frame.of(store, StoreSettings(), now=NOW)
    made = plan.plan(session, plan.kept(session, store.id), frame)
    params = source.bound(frame, made.params) | {"ids": "[1]", "segment": 1, "mask": 1, "version": 0}
    dialect.run(session, plan.CREATE.format(id="INTEGER"), {})
    for sql in (made.find(source.LISTED), plan.WRITE, plan.LEAVE_NOW, made.began(1), made.ceased(1)):
        steps = [row[3] for row in dialect.run(session, f"EXPLAIN QUERY PLAN {sql}", params)]
        assert not [step for step in steps if step.startswith(("SCAN k", "SCAN customer_stats", "SCAN memberships"))], steps
        assert not [step for step in steps if "memberships" in step and "customer_id" not in step], steps
