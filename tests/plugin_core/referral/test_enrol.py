"""Every brand advocate has one referral code, and keeps it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers.models import Customer
from plugin_core.orders.models import CustomerStats
from plugin_core.referral.enrol import code_for, enrol
from plugin_core.referral.models import ReferralCode
from plugin_core.segments.models import Segment
from plugin_core.stores.models import Store
from tests.plugin_core.loyalty.shop import meet, open_store

SECRET = b"a secret of the account"
BIT = 40


@pytest.fixture
def store(session: Session) -> Store:
    store = open_store(session)
    session.add(Segment(store_id=store.id, slug="brand_advocates", name="Brand advocates", rule={}, bit=BIT, rule_changed_at=0))
    session.flush()
    return store


def advocate(session: Session, store: Store, name: str, *, still: bool = True) -> int:
    person = meet(session, store, name)
    session.get_one(CustomerStats, (store.id, person)).segment_bits = (1 << BIT if still else 0) | 5
    session.flush()
    return person


def codes(session: Session) -> dict[int, str]:
    return {row.customer_id: row.code for row in session.scalars(select(ReferralCode))}


def test_each_advocate_gets_a_readable_code_drawn_from_the_accounts_secret(session, store) -> None:
    ada, ben = advocate(session, store, "ada"), advocate(session, store, "ben", still=False)
    assert enrol(session, store, SECRET, customer_ids=None, now=1) == [ada]
    assert codes(session) == {ada: code_for(SECRET, store, f"{'ada':0>16}")}
    assert codes(session)[ada].startswith("FRIEND-")
    assert len(codes(session)[ada]) == len("FRIEND-") + 8
    assert ben not in codes(session)


def test_whoever_has_a_code_keeps_it_and_gets_no_other(session, store) -> None:
    ada = advocate(session, store, "ada")
    enrol(session, store, SECRET, customer_ids=[ada], now=1)
    before = codes(session)
    assert enrol(session, store, b"another secret", customer_ids=[ada], now=2) == []
    session.get_one(CustomerStats, (store.id, ada)).segment_bits = 0
    assert enrol(session, store, SECRET, customer_ids=None, now=3) == []
    assert codes(session) == before


def test_only_those_asked_for_are_enrolled(session, store) -> None:
    ada, ben = advocate(session, store, "ada"), advocate(session, store, "ben")
    assert enrol(session, store, SECRET, customer_ids=[ben], now=1) == [ben]
    assert list(codes(session)) == [ben]
    assert enrol(session, store, SECRET, customer_ids=[], now=1) == []
    assert ada not in codes(session)


def test_two_people_never_share_a_code(session, store) -> None:
    ada, cleo = advocate(session, store, "ada"), meet(session, store, "cleo")
    drawn = code_for(SECRET, store, f"{'ada':0>16}")
    session.add(ReferralCode(store_id=store.id, customer_id=cleo, code=drawn, offered_at=0))
    session.flush()
    enrol(session, store, SECRET, customer_ids=None, now=1)
    assert codes(session) == {cleo: drawn, ada: code_for(SECRET, store, f"{'ada':0>16}", 2)}


def test_nobody_who_was_erased_or_merged_gets_one(session, store) -> None:
    ada, ben = advocate(session, store, "ada"), advocate(session, store, "ben")
    session.get_one(Customer, ada).erased_at = 5
    session.get_one(Customer, ben).merged_into = ada
    session.flush()
    assert enrol(session, store, SECRET, customer_ids=None, now=6) == []
    assert codes(session) == {}


def test_another_store_has_its_own_codes(session, store) -> None:
    other = open_store(session, "coffee")
    advocate(session, store, "ada")
    assert enrol(session, other, SECRET, customer_ids=None, now=1) == []
    assert code_for(SECRET, store, "k") != code_for(SECRET, other, "k")
