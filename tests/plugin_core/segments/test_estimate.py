"""How many people a rule would find, before it is saved: exact where it can be at once, else with a margin that holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import bulk, tables
from plugin_core.clock import DAY_US
from plugin_core.segments import estimate
from plugin_core.segments.rules import Rule, parse
from plugin_core.stores.models import Store
from tests.plugin_core.segments.shop import NOW, open_store

PEOPLE = 16_000


def spent_at_least(amount: int) -> Rule:
    return parse({"field": "net_spent", "op": ">=", "value": amount})


def fill(session: Session, store: Store, first: int, step: int, count: int) -> None:
    """``count`` people with every ``step``-th id; each spent the remainder of its number by 1,000."""
    ids = range(first, first + count * step, step)
    _insert(session, "customers", ({"id": one, "account_id": store.account_id, "key": f"{one:016x}", "since": 0} for one in ids))
    at = NOW - 10 * DAY_US
    bought = {"store_id": store.id, "orders_count": 1, "visits": 1, "last_order_at": at, "last_visit_at": at}
    _insert(session, "customer_stats", (bought | {"customer_id": one, "net_spent": one % 1_000} for one in ids))


def _insert(session: Session, name: str, rows: Iterable[dict[str, Any]]) -> None:
    table = tables.metadata.tables[name]
    defaults = {column.name: column.default.arg for column in table.c if isinstance(column.default, sa.ColumnDefault)}
    plain = {name: "{}" if callable(value) else value for name, value in defaults.items()}
    full = [plain | row for row in rows]
    bulk.insert(session, table, tuple(full[0]), [tuple(row.values()) for row in full])


def test_an_estimate_lies_within_its_margin_of_the_exact_count(session: Session) -> None:
    store = open_store(session)
    fill(session, store, 1_000, 3, PEOPLE)
    missed = 0
    for amount in range(30, 1_000, 97):
        rule = spent_at_least(amount)
        true = estimate.exact(session, store, rule, now=NOW)
        seen = estimate.quick(session, store, rule, now=NOW)
        assert (true.exact, seen.exact, true.margin) == (True, False, 0)
        assert seen.people - seen.margin <= seen.low <= seen.people <= seen.high <= seen.people + seen.margin
        missed += not seen.low <= true.people <= seen.high
        assert abs(seen.people - true.people) < 3 * seen.margin
    assert missed <= 2  # of 10, where 1 in 20 may miss; the dice are the same each time
    assert seen == estimate.quick(session, store, rule, now=NOW)
    nobody = estimate.quick(session, store, spent_at_least(1_000), now=NOW)
    assert (nobody.people, nobody.low, nobody.sample) == (0, 0, ())
    assert 0 < nobody.high < 50
    everybody = estimate.quick(session, store, spent_at_least(0), now=NOW)
    assert everybody.low <= PEOPLE <= everybody.high
    assert len(everybody.sample) == 5


def test_a_small_store_is_counted_exactly_at_once_and_nobody_of_another_store_is_counted(session: Session) -> None:
    store, dmitris = open_store(session), open_store(session, key="dmitris")
    fill(session, store, 1, 2, 500)
    fill(session, dmitris, 2, 2, 500)
    seen = estimate.quick(session, store, spent_at_least(500), now=NOW)
    assert (seen.people, seen.exact) == (250, True)
    assert all(person % 2 for person in seen.sample)
    empty = estimate.quick(session, open_store(session, key="empty"), spent_at_least(0), now=NOW)
    assert (empty.people, empty.exact, empty.sample) == (0, True, ())


def test_counting_writes_nothing(session: Session) -> None:
    store = open_store(session)
    fill(session, store, 1, 1, 100)
    estimate.quick(session, store, spent_at_least(0), now=NOW)
    estimate.exact(session, store, spent_at_least(0), now=NOW)
    assert session.scalar(sa.text("SELECT count(*) FROM memberships")) == 0
