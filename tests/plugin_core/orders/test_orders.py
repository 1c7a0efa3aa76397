"""Orders, refunds, deletions and what they do to a customer's numbers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from plugin_core.orders import stale, stats
from plugin_core.orders.upsert import reprice
from plugin_core.records import CheckoutRecord, Deletion, LineRecord, RefundRecord
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata
from tests.plugin_core.shop import (
    DAY,
    HOUR,
    SECOND,
    SETTINGS,
    account,
    customer,
    numbers,
    order,
    people,
    rows,
    store,
    take,
    work_out,
)

ADA = "ada@x.de"


@pytest.fixture
def shop(session: Session) -> Store:
    return store(session, account(session))


def line(external_id: str, **more: Any) -> LineRecord:
    return LineRecord(external_id, "p1", "v1", "SKU", "Shirt", 1, 1, 900, 900)._replace(**more)


def test_the_same_orders_again_write_nothing(session: Session, shop: Store) -> None:
    records = [order("1", ADA), customer("7", "ben@x.de"), order("2", customer_id="7")]
    assert take(session, shop, *records).changed == 3
    work_out(session, shop)
    assert take(session, shop, *records).changed == 0
    assert stale.listed(session, shop.id, 10) == []


@pytest.mark.parametrize("batch", [1, 120])
def test_one_order_and_many_go_the_same_way(session: Session, shop: Store, batch: int) -> None:
    records = [order(str(n), f"shopper{n % 40}@x.de", placed_at=n * HOUR, lines=(line("a"), line("b"))) for n in range(120)]
    for start in range(0, 120, batch):
        take(session, shop, *records[start : start + batch])
    work_out(session, shop)
    assert rows(session, "SELECT COUNT(*) AS orders, SUM(net) AS net FROM orders") == [{"orders": 120, "net": 120_000}]
    assert rows(session, "SELECT COUNT(*) AS lines FROM order_lines") == [{"lines": 240}]
    assert rows(session, "SELECT COUNT(*) AS people, SUM(orders_count) AS orders FROM customer_stats") == [
        {"people": 40, "orders": 120}
    ]


def test_an_older_version_never_overwrites_a_newer_one(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, modified_at=20 * DAY, total=700))
    assert take(session, shop, order("1", ADA, modified_at=19 * DAY, total=500)).changed == 0
    assert rows(session, "SELECT total FROM orders") == [{"total": 700}]


def test_within_the_same_second_the_fresh_answer_wins(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, total=700))
    assert take(session, shop, order("1", ADA, total=650)).changed == 1
    assert rows(session, "SELECT total FROM orders") == [{"total": 650}]


def test_a_refund_that_the_shop_deletes_is_forgotten(session: Session, shop: Store) -> None:
    refund = RefundRecord("r1", 12 * DAY, 400)
    take(session, shop, order("1", ADA, refunded=400, refunds=(refund,), lines=(line("a"), line("b"))))
    work_out(session, shop)
    assert (numbers(session, shop, ADA)["net_spent"], numbers(session, shop, ADA)["last_refund_at"]) == (600, 12 * DAY)
    take(session, shop, order("1", ADA, lines=(line("a"),)))
    work_out(session, shop)
    assert (numbers(session, shop, ADA)["net_spent"], numbers(session, shop, ADA)["last_refund_at"]) == (1_000, None)
    assert rows(session, "SELECT external_id FROM order_lines") == [{"external_id": "a"}]
    assert rows(session, "SELECT * FROM refunds") == []


def test_a_fully_refunded_order_counts_and_adds_nothing(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, refunded=1_200))
    work_out(session, shop)
    found = numbers(session, shop, ADA)
    assert (found["orders_count"], found["net_spent"], found["refunded"]) == (1, 0, 1_000)


def test_an_unpaid_order_is_kept_and_not_counted_but_shows_that_somebody_ordered(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, placed_at=5 * DAY), order("2", ADA, placed_at=9 * DAY, counted=False, status="on-hold"))
    take(session, shop, order("3", ADA, placed_at=11 * DAY, counted=False, void=True, status="cancelled"))
    work_out(session, shop)
    found = numbers(session, shop, ADA)
    assert (found["orders_count"], found["last_order_at"], found["last_touch_order_at"]) == (1, 5 * DAY, 9 * DAY)


def test_a_visit_lasts_twelve_hours_from_its_start_not_from_its_last_order(session: Session, shop: Store) -> None:
    moments = (0, 8 * HOUR, 12 * HOUR, 12 * HOUR + SECOND, 30 * HOUR)
    take(session, shop, *(order(str(n), ADA, placed_at=DAY + at) for n, at in enumerate(moments)))
    work_out(session, shop)
    found = numbers(session, shop, ADA)
    assert (found["visits"], found["last_visit_at"]) == (3, DAY + 30 * HOUR)
    assert found["own_gap_days"] == pytest.approx(30 / 24 / 2)


def test_an_order_in_another_currency_is_counted_said_and_not_guessed(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA), order("2", ADA, currency="USD", placed_at=20 * DAY, total=5_000))
    work_out(session, shop)
    found = numbers(session, shop, ADA)
    assert (found["orders_count"], found["priced_orders"], found["net_spent"]) == (2, 1, 1_000)
    assert str(found["foreign_orders"]).replace("'", '"') == '{"USD": 1}'


def test_a_rate_that_came_with_the_order_beats_the_merchants_and_his_is_applied_at_once(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, currency="USD", total=5_000), order("2", ADA, currency="USD", total=100, fx_rate="0.5"))
    assert reprice(session, shop, StoreSettings(exchange_rates={"USD": "0.9"})) == 1
    work_out(session, shop)
    assert numbers(session, shop, ADA)["net_spent"] == 4_500 + 50


def test_amounts_of_a_currency_without_cents_are_brought_home_to_the_cent(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, currency="JPY", total=1_000, fx_rate="0.00615"))
    assert rows(session, "SELECT received FROM orders") == [{"received": 615}]


def test_a_deleted_order_counts_for_nothing_until_it_is_changed_again(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ADA, modified_at=10 * DAY))
    take(session, shop, Deletion("orders", "1", 12 * DAY))
    work_out(session, shop)
    assert (numbers(session, shop, ADA)["orders_count"], numbers(session, shop, ADA)["last_touch_order_at"]) == (0, None)
    take(session, shop, order("1", ADA, modified_at=11 * DAY))
    assert rows(session, "SELECT status FROM orders") == [{"status": "deleted"}]
    take(session, shop, order("1", ADA, modified_at=13 * DAY))
    work_out(session, shop)
    assert numbers(session, shop, ADA)["orders_count"] == 1


def test_an_order_given_to_another_account_moves_its_money(session: Session, shop: Store) -> None:
    take(session, shop, customer("1", ADA), customer("2", "ben@x.de"), order("1", customer_id="1"))
    work_out(session, shop)
    take(session, shop, order("1", customer_id="2", modified_at=11 * DAY))
    work_out(session, shop)
    assert [numbers(session, shop, email)["net_spent"] for email in (ADA, "ben@x.de")] == [0, 1_000]


def test_an_order_without_a_name_is_kept_though_nobody_can_be_named(session: Session, shop: Store) -> None:
    take(session, shop, order("1", ""))
    assert rows(session, "SELECT customer_id FROM orders") == [{"customer_id": None}]
    assert people(session) == []


def test_the_whole_store_worked_out_at_once_equals_person_by_person(session: Session, shop: Store) -> None:
    take(
        session,
        shop,
        *(order(str(n), f"{n % 7}@x.de", placed_at=n * 9 * HOUR, total=n) for n in range(60)),
        customer("1", "new@x.de"),
    )
    work_out(session, shop)
    one_by_one = rows(session, "SELECT * FROM customer_stats ORDER BY customer_id")
    session.execute(metadata.tables["customer_stats"].delete())
    assert len(stats.recompute(session, shop, SETTINGS, None)) == 8
    assert rows(session, "SELECT * FROM customer_stats ORDER BY customer_id") == one_by_one


def checkout(external_id: str, email: str, **more: Any) -> CheckoutRecord:
    fields = {"modified_at": 10 * DAY, "content_hash": "", "created_at": 9 * DAY, "completed_at": None, "customer_id": ""}
    named = {"first_name": "Ada", "last_name": "", "locale": "", "currency": "EUR", "total": 1, "recovery_url": "https://x"}
    return CheckoutRecord(external_id=external_id, email=email, **{**fields, **named, **more})


def test_a_begun_checkout_of_somebody_new_makes_a_prospect(session: Session, shop: Store) -> None:
    take(session, shop, checkout("c", ADA))
    work_out(session, shop)
    found = numbers(session, shop, ADA)
    assert (found["orders_count"], found["lifecycle"], found["last_touch_order_at"]) == (0, "prospect", None)


def test_a_checkout_the_store_has_dropped_is_nothing_to_be_reminded_of(session: Session, shop: Store) -> None:
    take(session, shop, checkout("c", ADA))
    take(session, shop, Deletion("checkouts", "c", 11 * DAY), checkout("c", ADA))
    assert rows(session, "SELECT * FROM checkouts") == []
    assert people(session) == []
