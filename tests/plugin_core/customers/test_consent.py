"""May we write to somebody? What people said in which store, in any order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from plugin_core.customers import consent
from plugin_core.customers.models import Suppression
from plugin_core.records import ConsentRecord
from tests.plugin_core.shop import DAY, NOW, account, customer, numbers, order, person, rows, store, take, work_out


def said(state: str, day: int | None) -> tuple[ConsentRecord, ...]:
    return (ConsentRecord("email", state, "form", None if day is None else day * DAY),)


def may(session: Session, email: str = "ada@x.de") -> bool:
    return consent.may_email(session, person(session, email)["id"])


def in_force(session: Session) -> list[Any]:
    return [(row["state"], row["at"] // DAY) for row in rows(session, "SELECT state, at FROM consents ORDER BY store_id")]


def test_nobody_is_written_to_who_never_said_yes(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de"), customer("2", "cleo@x.de", consents=said("unknown", None)))
    assert not may(session)
    assert not may(session, "cleo@x.de")
    assert rows(session, "SELECT 1 FROM consent_entries") == []


def test_a_yes_in_one_store_counts_though_the_other_store_knows_nothing(session: Session) -> None:
    merchant = account(session)
    north, south = store(session, merchant, "north"), store(session, merchant, "south")
    take(session, north, customer("1", "ada@x.de", consents=said("subscribed", 2)))
    take(session, south, customer("1", "ada@x.de", consents=said("unknown", 9)))
    assert may(session)


def test_a_refusal_in_any_store_stands_until_that_store_hears_a_later_yes(session: Session) -> None:
    merchant = account(session)
    north, south = store(session, merchant, "north"), store(session, merchant, "south")
    take(session, north, customer("1", "ada@x.de", modified_at=10 * DAY, consents=said("unsubscribed", 3)))
    take(session, south, customer("1", "ada@x.de", consents=said("subscribed", 8)))
    assert not may(session)
    take(session, north, customer("1", "ada@x.de", modified_at=11 * DAY, consents=said("subscribed", 9)))
    assert may(session)


def test_our_preference_centre_can_take_back_a_refusal_in_a_store(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", consents=said("unsubscribed", 3)))
    ada = person(session, "ada@x.de")["id"]
    centre = (session, ada, consent.PREFERENCE_CENTRE, "email", "subscribed", "preference centre")
    assert consent.record(*centre, 2 * DAY, NOW)
    assert not may(session)
    assert consent.record(*centre, 4 * DAY, NOW)
    assert may(session)


def test_a_guest_who_ticks_the_box_later_takes_back_the_refusal_of_the_account(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", consents=said("unsubscribed", 3)))
    take(session, shop, order("1", "ada@x.de", consents=said("subscribed", 2)))
    assert not may(session)
    take(session, shop, order("2", "ada@x.de", consents=said("subscribed", 7)))
    assert may(session)


def test_two_accounts_of_one_person_do_not_speak_for_each_other(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", consents=said("unsubscribed", 3)))
    take(session, shop, customer("2", "ada@y.de", phone="+491", phone_verified=True, consents=said("subscribed", 8)))
    assert may(session, "ada@y.de")
    take(session, shop, customer("1", "ada@x.de", modified_at=30 * DAY, phone="+491", phone_verified=True))
    assert not may(session, "ada@y.de")


@pytest.mark.parametrize("late", [True, False])
def test_an_older_word_that_arrives_late_changes_nothing(session: Session, late: bool) -> None:
    shop = store(session, account(session))
    records = [
        customer("1", "ada@x.de", modified_at=10 * DAY, consents=said("subscribed", 4)),
        customer("1", "ada@x.de", modified_at=11 * DAY, consents=said("unsubscribed", 6)),
    ]
    for record in reversed(records) if late else records:
        take(session, shop, record)
    assert in_force(session) == [("unsubscribed", 6)]


def test_at_the_same_moment_the_refusal_wins(session: Session) -> None:
    shop = store(session, account(session))
    take(
        session,
        shop,
        order("1", "ada@x.de", consents=said("unsubscribed", 6)),
        order("2", "ada@x.de", consents=said("subscribed", 6)),
    )
    assert in_force(session) == [("unsubscribed", 6)]


def test_an_undated_yes_never_overrides_a_refusal(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", modified_at=10 * DAY, consents=said("unsubscribed", 6)))
    take(session, shop, customer("1", "ada@x.de", modified_at=20 * DAY, consents=said("subscribed", None)))
    assert not may(session)


def test_a_bounced_address_is_not_written_to(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", consents=said("subscribed", 2)))
    session.add(Suppression(account_id=shop.account_id, channel="email", address="ada@x.de", reason="bounce", at=1))
    session.flush()
    assert not may(session)


def test_the_flag_kept_beside_the_numbers_follows_the_consent(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", consents=said("subscribed", 2)))
    work_out(session, shop)
    consent.refresh_may_email(session, None)
    assert numbers(session, shop, "ada@x.de")["may_email"]
    take(session, shop, customer("1", "ada@x.de", modified_at=20 * DAY, consents=said("unsubscribed", 12)))
    consent.refresh_may_email(session, [person(session, "ada@x.de")["id"]])
    assert not numbers(session, shop, "ada@x.de")["may_email"]
