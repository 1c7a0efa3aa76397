"""Reminders of checkouts that were begun and not finished."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.offers import planning
from tests.plugin_core.offers.world import HOUR, NOW, checkout, offers, open_shop, orders_again, person, told


def plan(session: Session, shop, hours: float = 0) -> None:
    planning.plan(session, shop.store, shop.abandoned, now=NOW + int(hours * HOUR))


def test_a_checkout_is_reminded_of_after_an_hour_without_a_discount_and_after_a_day_with_one(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben", days_ago=10)
    checkout(session, shop, ben, hours_ago=0.9)
    plan(session, shop)
    assert told(session, ben) == []
    plan(session, shop, 0.1)
    assert [(offer.step, offer.percent, offer.state) for offer in offers(session, ben)] == [("1h", 0, "planned")]
    offers(session, ben)[0].state, offers(session, ben)[0].decided_at = "sent", NOW
    session.flush()
    plan(session, shop, 23)
    assert len(offers(session, ben)) == 1
    plan(session, shop, 23.1)
    assert [(offer.step, offer.percent, offer.round) for offer in offers(session, ben)] == [("1h", 0, 1), ("24h", 5, 1)]


def test_a_checkout_older_than_three_days_never_enters(session: Session) -> None:
    shop = open_shop(session)
    ben, edge = person(session, shop, "ben"), person(session, shop, "edge")
    checkout(session, shop, ben, hours_ago=72.01)
    checkout(session, shop, edge, hours_ago=72, key="c2")
    plan(session, shop)
    assert told(session, ben) == []
    assert told(session, edge) == [("24h", "planned", "")]


def test_any_order_since_stops_the_reminder_even_one_not_paid_yet(session: Session) -> None:
    shop = open_shop(session)
    ben, ada = person(session, shop, "ben", days_ago=10), person(session, shop, "ada", days_ago=10)
    checkout(session, shop, ben, hours_ago=2)
    orders_again(session, shop, ben, NOW - HOUR, counted=False)
    checkout(session, shop, ada, hours_ago=2, key="c2").completed_at = NOW - HOUR
    session.flush()
    plan(session, shop)
    assert told(session, ben) == [("1h", "skipped", "has ordered since")]
    assert told(session, ada) == []


def test_the_stores_own_reminder_is_not_repeated(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben")
    checkout(session, shop, ben, hours_ago=2, covered=True)
    plan(session, shop)
    assert told(session, ben) == [("1h", "skipped", "the store sent its own reminder")]


def test_of_several_checkouts_only_the_newest_is_reminded_of(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben")
    checkout(session, shop, ben, hours_ago=5, key="old")
    checkout(session, shop, ben, hours_ago=2, key="new")
    plan(session, shop)
    assert {(offer.subject, offer.state, offer.reason) for offer in offers(session, ben)} == {
        ("new", "planned", ""),
        ("old", "skipped", "a newer checkout"),
    }


def test_another_checkout_later_is_a_new_round_with_its_own_code(session: Session) -> None:
    shop = open_shop(session)
    ben = person(session, shop, "ben")
    checkout(session, shop, ben, hours_ago=2, key="first")
    plan(session, shop)
    offers(session, ben)[0].state, offers(session, ben)[0].decided_at = "sent", NOW
    checkout(session, shop, ben, hours_ago=-240, key="second")
    plan(session, shop, 242)
    assert [(offer.subject, offer.round) for offer in offers(session, ben)] == [("first", 1), ("second", 2)]


def test_no_consent_means_no_reminder(session: Session) -> None:
    shop = open_shop(session)
    cleo = person(session, shop, "cleo", says="pending")
    checkout(session, shop, cleo, hours_ago=2)
    plan(session, shop)
    plan(session, shop, DAY_US / HOUR)
    assert told(session, cleo) == [("1h", "skipped", "no opt-in"), ("24h", "skipped", "no opt-in")]
