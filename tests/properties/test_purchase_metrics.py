"""Our numbers equal those worked out independently, on made-up orders and on a real shop's history."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from adapters.sandbox.history import history
from plugin_core.clock import to_us
from plugin_core.records import OrderRecord, RefundRecord
from plugin_core.stores.models import Store
from tests.oracles.purchases import Metrics, Purchase, metrics
from tests.plugin_core.shop import account, order, rows, store, take, work_out

START = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = ("orders_count", "priced_orders", "net_spent", "net_merchandise", "received", "refunded", "code_orders", "visits")
MOMENTS = ("first_order_at", "last_order_at", "previous_order_at", "last_touch_order_at", "last_refund_at", "last_visit_at")


@st.composite
def purchases(draw: st.DrawFn) -> Purchase:
    # Steps of an hour and a second around the visit's twelve hours.
    at = START + timedelta(hours=draw(st.integers(0, 60)), seconds=draw(st.integers(-1, 1)))
    received = draw(st.integers(0, 100_000))
    refunded = draw(st.one_of(st.just(0), st.integers(1, 120_000)))
    foreign = draw(st.sampled_from(("EUR", "EUR", "EUR", "USD")))
    return Purchase(
        at=at,
        received=received,
        refunded=refunded,
        merchandise_left=draw(st.integers(0, received)),
        counted=draw(st.sampled_from((True, True, False))),
        void=draw(st.booleans()),
        coded=draw(st.booleans()),
        currency=foreign,
        refunds_at=(at + timedelta(days=draw(st.integers(0, 30))),) if refunded else (),
    )


def record(number: int, email: str, one: Purchase) -> OrderRecord:
    at = to_us(one.at)
    refunds = tuple(RefundRecord(str(index), to_us(moment), one.refunded or 0) for index, moment in enumerate(one.refunds_at))
    return order(
        str(number),
        email,
        placed_at=at,
        total=one.received or 0,
        refunded=one.refunded or 0,
        basis=one.merchandise_left,
        counted=one.counted,
        void=one.void,
        codes=("SALE",) if one.coded else (),
        currency=one.currency,
        refunds=refunds,
    )


def ours(session: Session, shop: Store) -> dict[str, dict[str, Any]]:
    found = rows(
        session,
        "SELECT c.email, s.* FROM customer_stats s JOIN customers c ON c.id = s.customer_id WHERE s.store_id = :store",
        store=shop.id,
    )
    return {row["email"]: row for row in found}


def assert_equal(mine: dict[str, Any], expected: Metrics) -> None:
    assert {name: mine[name] for name in NUMBERS} == {name: getattr(expected, name) for name in NUMBERS}
    moments = {name: getattr(expected, name) for name in MOMENTS}
    assert {name: mine[name] for name in MOMENTS} == {name: at and to_us(at) for name, at in moments.items()}
    foreign = mine["foreign_orders"] or {}
    assert (json.loads(foreign) if isinstance(foreign, str) else foreign) == expected.foreign_orders
    gap = None if expected.own_gap_days is None else float(expected.own_gap_days)
    assert mine["own_gap_days"] == (None if gap is None else pytest.approx(gap, rel=1e-12))


def unpriced(one: Purchase) -> Purchase:
    if one.currency == "EUR":
        return one
    return Purchase(one.at, None, None, None, one.counted, one.void, one.coded, one.currency, one.refunds_at)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(("ada@x.de", "ben@x.de", "cleo@x.de")), st.lists(purchases(), min_size=1, max_size=7)))
def test_the_numbers_of_made_up_shoppers_equal_the_definitions(engine: Engine, shoppers: dict[str, list[Purchase]]) -> None:
    with Session(engine) as session:
        shop = store(session, account(session))
        told = [record(number, email, one) for email, list_ in shoppers.items() for number, one in enumerate(list_)]
        take(session, shop, *(each._replace(external_id=f"{each.email}/{each.external_id}") for each in told))
        work_out(session, shop)
        found = ours(session, shop)
        session.rollback()
    assert found.keys() == shoppers.keys()
    for email, list_ in shoppers.items():
        assert_equal(found[email], metrics([unpriced(one) for one in list_]))


def real_purchases() -> dict[str, list[Purchase]]:
    """A gift shop's orders; each return gives back the pieces' price, without tax."""
    found: dict[str, list[Purchase]] = defaultdict(list)
    for one in history(150, 1, datetime(2026, 11, 22, tzinfo=UTC)).purchases:
        goods = sum(line.quantity * line.pence for line in one.lines)
        returned = sum(
            sum(one.lines[index].pence * quantity for index, quantity in back.pieces) + back.pence for back in one.returns
        )
        email = one.person.email if one.person else f"guest-{one.number}@x.de"
        purchase = Purchase(
            at=one.at,
            received=goods + one.shipping,
            refunded=returned,
            merchandise_left=max(0, goods - returned),
            refunds_at=tuple(back.at for back in one.returns),
        )
        found[email.strip().lower()].append(purchase)
    return found


def test_the_numbers_of_a_real_shop_equal_the_definitions(session: Session) -> None:
    shop = store(session, account(session))
    expected = real_purchases()
    told = [
        record(number, email, one)._replace(external_id=f"{email}/{number}")
        for email, list_ in expected.items()
        for number, one in enumerate(list_)
    ]
    take(session, shop, *told)
    work_out(session, shop)
    found = ours(session, shop)
    assert len(found) == len(expected) > 150
    assert sum(row["visits"] < row["orders_count"] for row in found.values()) > 0
    for email, list_ in expected.items():
        assert_equal(found[email], metrics(list_))
