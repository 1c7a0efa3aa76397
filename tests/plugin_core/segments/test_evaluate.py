"""Judging a whole shop: against an independent calculation, in any order, writing nothing twice."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core import tables
from plugin_core.clock import DAY_US
from plugin_core.segments import nightly, own
from plugin_core.segments.evaluate import Changes, evaluate
from plugin_core.segments.members import find, members
from plugin_core.segments.models import Membership, Segment
from plugin_core.segments.rules import parse
from plugin_core.segments.scores import scored
from plugin_core.segments.stock import STOCK, ensure_stock
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from tests.oracles import segments as oracle
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, days_ago, measure, open_store

ZONE = "Europe/Istanbul"
STATS = tables.metadata.tables["customer_stats"]


# Rules of a merchant's own that hang on cut points and on lateness.
OWN = {
    "dear": {"field": "monetary_score", "op": ">=", "value": 4},
    "rare": {"field": "frequency_score", "op": "=", "value": 2},
    "gone": {"field": "recency_score", "op": "<=", "value": 2},
    "good": {"field": "rfm", "op": "in", "value": ["champions", "loyal"]},
    "late": {"field": "lateness", "op": ">", "value": 1.5},
}


def crowd(count: int, seed: int) -> list[Person]:
    """Regulars, one-time buyers and prospects; few different sums and days, so that ties are common."""
    dice = random.Random(seed)
    people = []
    for _ in range(count):
        coupons = dice.random() < 0.2
        last, rhythm = dice.choice([1, 13, 14, 60, 90, 120, dice.uniform(0, 700)]), dice.choice([7, 30, dice.uniform(2, 150)])
        orders = []
        for number in range(dice.choice([0, 1, 1, 2, 3, 5, 9])):
            received = dice.choice([1_000, 2_500, 5_000, 9_900])
            refunded = dice.choice([0, 0, 0, received, received * 2 // 5])
            at = days_ago(last + number * rhythm)
            refunded_at = min(at + dice.choice([1, 20]) * DAY_US, NOW) if refunded else None
            orders.append(Bought(at, received, refunded, refunded_at, with_code=coupons or dice.random() < 0.1))
        people.append(Person(tuple(orders), birthday=dice.choice(["", "11-03", "12-24"]), may_email=dice.random() < 0.5))
    return people


def expected(people: list[Person]) -> list[oracle.Standing]:
    shoppers = [
        oracle.Shopper(
            [oracle.Purchase(o.at, o.received, o.refunded, o.refunded_at, o.with_code) for o in person.orders],
            person.birthday,
            person.may_email,
        )
        for person in people
    ]
    return oracle.judge(shoppers, NOW, ZONE)


def judged(session: Session, store: Store) -> list[oracle.Standing]:
    bits = {
        row.slug: row.bit for row in session.execute(sa.select(Segment.slug, Segment.bit).where(Segment.store_id == store.id))
    }
    read = scored(store.rfm_cuts, "customer_stats")
    columns = [
        sa.literal_column(sql).label(name) for name, sql in zip(("recency", "frequency", "monetary", "rfm"), read, strict=True)
    ]
    rows = session.execute(sa.select(STATS, *columns).where(STATS.c.store_id == store.id).order_by(STATS.c.customer_id)).all()
    return [
        oracle.Standing(
            "" if row.recency is None else f"{row.recency}{row.frequency}{row.monetary}",
            row.rfm,
            row.lifecycle,
            frozenset(slug for slug, bit in bits.items() if row.segment_bits >> bit & 1),
        )
        for row in rows
    ]


def judge_all(session: Session, store: Store, *, now: int = NOW) -> Changes:
    return evaluate(session, store, StoreSettings(), 3, customer_ids=None, now=now)


@pytest.mark.parametrize("size", [1, 29, 700])
def test_everybody_stands_where_an_independent_calculation_puts_them(session: Session, size: int) -> None:
    store = open_store(session, zone=ZONE)
    people = crowd(size, seed=size)
    add_people(session, store, people)
    ensure_stock(session, store, now=NOW)
    recompute_yardsticks(session, store, StoreSettings(), now=NOW)
    judge_all(session, store)
    standings = expected(people)
    assert judged(session, store) == standings
    for slug, _, _, _ in STOCK:
        inside = [number for number, standing in enumerate(standings, 1) if slug in standing.segments]
        assert members(session, find(session, store, slug)) == inside, slug
    if size == 700:
        seen = {slug for standing in standings for slug in standing.segments}
        assert seen == {slug for slug, _, _, _ in STOCK}, "every stock segment has somebody in it, or this test shows nothing"
        assert {standing.lifecycle for standing in standings} == {
            "prospect",
            "new",
            "active",
            "slipping",
            "at_risk",
            "lapsed",
            "lost",
        }


def test_judging_the_same_shop_again_writes_nothing(session: Session) -> None:
    store = open_store(session)
    add_people(session, store, crowd(200, seed=5))
    ensure_stock(session, store, now=NOW)
    first = judge_all(session, store)
    assert first.written > 150
    stays = session.execute(sa.select(Membership.id, Membership.entered_at, Membership.left_at)).all()
    again = judge_all(session, store)
    assert again == Changes()
    assert session.execute(sa.select(Membership.id, Membership.entered_at, Membership.left_at)).all() == stays


def test_judging_people_one_by_one_gives_what_judging_all_at_once_gives(session: Session) -> None:
    people = crowd(80, seed=9)
    stores = [open_store(session, key=key) for key in ("at-once", "one-by-one")]
    for number, store in enumerate(stores):
        ids = add_people(session, store, people, first_id=1 + number * 1_000)
        ensure_stock(session, store, now=NOW)
        recompute_yardsticks(session, store, StoreSettings(), now=NOW)
    judge_all(session, stores[0])
    order = list(enumerate(ids))
    random.Random(1).shuffle(order)
    for index, person_id in order:
        grown = sorted(people[index].orders, key=lambda each: each.at)
        for count in range(len(grown) + 1):
            so_far = people[index]._replace(orders=tuple(grown[:count]))
            session.execute(sa.update(STATS).where(STATS.c.customer_id == person_id).values(**measure(so_far)))
            evaluate(session, stores[1], StoreSettings(), 3, customer_ids=[person_id], now=NOW)
    assert judged(session, stores[1]) == judged(session, stores[0])
    columns = [STATS.c.expected_gap_days, STATS.c.next_crossing_at]
    tables_of = [
        session.execute(sa.select(*columns).where(STATS.c.store_id == store.id).order_by(STATS.c.customer_id)) for store in stores
    ]
    assert tables_of[0].all() == tables_of[1].all()


def test_a_night_that_looks_only_at_those_it_may_move_leaves_everybody_where_judging_all_would(session: Session) -> None:
    people = crowd(700, seed=21)
    stores = [open_store(session, key=key) for key in ("all", "moved")]
    for number, store in enumerate(stores):
        add_people(session, store, people, first_id=1 + number * 1_000)
        ensure_stock(session, store, now=NOW)
        for slug, rule in OWN.items():
            own.create(session, store, slug, parse(rule), slug=slug, actor="", now=NOW)
        nightly.refresh(session, store, StoreSettings(), 0, now=NOW)
    columns = [STATS.c.segment_bits, STATS.c.lifecycle]
    dice = random.Random(4)
    rewritten = []
    for night in range(1, 9):
        now = NOW + night * DAY_US
        back = dice.sample(range(len(people)), 3)
        for person in back:
            people[person] = people[person]._replace(orders=(*people[person].orders, Bought(now - dice.randrange(DAY_US), 7_700)))
        for number, store in enumerate(stores):
            ids = [1 + number * 1_000 + person for person in back]
            for person, person_id in zip(back, ids, strict=True):
                session.execute(sa.update(STATS).where(STATS.c.customer_id == person_id).values(**measure(people[person])))
            if number == 0:
                recompute_yardsticks(session, store, StoreSettings(), now=now)
                judge_all(session, store, now=now)
            else:
                rewritten.append(nightly.refresh(session, store, StoreSettings(), 0, now=now, touched=ids).written)
        found = [
            session.execute(sa.select(*columns).where(STATS.c.store_id == store.id).order_by(STATS.c.customer_id)).all()
            for store in stores
        ]
        assert found[0] == found[1], night
        assert judged(session, stores[0]) == judged(session, stores[1]), night
        moments = [
            session.scalars(
                sa.select(STATS.c.customer_id % 1_000)
                .where(STATS.c.store_id == store.id, STATS.c.next_crossing_at <= now + DAY_US)
                .order_by(STATS.c.customer_id)
            ).all()
            for store in stores
        ]
        assert set(moments[0]) <= set(moments[1]), "nobody's next moment may be missed before the next night"
    assert min(rewritten) < 200, "a small night must stay small"


def test_only_the_named_people_of_the_named_store_are_judged(session: Session) -> None:
    ada, dmitri = open_store(session, key="ada"), open_store(session, key="dmitri")
    mine = add_people(session, ada, crowd(5, seed=3))
    add_people(session, dmitri, crowd(5, seed=3), first_id=100)
    for store in (ada, dmitri):
        ensure_stock(session, store, now=NOW)
    evaluate(session, ada, StoreSettings(), 0, customer_ids=[mine[1], 102], now=NOW)
    written = session.scalars(sa.select(STATS.c.customer_id).where(STATS.c.expected_gap_days.is_not(None))).all()
    assert set(written) <= {mine[1]}
    stays = session.scalars(sa.select(Membership.customer_id)).all()
    assert set(stays) <= {mine[1]}


def test_a_stay_remembers_the_settings_in_force_and_both_its_ends(session: Session) -> None:
    store = open_store(session)
    (ben,) = add_people(session, store, [Person((Bought(days_ago(10)),))])
    ensure_stock(session, store, now=NOW)
    entered = judge_all(session, store)
    assert entered.customer_ids == [ben]
    assert entered.entered["one_time_buyers"] == 1
    twice = Person((Bought(days_ago(10)), Bought(days_ago(1))))
    session.execute(sa.update(STATS).values(**measure(twice)))
    later = NOW + DAY_US
    left = evaluate(session, store, StoreSettings(), 4, customer_ids=[ben], now=later)
    assert left.left == {"one_time_buyers": 1}
    segment = find(session, store, "one_time_buyers")
    stay = session.execute(
        sa.select(Membership.entered_at, Membership.left_at, Membership.settings_version).where(
            Membership.segment_id == segment.id
        )
    ).one()
    assert tuple(stay) == (NOW, later, 3)
    assert members(session, segment, at=NOW) == [ben]
    assert members(session, segment, at=later) == []
