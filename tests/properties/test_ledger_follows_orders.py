"""Whatever order orders, refunds and duplicates arrive in, the ledger ends where an independent reckoning ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import to_us
from plugin_core.db import create_engine
from plugin_core.loyalty.due import due
from plugin_core.loyalty.settle import settle
from plugin_core.orders.models import Order
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata
from tests.oracles.loyalty import Bought, Programme, balances
from tests.plugin_core.loyalty.shop import balance, buy, meet, open_store

FIRST = datetime(2024, 2, 29, 12, tzinfo=UTC)
TODAY = datetime(2026, 11, 29, 12, tzinfo=UTC)
MONTHS = [FIRST.replace(year=2024 + (1 + month) // 12, month=(1 + month) % 12 + 1, day=28) for month in range(33)]


class Told(NamedTuple):
    """What the store says of one order at one time."""

    order: int
    kept: int  # percent of the goods
    counts: bool


class History(NamedTuple):
    zone: str
    rate: str
    pending_days: int
    expiry_months: int
    hold_months: int
    orders: list[tuple[int, int]]  # (hours after FIRST, goods in cents)
    told: list[list[Told]]  # in batches, as it arrives; the last word on an order holds
    nows: list[int]  # hours before TODAY, for the settling after each batch


@st.composite
def histories(draw: st.DrawFn) -> History:
    span = int((TODAY - FIRST) / timedelta(hours=1))
    # Whole months apart, so that windows, holds and expiry end at the very moment of another order; and anything between.
    moment = st.sampled_from(MONTHS).map(lambda month: (month - FIRST) // timedelta(hours=1)) | st.integers(0, span)
    goods = st.sampled_from([50_00, 200_00, 250_00, 500_00]) | st.integers(0, 900_00)
    orders = draw(st.lists(st.tuples(moment, goods), min_size=1, max_size=7))
    kept, counts = st.sampled_from([100, 100, 100, 0, 37]), st.sampled_from([True, True, True, False])
    saying = st.builds(Told, st.integers(0, len(orders) - 1), kept, counts)
    last_words = [draw(saying)._replace(order=place) for place in draw(st.permutations(range(len(orders))))]
    told = [*draw(st.lists(saying, max_size=12)), *last_words]
    cuts = sorted(draw(st.sets(st.integers(1, len(told)), max_size=4)) | {len(told)})
    batches = [told[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]
    return History(
        draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Tehran"])),
        draw(st.sampled_from(["1", "1.5", "0.333", "10"])),
        draw(st.sampled_from([0, 14, 400])),
        draw(st.sampled_from([0, 1, 6, 12])),
        draw(st.sampled_from([0, 3, 12])),
        orders,
        batches,
        [*sorted((draw(st.integers(0, span)) for _batch in batches[1:]), reverse=True), 0],
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.sqlite'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def programme_of(history: History) -> StoreSettings:
    return replace(
        StoreSettings(),
        earn_rate=Decimal(history.rate),
        pending_days=history.pending_days,
        expiry_months=history.expiry_months,
        tier_hold_months=history.hold_months,
    )


def expected(history: History, last_words: dict[int, Told], now: datetime) -> tuple[int, int, str]:
    bought = []
    for place, (hours, goods) in enumerate(history.orders):
        kept = Fraction(goods * last_words[place].kept // 100, 100)
        bought.append(Bought(FIRST + timedelta(hours=hours), Fraction(goods, 100), kept, last_words[place].counts))
    rules = Programme(
        rate=Fraction(history.rate),
        pending_days=history.pending_days,
        expiry_months=history.expiry_months,
        hold_months=history.hold_months,
        zone=history.zone,
    )
    return tuple(balances(bought, rules, now).__dict__.values())


def arrive(session: Session, store: Store, person: int, history: History, batch: list[Told], known: dict[int, Order]) -> None:
    for told in batch:
        hours, goods = history.orders[told.order]
        basis = goods * told.kept // 100
        if told.order in known:
            known[told.order].basis, known[told.order].counted = basis, told.counts
        else:
            at = to_us(FIRST + timedelta(hours=hours))
            facts = {"basis": basis, "counted": told.counts, "external_id": f"{told.order}"}
            known[told.order] = buy(session, store, person, at, goods, **facts)
    session.flush()


@settings(max_examples=200)
@given(history=histories())
def test_any_arrival_of_the_same_orders_ends_in_the_same_points_and_tier(place: Engine, history: History) -> None:
    with Session(place, expire_on_commit=False) as session:
        store = open_store(session, zone=history.zone)
        ada = meet(session, store, "ada")
        programme = programme_of(history)
        known: dict[int, Order] = {}
        for batch, hours in zip(history.told, history.nows, strict=True):
            arrive(session, store, ada, history, batch, known)
            settle(session, store, programme, 0, customer_ids=[ada], now=to_us(TODAY - timedelta(hours=hours)))
        last_words = {told.order: told for batch in history.told for told in batch}
        assert balance(session, store, ada) == expected(history, last_words, TODAY)
        assert settle(session, store, programme, 0, customer_ids=None, now=to_us(TODAY)).entries == 0
        left: dict[str, int] = defaultdict(int)
        for cause, points in bulk.select(session, "SELECT cause, points FROM points_entries WHERE order_id IS NOT NULL"):
            left[cause.split(":")[1]] += points
        for number, told in last_words.items():
            kept = Fraction(history.orders[number][1] * told.kept // 100, 100) if told.counts else Fraction(0)
            assert left.get(str(number), 0) == floor(kept * Fraction(history.rate))
        session.rollback()


@settings(max_examples=60)
@given(history=histories(), steps=st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_settling_only_those_whose_moment_has_come_keeps_up_with_the_calendar(
    place: Engine, history: History, steps: list[int]
) -> None:
    with Session(place, expire_on_commit=False) as session:
        store = open_store(session, zone=history.zone)
        ada = meet(session, store, "ada")
        programme = programme_of(history)
        batch = [told for batch in history.told for told in batch]
        arrive(session, store, ada, history, batch, {})
        settle(session, store, programme, 0, customer_ids=[ada], now=to_us(TODAY))
        last_words = {told.order: told for told in batch}
        now = TODAY
        for days in steps:
            now += timedelta(days=days)
            settle(session, store, programme, 0, customer_ids=due(session, store, now=to_us(now)), now=to_us(now))
            assert balance(session, store, ada) == expected(history, last_words, now)
        session.rollback()
