"""Who is who: guests, accounts, addresses, several stores, several merchants."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy.orm import Session

from plugin_core.customers.identity import normalise_email
from plugin_core.records import Deletion
from tests.plugin_core.shop import (
    DAY,
    account,
    customer,
    numbers,
    order,
    people,
    person,
    rows,
    store,
    take,
    work_out,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("a.d.a+sale@example.com", "a.d.a+sale@example.com"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_an_address_is_compared_without_case_and_spaces_but_with_dots_and_tags(written: str, meant: str) -> None:
    assert normalise_email(written) == meant


def test_three_guest_orders_of_one_address_are_one_person_with_three_orders(session: Session) -> None:
    shop = store(session, account(session))
    take(
        session,
        shop,
        *(order(str(n), spelled, placed_at=n * DAY) for n, spelled in enumerate(["Ada@x.de", "ada@x.de ", "ADA@X.DE"])),
    )
    work_out(session, shop)
    assert len(people(session)) == 1
    assert numbers(session, shop, "ada@x.de")["orders_count"] == 3


def test_a_guest_who_registers_later_brings_the_earlier_orders_along(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, order("1", "ada@x.de", placed_at=3 * DAY))
    take(session, shop, customer("7", "Ada@x.de", created_at=9 * DAY, first_name="Ada"))
    take(session, shop, order("2", "other@x.de", customer_id="7", placed_at=11 * DAY))
    work_out(session, shop)
    assert numbers(session, shop, "ada@x.de")["orders_count"] == 2
    assert person(session, "ada@x.de")["since"] == 3 * DAY


def test_the_billing_address_of_an_account_with_an_address_names_nobody(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("7", "ada@x.de"), order("1", "office@x.de", customer_id="7"), order("2", "office@x.de"))
    work_out(session, shop)
    assert numbers(session, shop, "ada@x.de")["orders_count"] == 1
    assert numbers(session, shop, "office@x.de")["orders_count"] == 1


@pytest.mark.parametrize("order_first", [True, False])
def test_an_account_without_an_address_is_known_by_the_address_of_its_orders(session: Session, order_first: bool) -> None:
    shop = store(session, account(session))
    records = [customer("7", "", first_name="Ada"), order("1", "ada@x.de", customer_id="7")]
    for record in reversed(records) if order_first else records:
        take(session, shop, record)
    take(session, shop, order("2", "ada@x.de", placed_at=20 * DAY))
    work_out(session, shop)
    assert len(people(session)) == 1
    assert numbers(session, shop, "ada@x.de")["orders_count"] == 2
    assert person(session, "ada@x.de")["email"] == "ada@x.de"


def test_an_account_without_address_and_orders_is_kept(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("7", "", first_name="Ada"))
    assert [one["first_name"] for one in people(session)] == ["Ada"]


def test_the_same_address_in_two_stores_of_one_merchant_is_one_person(session: Session) -> None:
    merchant = account(session)
    north, south = store(session, merchant, "north"), store(session, merchant, "south")
    take(session, north, customer("1", "ada@x.de"), order("1", customer_id="1"))
    take(session, south, customer("1", "ADA@x.de"), order("1", customer_id="1", placed_at=20 * DAY))
    work_out(session, north, south)
    assert len(people(session)) == 1
    assert [numbers(session, shop, "ada@x.de")["orders_count"] for shop in (north, south)] == [1, 1]


def test_the_same_address_at_another_merchant_is_another_person(session: Session) -> None:
    mine, theirs = store(session, account(session, "mine"), "mine"), store(session, account(session, "theirs"), "theirs")
    take(session, mine, customer("1", "ada@x.de", first_name="Ada"), order("1", customer_id="1"))
    take(session, theirs, customer("1", "ada@x.de", first_name="Dmitri"), order("1", customer_id="1"), order("2", "ada@x.de"))
    work_out(session, mine, theirs)
    found = rows(
        session,
        "SELECT c.first_name, c.account_id, s.orders_count FROM customers c JOIN customer_stats s ON s.customer_id = c.id",
    )
    assert sorted((one["first_name"], one["account_id"], one["orders_count"]) for one in found) == [
        ("Ada", mine.account_id, 1),
        ("Dmitri", theirs.account_id, 2),
    ]


def test_the_key_is_drawn_from_the_first_address_and_survives_a_new_one(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("7", "ada@x.de", modified_at=10 * DAY))
    take(session, shop, customer("7", "ada@new.de", modified_at=20 * DAY))
    assert person(session, "ada@new.de")["key"] == hashlib.sha256(b"main:ada@x.de").hexdigest()[:16]


def test_a_key_that_an_offer_was_drawn_by_stays_when_an_older_record_turns_up(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("7", "ada@new.de", modified_at=20 * DAY))
    key, ada = person(session, "ada@new.de")["key"], person(session, "ada@new.de")["id"]
    rows_of_offer(session, shop.id, ada)
    take(session, shop, customer("7", "ada@x.de", modified_at=10 * DAY))
    assert person(session, "ada@x.de")["key"] == key


def rows_of_offer(session: Session, store_id: int, customer_id: int) -> None:
    from plugin_core.offers.models import Campaign, Offer

    campaign = Campaign(store_id=store_id, key="winback", kind="winback", name="w", definition={}, updated_at=0)
    session.add(campaign)
    session.flush()
    session.add(
        Offer(campaign_id=campaign.id, customer_id=customer_id, step="60", state="planned", anchor_at=0, planned_at=0, due_at=0)
    )
    session.flush()


def test_phones_join_only_when_the_platform_verified_them(session: Session) -> None:
    merchant = account(session)
    north, south = store(session, merchant, "north"), store(session, merchant, "south")
    take(
        session, north, customer("1", "ada@x.de", phone="+4930123", phone_verified=True), customer("2", "ben@x.de", phone="+4940")
    )
    take(session, south, customer("1", "", phone="+4930123", phone_verified=True), customer("2", "", phone="+4940"))
    assert len(people(session)) == 3


def test_a_name_typed_in_by_hand_is_not_overwritten_by_the_store(session: Session) -> None:
    from plugin_core.customers.models import Customer

    shop = store(session, account(session))
    take(session, shop, customer("7", "ada@x.de", first_name="ada"))
    ada = session.get_one(Customer, person(session, "ada@x.de")["id"])
    ada.first_name, ada.edited = "Ada", {"first_name": 1}
    session.flush()
    take(session, shop, customer("7", "ada@x.de", modified_at=30 * DAY, first_name="ADA", last_name="Lovelace"))
    found = person(session, "ada@x.de")
    assert (found["first_name"], found["last_name"]) == ("Ada", "Lovelace")


def test_an_order_given_to_another_customer_leaves_no_empty_person_behind(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, order("1", "typo@x.de", modified_at=10 * DAY))
    work_out(session, shop)
    take(session, shop, order("1", "ada@x.de", modified_at=11 * DAY))
    work_out(session, shop)
    assert [one["email"] for one in people(session)] == ["ada@x.de"]
    assert numbers(session, shop, "ada@x.de")["orders_count"] == 1
    assert rows(session, "SELECT 1 FROM customer_stats WHERE orders_count = 0") == []


def test_a_deleted_account_stays_deleted_when_an_older_version_comes_late(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, Deletion("customers", "7", 20 * DAY))
    take(session, shop, customer("7", "ada@x.de", modified_at=10 * DAY))
    deleted = "SELECT deleted_at FROM store_customers"
    assert rows(session, deleted) == [{"deleted_at": 20 * DAY}]
    take(session, shop, customer("7", "ada@x.de", modified_at=21 * DAY))
    assert rows(session, deleted) == [{"deleted_at": None}]
