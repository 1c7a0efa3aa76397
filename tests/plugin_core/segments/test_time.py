"""Membership that depends on time flips at its exact moment: not a microsecond earlier, and at the first look after it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import tables
from plugin_core.clock import DAY_US, to_us
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.members import find
from plugin_core.segments.models import Membership, Segment
from plugin_core.segments.stock import ensure_stock
from plugin_core.segments.tick import due, tick
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, open_store

STATS = tables.metadata.tables["customer_stats"]
SETTINGS = StoreSettings()


def at(text: str, zone: str = "Europe/Istanbul") -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


class Case(NamedTuple):
    name: str
    person: Person
    flips: int  # the first microsecond of the new state
    joins: str = ""  # segment entered then
    leaves: str = ""  # segment left then
    becomes: str = ""  # lifecycle from then on
    zone: str = "Europe/Istanbul"


def once(at: int) -> Person:
    return Person((Bought(at),))


LAST = at("2026-09-01T10:00")
TWICE = Person((Bought(at("2026-03-31T15:30")), Bought(at("2026-05-01T00:00"))))
FOLD = "Europe/Berlin"
CASES = [
    Case("lapsed for 60 days", once(LAST), LAST + 60 * DAY_US, joins="lapsed_60"),
    Case("no longer the first rung at 90", once(LAST), LAST + 90 * DAY_US, leaves="lapsed_60", joins="lapsed_90"),
    Case("the last rung at 120", once(LAST), LAST + 120 * DAY_US, leaves="lapsed_90", joins="lapsed_120"),
    Case("the second order falls due at the expected gap", once(LAST), LAST + 60 * DAY_US, joins="second_order_due"),
    Case("slipping just after it", once(LAST), LAST + 60 * DAY_US + 1, becomes="slipping"),
    Case("no longer due after twice the gap", once(LAST), LAST + 120 * DAY_US + 1, leaves="second_order_due", becomes="at_risk"),
    Case("lapsed after three gaps", once(LAST), LAST + 180 * DAY_US + 1, becomes="lapsed"),
    Case("lost after six gaps", once(LAST), LAST + 360 * DAY_US + 1, becomes="lost"),
    Case("high value slipping begins with slipping", once(LAST), LAST + 60 * DAY_US + 1, joins="high_value_slipping"),
    Case("high value slipping ends with lapsing", once(LAST), LAST + 180 * DAY_US + 1, leaves="high_value_slipping"),
    # Six months after 31 March 15:30 is clipped: 30 September still looks back to 30 March.
    Case("an advocate until six months after the order before the last", TWICE, at("2026-10-01T00:00"), leaves="brand_advocates"),
    Case(
        "an advocate across the end of summer time keeps the wall time",
        Person((Bought(at("2026-04-28T09:15", FOLD)), Bought(at("2026-06-01T09:15", FOLD)))),
        at("2026-10-28T09:15", FOLD) + 1,
        leaves="brand_advocates",
        zone=FOLD,
    ),
    Case(
        "a refund is recent for 14 days",
        Person((Bought(LAST, refunded=100, refunded_at=LAST),)),
        LAST + 14 * DAY_US + 1,
        leaves="recent_refund",
    ),
    Case("the birthday month begins at local midnight", Person(birthday="12-24"), at("2026-12-01T00:00"), joins="birthday_month"),
    Case("and ends at local midnight", Person(birthday="12-24"), at("2027-01-01T00:00"), leaves="birthday_month"),
]


def standing(session: Session, store: Store, person: int) -> tuple[set[str], str]:
    bits, stage = session.execute(sa.select(STATS.c.segment_bits, STATS.c.lifecycle).where(STATS.c.customer_id == person)).one()
    slugs = session.execute(sa.select(Segment.slug, Segment.bit).where(Segment.store_id == store.id)).all()
    return {slug for slug, bit in slugs if bits >> bit & 1}, stage


def open_shop(session: Session, case: Case, begin: int) -> tuple[Store, int]:
    store = open_store(session, zone=case.zone)
    (person,) = add_people(session, store, [case.person])
    ensure_stock(session, store, now=begin)
    # The only buyer's scores would be 1; high value is what is wanted here.
    store.rfm_cuts, store.yardsticks_at = {"r": [0] * 4, "f": [0] * 4, "m": [0, 0, 0, 1], "big": 10**9}, begin
    evaluate(session, store, SETTINGS, 0, customer_ids=[person], now=begin)
    return store, person


def run_clock(session: Session, store: Store, until: int) -> None:
    """Tick at each moment foretold, and once more at ``until``."""
    for _ in range(60):
        moment = session.scalars(sa.select(STATS.c.next_crossing_at)).one()
        if moment is None or moment > until:
            break
        assert due(session, store, now=moment - 1) == []
        tick(session, store, SETTINGS, 0, now=moment)
    else:
        pytest.fail("looked at again and again without end")
    tick(session, store, SETTINGS, 0, now=until)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_time_moves_people_at_the_exact_moment(session: Session, case: Case) -> None:
    begin = max((order.at for order in case.person.orders), default=at("2026-11-20T00:00"))
    store, person = open_shop(session, case, begin)
    run_clock(session, store, case.flips - 1)
    slugs, stage = standing(session, store, person)
    assert case.joins not in slugs
    assert not case.leaves or case.leaves in slugs
    assert stage != case.becomes
    run_clock(session, store, case.flips)
    slugs, stage = standing(session, store, person)
    assert not case.joins or case.joins in slugs
    assert case.leaves not in slugs
    assert not case.becomes or stage == case.becomes


@pytest.mark.parametrize("case", [case for case in CASES if case.joins or case.leaves], ids=lambda case: case.name)
def test_a_late_tick_still_writes_down_the_exact_moment(session: Session, case: Case) -> None:
    begin = max((order.at for order in case.person.orders), default=at("2026-11-20T00:00"))
    store, _ = open_shop(session, case, begin)
    run_clock(session, store, case.flips - 1)
    tick(session, store, SETTINGS, 0, now=case.flips + 3_600_000_000)
    if case.joins:
        segment = find(session, store, case.joins)
        entered = session.scalars(sa.select(Membership.entered_at).where(Membership.segment_id == segment.id)).one()
        assert entered == case.flips
    if case.leaves:
        segment = find(session, store, case.leaves)
        left = session.scalars(sa.select(Membership.left_at).where(Membership.segment_id == segment.id)).one()
        assert left == case.flips


def test_an_order_that_comes_in_opens_stays_now_and_not_in_the_past(session: Session) -> None:
    store = open_store(session)
    (ben,) = add_people(session, store, [once(NOW - 100 * DAY_US)])
    ensure_stock(session, store, now=NOW)
    evaluate(session, store, SETTINGS, 0, customer_ids=[ben], now=NOW)
    assert set(session.scalars(sa.select(Membership.entered_at))) == {NOW}


def test_nobody_is_looked_at_before_their_moment(session: Session) -> None:
    store = open_store(session)
    add_people(session, store, [once(NOW - days * DAY_US) for days in (1, 59, 500)])
    ensure_stock(session, store, now=NOW)
    evaluate(session, store, SETTINGS, 0, customer_ids=None, now=NOW)
    assert due(session, store, now=NOW) == []
    assert due(session, store, now=NOW + DAY_US) == [2]
