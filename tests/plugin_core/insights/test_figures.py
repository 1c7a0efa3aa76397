"""Every figure of the Home page is what a second, slow calculation from the orders gives."""

from __future__ import annotations

import random
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.insights import figures
from plugin_core.insights.models import LifecycleDay
from plugin_core.insights.periods import day_start, months_up_to
from plugin_core.insights.standing import at_stake
from plugin_core.segments import lifecycle
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.models import Run, Store
from plugin_core.stores.settings import StoreSettings
from tests.oracles import insights as oracle
from tests.oracles.segments import Purchase
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, days_ago, open_store

SETTINGS = StoreSettings()
ZONE = "America/New_York"


def crowd(seed: int, count: int = 120) -> list[Person]:
    """Regulars and strangers over three years, with orders that follow each other within hours and some not counted."""
    dice = random.Random(seed)
    people = []
    for _ in range(count):
        rhythm = dice.choice([4, 15, 40, 90, 200])
        at, orders = dice.uniform(1, 1_100), []
        while at > 0 and len(orders) < 40:
            spent = dice.randrange(500, 30_000)
            back = dice.choice([0, 0, 0, spent, spent // 2])
            orders.append(Bought(days_ago(at), spent, back, counted=dice.random() > 0.05))
            at -= dice.choice([0.1, 0.3, 0.45, 0.55]) if dice.random() < 0.2 else dice.expovariate(1 / rhythm)
        people.append(Person(tuple(orders)))
    return people


def judged(session: Session, people: list[Person], *, key: str = "ada-shop", first_id: int = 1) -> Store:
    store = open_store(session, key=key, zone=ZONE)
    store.first_import_at = NOW
    add_people(session, store, people, first_id=first_id)
    recompute_yardsticks(session, store, SETTINGS, now=NOW)
    evaluate(session, store, SETTINGS, 0, customer_ids=None, now=NOW)
    return store


def bought(people: list[Person]) -> list[list[Purchase]]:
    return [
        [Purchase(each.at, each.received, each.refunded, None, with_code=False) for each in person.orders if each.counted]
        for person in people
    ]


def work_out(session: Session, store: Store, now: int = NOW) -> dict[str, Any]:
    session.flush()
    bodies = figures.from_people(session, store, SETTINGS, now=now) | figures.from_orders(session, store, SETTINGS, now=now)
    figures.keep_history(session, store, bodies.pop(figures.HISTORY), now=now)
    figures.keep_today(session, store, bodies[figures.STANDING], now=now)
    figures.keep(session, store, bodies, now=now)
    return bodies


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_are_what_the_orders_say_one_by_one(session: Session, seed: int) -> None:
    people = crowd(seed)
    store = judged(session, people)
    other = judged(session, crowd(seed + 100, 30), key="dmitri-shop", first_id=1_000)
    bodies = work_out(session, store)
    purchases = [mine for mine in bought(people) if mine]
    gap = store.store_gap_days
    assert gap != 60

    stands = bodies["standing"]
    assert {stage: row["people"] for stage, row in stands["stages"].items() if stage != "prospect"} == oracle.stages_at(
        purchases, gap, NOW + 1
    )
    late = [mine for mine in purchases if set(oracle.stages_at([mine], gap, NOW + 1)) & {"slipping", "at_risk"}]
    assert at_stake(stands) == (len(late), sum(oracle.yearly_worth(mine, gap) for mine in late))
    assert (stands["buyers"], stands["repeat_buyers"]) == (len(purchases), sum(len(mine) > 1 for mine in purchases))
    assert stands["net"] == sum(max(0, each.received - each.refunded) for mine in purchases for each in mine)
    assert stands["people"] == len(people)

    names = months_up_to(NOW, figures.MONTHS_SHOWN, ZoneInfo(ZONE))
    assert names[0] == "2025-11"
    assert names[-1] == "2026-11"
    for row, name in zip(bodies["months"]["months"], names, strict=True):
        shown = ("orders", "net", "people", "new_people", "with_us", "came_back")
        assert tuple(row[each] for each in shown) == oracle.month(purchases, gap, name, ZONE), name
        assert row["priced"] == row["orders"]
    for place, row in enumerate(bodies["cohorts"]["cohorts"]):
        expected = oracle.cohort(purchases, names[place], names[place:], ZONE)
        assert (row["people"], row["ordered"], row["net"]) == expected

    weeks = figures.lifecycle_weeks(session, store, now=NOW)
    assert (weeks[0].day, weeks[-2].day, weeks[-1].day) == ("2025-11-23", "2026-11-15", "2026-11-22")
    for week in weeks[:-1]:
        start = day_start(date.fromisoformat(week.day), ZoneInfo(ZONE))
        assert week.at == start
        assert {stage: count for stage, count in week.people.items() if count} == oracle.stages_at(purchases, gap, start)
    assert weeks[-1].origin == "seen"
    assert figures.read(session, other.id) == {}


def test_a_store_without_anybody_has_figures_of_nothing(session: Session) -> None:
    store = judged(session, [])
    bodies = work_out(session, store)
    assert bodies["standing"]["people"] == 0
    assert bodies["results"]["campaigns"] == []
    assert at_stake(bodies["standing"]) == (0, 0)
    assert all(row["people"] == 0 for row in bodies["cohorts"]["cohorts"])
    assert figures.lifecycle_weeks(session, store, now=NOW)[0].people["lost"] == 0


def test_money_in_an_unknown_currency_counts_as_an_order_only(session: Session) -> None:
    store = judged(session, [Person((Bought(days_ago(2), 9_000, known=False), Bought(days_ago(40), 5_000)))])
    bodies = work_out(session, store)
    stands, row = bodies["standing"], bodies["months"]["months"][-1]
    assert (stands["orders"], stands["priced"], stands["net"]) == (2, 1, 5_000)
    assert (row["orders"], row["priced"], row["net"]) == (1, 0, 0)


def test_figures_are_worked_out_again_when_their_time_has_come(session: Session) -> None:
    store = judged(session, crowd(7, 40))
    assert figures.due(session, store, now=NOW) == figures.Due(standing=True, orders=True)
    work_out(session, store)
    assert figures.due(session, store, now=NOW) == figures.Due(standing=False, orders=False)
    assert figures.due(session, store, now=NOW + figures.STANDING_US) == figures.Due(standing=True, orders=False)
    recompute_yardsticks(session, store, SETTINGS, now=NOW + 5)
    assert figures.due(session, store, now=NOW + 5) == figures.Due(standing=True, orders=True)
    store.first_import_at = None
    assert figures.due(session, store, now=NOW + 5) == figures.Due(standing=False, orders=False)


def test_what_was_seen_on_a_day_stays_until_a_whole_import_brings_another_past(session: Session) -> None:
    store = judged(session, crowd(8, 40))
    work_out(session, store)
    tomorrow = NOW + DAY_US
    recompute_yardsticks(session, store, StoreSettings(), now=tomorrow)
    add_people(session, store, [Person((Bought(days_ago(300)),))], first_id=500)
    work_out(session, store, now=tomorrow)
    rows = {row.day: row for row in session.query(LifecycleDay).filter_by(store_id=store.id)}
    assert rows["2026-11-22"].origin == rows["2026-11-23"].origin == "seen"
    before = sum(rows["2026-06-21"].people.values())
    session.add(
        Run(store_id=store.id, kind="import", state="done", counts={}, started_at=NOW, updated_at=NOW, finished_at=tomorrow)
    )
    work_out(session, store, now=tomorrow)
    session.expire_all()
    again = {row.day: row for row in session.query(LifecycleDay).filter_by(store_id=store.id)}
    assert "2026-06-21" not in again
    assert sum(again["2026-06-22"].people.values()) == before + 1
    assert "2026-11-22" not in again


def test_the_stages_of_the_past_know_every_stage_there_is() -> None:
    assert tuple(stage for stage in lifecycle.STAGES if stage != lifecycle.PROSPECT) == figures.STAGES
