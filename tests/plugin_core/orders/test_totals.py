"""Where older orders can't be seen, the store's own totals stand in, until the orders themselves have come."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from plugin_core.orders import totals
from plugin_core.records import TotalsRecord
from plugin_core.stores.connect import SEEN_DAYS, TOTALS_KEPT
from plugin_core.stores.models import Store
from tests.plugin_core.shop import DAY, account, customer, order, rows, store, take, work_out

COLUMNS = "orders_count, net_spent, first_order_at, last_order_at, visits, own_gap_days, unseen_orders, priced_orders"


@pytest.fixture
def shop(session: Session) -> Store:
    made = store(session, account(session))
    made.facts = {SEEN_DAYS: 60}
    return made


def ada(session: Session, shop: Store) -> dict[str, Any]:
    work_out(session, shop)
    return rows(session, f"SELECT {COLUMNS} FROM customer_stats")[0]


def told(orders: int, spent: int | None, last: int | None, **more: Any) -> Any:
    return customer("1", "ada@example.com", totals=TotalsRecord(orders, spent, last), **more)


def test_somebody_whose_orders_are_all_too_old_is_no_prospect(session: Session, shop: Store) -> None:
    take(session, shop, told(7, 70_000, 90 * DAY))
    assert ada(session, shop) == {
        "orders_count": 7, "net_spent": 70_000, "first_order_at": 90 * DAY, "last_order_at": 90 * DAY, "visits": 2,
        "own_gap_days": None, "unseen_orders": 7, "priced_orders": 7,
    }  # fmt: skip


def test_orders_that_are_seen_count_once(session: Session, shop: Store) -> None:
    seen = [order(str(day), "ada@example.com", placed_at=day * DAY, total=1_000) for day in (100, 110)]
    take(session, shop, told(5, 9_000, 110 * DAY), *seen)
    found = ada(session, shop)
    assert (found["orders_count"], found["net_spent"], found["unseen_orders"], found["visits"]) == (5, 9_000, 3, 2)
    assert (found["own_gap_days"], found["last_order_at"]) == (10.0, 110 * DAY)
    take(session, shop, told(2, 2_000, 110 * DAY, modified_at=20 * DAY))
    found = ada(session, shop)
    assert (found["orders_count"], found["net_spent"], found["unseen_orders"]) == (2, 2_000, 0)


def test_a_record_that_tells_no_totals_takes_none_away_and_an_older_one_changes_nothing(session: Session, shop: Store) -> None:
    take(session, shop, told(7, 70_000, 90 * DAY, modified_at=30 * DAY))
    take(session, shop, customer("1", "ada@example.com", modified_at=31 * DAY, first_name="Ada"))
    take(session, shop, told(3, 1_000, 10 * DAY, modified_at=29 * DAY))
    assert ada(session, shop)["orders_count"] == 7


def test_money_told_in_another_currency_is_left_out(session: Session, shop: Store) -> None:
    take(session, shop, told(4, None, 90 * DAY))
    assert (ada(session, shop)["orders_count"], ada(session, shop)["net_spent"], ada(session, shop)["priced_orders"]) == (4, 0, 0)


def test_once_all_orders_have_come_only_they_count(session: Session, shop: Store) -> None:
    take(session, shop, told(3, 9_999, 90 * DAY))
    assert ada(session, shop)["orders_count"] == 3
    shop.facts = {TOTALS_KEPT: True}
    take(session, shop, order("1", "ada@example.com", placed_at=50 * DAY, total=500, customer_id="1"))
    assert ada(session, shop)["orders_count"] == 3, "they are still coming in"
    totals.all_taken_in(session, shop)
    found = ada(session, shop)
    assert (found["orders_count"], found["net_spent"], found["unseen_orders"]) == (1, 500, 0)
    assert TOTALS_KEPT not in shop.facts


def test_a_store_whose_orders_can_all_be_seen_has_no_use_for_totals(session: Session, shop: Store) -> None:
    shop.facts = {SEEN_DAYS: None}
    take(session, shop, told(7, 70_000, 90 * DAY))
    assert ada(session, shop)["orders_count"] == 0
