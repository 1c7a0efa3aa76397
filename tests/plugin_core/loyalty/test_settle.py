"""Points follow the orders: earned at the rate of the day, clawed back at that same rate, expired after a long pause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.loyalty.due import due
from plugin_core.loyalty.liability import Liability, liability
from plugin_core.loyalty.models import PointsEntry
from plugin_core.loyalty.settle import settle, whole_store_due
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings, change, current
from tests.plugin_core.loyalty.shop import balance, buy, ledger, meet, open_store, state, us

PROGRAMME = StoreSettings()


@pytest.fixture
def store(session: Session) -> Store:
    return open_store(session)


@pytest.fixture
def ada(session: Session, store: Store) -> int:
    return meet(session, store, "ada")


def settled(session: Session, store: Store, when: str, *people: int, settings: StoreSettings = PROGRAMME, version: int = 0):
    return settle(session, store, settings, version, customer_ids=people or None, now=us(when))


def test_an_order_gives_a_point_a_whole_euro_of_goods_that_is_pending_for_the_return_window(session, store, ada) -> None:
    buy(session, store, ada, "2026-05-01", 49_99, external_id="1001")
    assert settled(session, store, "2026-05-14 23:59", ada).changed == [ada]
    assert balance(session, store, ada) == (0, 49, "bronze")
    assert due(session, store, now=us("2026-05-14 23:59")) == []
    assert due(session, store, now=us("2026-05-15")) == [ada]
    settled(session, store, "2026-05-15", ada)
    assert balance(session, store, ada) == (49, 0, "bronze")
    assert ledger(session, store, ada) == [("earn", "order:1001:earn", 49)]


def test_settling_again_without_a_change_posts_and_changes_nothing(session, store, ada) -> None:
    buy(session, store, ada, "2025-01-01", 300_00)
    buy(session, store, ada, "2026-05-01", 49_99)
    settled(session, store, "2026-05-02", ada)
    before = ledger(session, store, ada)
    again = settled(session, store, "2026-05-02")
    assert (again.people, again.entries, again.changed) == (1, 0, [])
    assert ledger(session, store, ada) == before


def test_a_refund_takes_back_what_the_kept_goods_no_longer_earn(session, store, ada) -> None:
    order = buy(session, store, ada, "2026-05-01", 100_00, external_id="7")
    settled(session, store, "2026-05-02", ada)
    order.basis = 50_50
    settled(session, store, "2026-05-03", ada)
    order.basis = 50_10  # not a whole point less
    settled(session, store, "2026-05-04", ada)
    order.basis = 0
    settled(session, store, "2026-05-05", ada)
    assert ledger(session, store, ada) == [
        ("earn", "order:7:earn", 100),
        ("adjust", "order:7:adjust:1", -50),
        ("adjust", "order:7:adjust:2", -50),
    ]
    assert balance(session, store, ada) == (0, 0, "bronze")


def test_a_refund_after_the_rate_changed_is_reckoned_at_the_rate_the_order_earned(session, store, ada) -> None:
    order = buy(session, store, ada, "2026-05-01", 100_00)
    settled(session, store, "2026-05-02", ada)
    richer, version = change(session, store, {"earn_rate": "3"}, actor="owner", now=us("2026-05-10"))
    assert whole_store_due(session, store, version)
    order.basis = 40_00
    buy(session, store, ada, "2026-05-11", 10_00)
    settled(session, store, "2026-07-01", settings=richer, version=version)
    assert not whole_store_due(session, store, version)
    assert balance(session, store, ada)[0] == 40 + 30


def test_an_order_that_arrives_late_earns_at_the_rate_of_the_day_it_was_placed(session, store, ada) -> None:
    settled(session, store, "2026-04-01")
    change(session, store, {"earn_rate": "1.5"}, actor="owner", now=us("2026-05-10"))
    change(session, store, {"earn_rate": "3"}, actor="owner", now=us("2026-05-20"))
    settings, version = current(session, store)
    buy(session, store, ada, "2026-05-15", 10_99, external_id="late")
    settled(session, store, "2026-07-01", ada, settings=settings, version=version)
    entry = session.query(PointsEntry).filter_by(cause="order:late:earn").one()
    assert (entry.points, entry.rate, entry.settings_version, entry.basis) == (16, "1.5", 1, 10_99)


def test_an_order_that_stops_counting_earns_nothing_until_it_counts_again(session, store, ada) -> None:
    order = buy(session, store, ada, "2026-05-01", 80_00)
    settled(session, store, "2026-06-01", ada)
    order.counted = False
    settled(session, store, "2026-06-02", ada)
    assert balance(session, store, ada)[0] == 0
    order.counted = True
    settled(session, store, "2026-06-03", ada)
    assert balance(session, store, ada)[0] == 80
    assert [points for _kind, _cause, points in ledger(session, store, ada)] == [80, -80, 80]


def test_an_order_in_a_currency_without_a_rate_earns_nothing(session, store, ada) -> None:
    buy(session, store, ada, "2026-05-01", 80_00, currency="USD", basis=None)
    settled(session, store, "2026-06-01", ada)
    assert balance(session, store, ada) == (0, 0, "bronze")
    assert ledger(session, store, ada) == []


def test_yen_have_no_cents_and_earn_all_the_same(session) -> None:
    store = open_store(session, "kyoto", currency="JPY")
    yui = meet(session, store, "yui")
    buy(session, store, yui, "2026-05-01", 250)
    settled(session, store, "2026-06-01", yui)
    assert balance(session, store, yui) == (250, 0, "silver")


def test_points_expire_after_twelve_months_without_earning_or_redeeming(session, store, ada) -> None:
    buy(session, store, ada, "2024-03-10 08:00", 90_00)
    buy(session, store, ada, "2025-03-10 08:00", 10_00)  # at that very moment: too late
    buy(session, store, ada, "2026-03-10 07:59", 5_00)
    settled(session, store, "2026-06-01", ada)
    assert balance(session, store, ada)[0] == 15
    assert ("expire", f"expiry:{'ada':0>16}:{us('2025-03-10 08:00')}", -90) in ledger(session, store, ada)


def test_an_order_worth_no_point_puts_nothing_off(session, store, ada) -> None:
    buy(session, store, ada, "2024-03-10 08:00", 90_00)
    buy(session, store, ada, "2025-03-05 08:00", 0)
    settled(session, store, "2025-03-10 08:00", ada)
    assert balance(session, store, ada)[:2] == (0, 0)


def test_an_old_order_that_turns_up_late_gives_back_what_had_expired(session, store, ada) -> None:
    buy(session, store, ada, "2024-03-10", 90_00)
    settled(session, store, "2026-01-01", ada)
    assert balance(session, store, ada)[0] == 0
    buy(session, store, ada, "2025-02-01", 20_00)
    settled(session, store, "2026-01-02", ada)
    assert balance(session, store, ada)[0] == 110
    settled(session, store, "2026-02-01", ada)
    assert balance(session, store, ada)[0] == 0
    assert [points for kind, _cause, points in ledger(session, store, ada) if kind == "expire"] == [-90, 90, -110]


def test_a_refund_of_what_expired_long_ago_costs_nothing_more(session, store, ada) -> None:
    order = buy(session, store, ada, "2024-03-10", 90_00)
    buy(session, store, ada, "2026-03-10", 7_00)
    settled(session, store, "2026-05-01", ada)
    order.basis = 0
    settled(session, store, "2026-05-02", ada)
    assert balance(session, store, ada)[0] == 7


def test_redeeming_starts_the_clock_anew_and_spent_points_cannot_expire(session, store, ada) -> None:
    buy(session, store, ada, "2025-01-01", 600_00)
    settled(session, store, "2025-12-01", ada)
    spent_at = us("2025-12-20")
    session.add(
        PointsEntry(
            store_id=store.id,
            customer_id=ada,
            cause="redemption:1",
            kind="redeem",
            points=-500,
            happened_at=spent_at,
            available_at=spent_at,
            posted_at=spent_at,
            order_id=None,
            basis=None,
            rate=None,
        )
    )
    settled(session, store, "2026-12-19", ada)
    assert balance(session, store, ada)[0] == 100
    settled(session, store, "2026-12-20", ada)
    assert balance(session, store, ada)[0] == 0


def test_a_longer_expiry_set_today_saves_what_has_not_expired_and_revives_nothing(session, store, ada) -> None:
    ben = meet(session, store, "ben")
    buy(session, store, ada, "2025-01-01", 50_00)
    buy(session, store, ben, "2025-08-01", 50_00)
    settled(session, store, "2025-09-01")
    longer, version = change(session, store, {"expiry_months": "24"}, actor="owner", now=us("2026-02-01"))
    settled(session, store, "2026-10-01", settings=longer, version=version)
    assert balance(session, store, ada)[0] == 0
    assert balance(session, store, ben)[0] == 50


def test_an_order_that_turns_out_to_be_somebody_elses_takes_its_points_along(session, store, ada) -> None:
    ben = meet(session, store, "ben")
    order = buy(session, store, ada, "2026-05-01", 80_00)
    settled(session, store, "2026-06-01")
    order.customer_id = ben
    session.flush()
    settled(session, store, "2026-06-02", ada, ben)
    assert (balance(session, store, ada)[0], balance(session, store, ben)[0]) == (0, 80)
    order.customer_id = None
    session.flush()
    settled(session, store, "2026-06-03", ben)
    assert balance(session, store, ben)[0] == 0
    order.customer_id = ada
    session.flush()
    settled(session, store, "2026-06-04", ada, ben)
    assert (balance(session, store, ada)[0], balance(session, store, ben)[0]) == (80, 0)


def test_without_a_retroactive_start_only_orders_after_it_earn(session, store, ada) -> None:
    fresh = replace(PROGRAMME, retroactive=False)
    buy(session, store, ada, "2026-01-01", 700_00)
    settled(session, store, "2026-05-01", settings=fresh)
    buy(session, store, ada, "2026-05-02", 30_00)
    settled(session, store, "2026-06-01", ada, settings=fresh)
    assert balance(session, store, ada) == (30, 0, "bronze")


def test_another_store_sees_nothing_of_it(session, store, ada) -> None:
    other = open_store(session, "coffee")
    dmitri = meet(session, other, "dmitri")
    buy(session, store, ada, "2026-05-01", 80_00)
    settled(session, store, "2026-06-01")
    settled(session, other, "2026-06-01", ada, dmitri)
    assert balance(session, other, dmitri) == (0, 0, "bronze")
    assert ledger(session, other, ada) == []
    assert due(session, other, now=us("2030-01-01")) == []


def test_time_alone_is_found_by_its_moment_and_settling_moves_everybody_on(session, store, ada) -> None:
    buy(session, store, ada, "2026-05-01", 600_00)
    settled(session, store, "2026-05-02")
    moments = []
    while (moment := state(session, store, ada).next_check_at) is not None:
        assert due(session, store, now=moment - 1) == []
        assert due(session, store, now=moment) == [ada]
        settle(session, store, PROGRAMME, 0, customer_ids=due(session, store, now=moment), now=moment)
        moments.append((moment, *balance(session, store, ada)))
    assert moments == [
        (us("2026-05-15"), 600, 0, "gold"),
        (us("2027-05-01"), 0, 0, "gold"),  # the points expire and the order leaves the window; the tier is held
        (us("2027-05-01") + 30 * DAY_US, 0, 0, "bronze"),
    ]


def test_the_stores_liability_is_what_people_hold(session, store, ada) -> None:
    ben = meet(session, store, "ben")
    buy(session, store, ada, "2024-01-01", 40_00)
    buy(session, store, ada, "2026-05-01", 100_00)
    buy(session, store, ben, "2026-05-30", 20_00)
    settled(session, store, "2026-06-01")
    assert liability(session, store) == Liability(available=100, pending=20, people=1, earned=160, expired=40, redeemed=0)
