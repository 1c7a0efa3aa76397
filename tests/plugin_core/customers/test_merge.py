"""Two customers turn out to be one, and sometimes were not after all."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers import consent
from plugin_core.customers.merge import merge
from plugin_core.customers.models import Customer, CustomerMerge
from plugin_core.customers.unmerge import unmerge
from plugin_core.errors import InvalidInput
from plugin_core.loyalty.models import PointsEntry
from plugin_core.offers.models import Campaign, Offer
from plugin_core.records import ConsentRecord
from plugin_core.stores.models import Store
from tests.plugin_core.shop import DAY, NOW, account, customer, numbers, order, people, person, rows, state, store, take, work_out

YES = (ConsentRecord("email", "subscribed", "form", 3 * DAY),)
NO = (ConsentRecord("email", "unsubscribed", "form", 2 * DAY),)


def two_people(session: Session) -> tuple[Store, Store]:
    merchant = account(session)
    north, south = store(session, merchant, "north"), store(session, merchant, "south")
    ada = customer("1", "ada@x.de", created_at=DAY, first_name="Ada", consents=YES)
    take(session, north, ada, order("1", customer_id="1", placed_at=4 * DAY))
    later = customer("1", "ada@y.de", created_at=2 * DAY, modified_at=15 * DAY, first_name="Adelaide", country="DE", consents=NO)
    take(session, south, later, order("1", customer_id="1", placed_at=5 * DAY), order("2", "ada@y.de", placed_at=9 * DAY))
    take(session, north, order("2", "ada@y.de", placed_at=6 * DAY, total=500))
    for place, email in ((north, "ada@x.de"), (south, "ada@y.de")):
        earn(session, place, person(session, email)["id"])
    work_out(session, north, south)
    return north, south


def earn(session: Session, shop: Store, customer_id: int) -> None:
    entry = {"kind": "earn", "points": 10, "basis": 1_000, "rate": "1", "happened_at": 1, "available_at": 1, "posted_at": 1}
    session.add(PointsEntry(store_id=shop.id, customer_id=customer_id, cause=f"order:{shop.key}", **entry))
    session.flush()


def pair(session: Session) -> tuple[Customer, Customer]:
    ada, adelaide = (person(session, email)["id"] for email in ("ada@x.de", "ada@y.de"))
    return session.get_one(Customer, ada), session.get_one(Customer, adelaide)


def test_the_older_customer_survives_with_orders_points_and_the_newest_name(session: Session) -> None:
    north, south = two_people(session)
    ada, adelaide = pair(session)
    key = ada.key
    merge(session, ada, adelaide, reason="by hand", now=NOW)
    work_out(session, north, south)
    (one,) = people(session)
    assert (one["key"], one["first_name"], one["country"], one["since"]) == (key, "Adelaide", "DE", DAY)
    assert [numbers(session, shop, "ada@x.de")["orders_count"] for shop in (north, south)] == [2, 2]
    assert rows(session, "SELECT SUM(points) AS points FROM points_entries WHERE customer_id = :id", id=one["id"]) == [
        {"points": 20}
    ]


def test_the_merged_customer_gets_the_most_restrictive_consent(session: Session) -> None:
    two_people(session)
    ada, adelaide = pair(session)
    assert consent.may_email(session, ada.id)
    merge(session, ada, adelaide, reason="by hand", now=NOW)
    assert not consent.may_email(session, ada.id)


def test_undoing_a_merge_gives_back_exactly_what_was_there(session: Session) -> None:
    north, south = two_people(session)
    before = state(session)
    ada, adelaide = pair(session)
    entry = merge(session, ada, adelaide, reason="by hand", now=NOW)
    work_out(session, north, south)
    assert len(state(session)) == 1
    unmerge(session, entry, now=NOW)
    work_out(session, north, south)
    assert state(session) == before
    points = rows(session, "SELECT customer_id, points FROM points_entries ORDER BY customer_id")
    assert points == [{"customer_id": ada.id, "points": 10}, {"customer_id": adelaide.id, "points": 10}]


def test_what_arrived_meanwhile_goes_to_the_one_it_names(session: Session) -> None:
    north, south = two_people(session)
    ada, adelaide = pair(session)
    entry = merge(session, ada, adelaide, reason="by hand", now=NOW)
    take(session, south, order("9", customer_id="1", placed_at=20 * DAY))
    take(session, north, order("9", "ada@y.de", placed_at=21 * DAY), order("8", customer_id="1", placed_at=22 * DAY))
    unmerge(session, entry, now=NOW)
    work_out(session, north, south)
    assert numbers(session, south, "ada@y.de")["orders_count"] == 3
    assert [numbers(session, north, email)["orders_count"] for email in ("ada@x.de", "ada@y.de")] == [2, 2]


def test_people_parted_by_hand_are_not_joined_again_by_an_address(session: Session) -> None:
    north, south = two_people(session)
    ada, adelaide = pair(session)
    unmerge(session, merge(session, ada, adelaide, reason="by hand", now=NOW), now=NOW)
    take(session, north, customer("1", "ada@y.de", modified_at=40 * DAY))
    assert len(people(session)) == 2
    take(session, north, customer("1", "ben@x.de", modified_at=50 * DAY))
    take(session, south, customer("77", "ben@x.de", modified_at=50 * DAY))
    assert len(people(session)) == 2


def test_a_merge_by_address_can_be_undone_as_well(session: Session) -> None:
    shop = store(session, account(session))
    take(session, shop, customer("1", "ada@x.de", modified_at=10 * DAY), customer("2", "ben@x.de"), order("1", customer_id="2"))
    take(session, shop, customer("1", "ben@x.de", modified_at=20 * DAY))
    work_out(session, shop)
    assert len(people(session)) == 1
    unmerge(session, session.scalars(select(CustomerMerge)).one(), now=NOW)
    work_out(session, shop)
    assert numbers(session, shop, "ben@x.de")["orders_count"] == 1
    assert numbers(session, shop, "ada@x.de")["orders_count"] == 0


def test_offers_of_the_same_step_stay_with_whom_they_were_made_for(session: Session) -> None:
    north, _ = two_people(session)
    ada, adelaide = pair(session)
    campaign = Campaign(store_id=north.id, key="winback", kind="winback", name="w", definition={}, updated_at=0)
    session.add(campaign)
    session.flush()
    for who, step in ((ada, "60"), (adelaide, "60"), (adelaide, "90")):
        session.add(
            Offer(campaign_id=campaign.id, customer_id=who.id, step=step, state="sent", anchor_at=0, planned_at=0, due_at=0)
        )
    session.flush()
    entry = merge(session, ada, adelaide, reason="by hand", now=NOW)
    owned = "SELECT customer_id, step FROM offers ORDER BY step, customer_id"
    assert [(row["customer_id"], row["step"]) for row in rows(session, owned)] == [
        (ada.id, "60"),
        (adelaide.id, "60"),
        (ada.id, "90"),
    ]
    unmerge(session, entry, now=NOW)
    assert [(row["customer_id"], row["step"]) for row in rows(session, owned)] == [
        (ada.id, "60"),
        (adelaide.id, "60"),
        (adelaide.id, "90"),
    ]


def test_a_name_edited_by_hand_survives_the_merge(session: Session) -> None:
    two_people(session)
    ada, adelaide = pair(session)
    ada.first_name, ada.edited = "Ada K.", {"first_name": NOW}
    session.flush()
    merge(session, ada, adelaide, reason="by hand", now=NOW)
    assert person(session, "ada@y.de")["first_name"] == "Ada K."


def test_a_merge_can_not_be_undone_twice_nor_made_with_oneself_or_a_stranger(session: Session) -> None:
    two_people(session)
    ada, adelaide = pair(session)
    with pytest.raises(InvalidInput):
        merge(session, ada, ada, reason="by hand", now=NOW)
    stranger = store(session, account(session, "other"), "other")
    take(session, stranger, customer("1", "dmitri@x.de"))
    with pytest.raises(InvalidInput):
        merge(session, ada, session.get_one(Customer, person(session, "dmitri@x.de")["id"]), reason="by hand", now=NOW)
    entry = merge(session, ada, adelaide, reason="by hand", now=NOW)
    unmerge(session, entry, now=NOW)
    with pytest.raises(InvalidInput):
        unmerge(session, entry, now=NOW)
