"""Only what the store shows wrongly is asked to be written, and what the store shows is ours alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from plugin_core.customers.models import Customer
from plugin_core.outbox import queue
from plugin_core.outbox.desired import Account, accounts, tags_for
from plugin_core.outbox.planning import plan_profiles, want_consent
from plugin_core.referral.models import ReferralCode
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.loyalty.shop import meet, open_store
from tests.plugin_core.outbox.members import account_of, found_segments, join

DEFAULTS = StoreSettings()


@pytest.fixture
def store(session: Session) -> Store:
    store = open_store(session)
    found_segments(session, store)
    return store


def wanted(session, store, name, settings=DEFAULTS) -> Account:
    (account,) = accounts(session, store, settings, [account_of(session, store, name).id])
    return account


def test_a_customer_shows_points_tier_code_segments_and_lifecycle(session, store) -> None:
    ada = join(session, store, "ada", points=120, tier="gold", lifecycle="at_risk", segments=["never_tagged", "lapsed_60"])
    session.add(ReferralCode(store_id=store.id, customer_id=ada, code="FRIEND-1", offered_at=0))
    session.flush()
    assert wanted(session, store, "ada").fields == {
        "points": 120,
        "tier": "gold",
        "referral_code": "FRIEND-1",
        "segments": "lapsed_60,never_tagged",
        "lifecycle": "at_risk",
    }
    assert wanted(session, store, "ada").tags == ("cb:at-risk", "cb:tier-gold", "cb:lapsed-60")


def test_somebody_who_never_bought_is_shown_as_a_prospect(session, store) -> None:
    join(session, store, "cleo")
    account = wanted(session, store, "cleo")
    assert account.fields == {"points": 0, "tier": "bronze", "referral_code": None, "segments": None, "lifecycle": "prospect"}
    assert account.tags == ("cb:prospect", "cb:tier-bronze")


def test_at_most_twelve_tags_and_the_merchants_first_choices_among_them() -> None:
    many = tuple(f"segment_{number}" for number in range(30))
    tags = tags_for(replace(DEFAULTS, tagged_segments=many), "active", "gold", set(many))
    assert tags == ("cb:active", "cb:tier-gold", *(f"cb:segment-{number}" for number in range(10)))


def test_a_store_without_customer_tags_gets_none(session, store) -> None:
    store.capabilities = []
    session.flush()
    join(session, store, "ada", tags=("cb:left-over",))
    account = wanted(session, store, "ada")
    assert (account.tags, account.to_add(), account.to_remove("cb:")) == ((), (), ())


def test_the_merchants_tags_are_never_taken_for_ours(session, store) -> None:
    join(session, store, "ada", tags=("vip", "wholesale", "cb:slipping"), lifecycle="active")
    assert wanted(session, store, "ada").to_remove("cb:") == ("cb:slipping",)
    assert wanted(session, store, "ada").to_remove("") == ()


def test_the_whole_store_or_those_named_are_planned_and_nobody_else(session, store) -> None:
    other = open_store(session, "coffee")
    ada, _ben = join(session, store, "ada"), join(session, store, "ben")
    join(session, other, "dmitri")
    meet(session, store, "a guest without an account")
    assert plan_profiles(session, store, DEFAULTS, customer_ids=[ada], now=1) == 1
    assert plan_profiles(session, store, DEFAULTS, customer_ids=None, now=1) == 2
    assert queue.claim(session, other.id, "profile", limit=9, now=1) == []


def test_accounts_that_are_not_really_there_are_left_alone(session, store) -> None:
    join(session, store, "ada")
    join(session, store, "ben")
    cleo = join(session, store, "cleo")
    account_of(session, store, "ada").placeholder = True
    account_of(session, store, "ben").deleted_at = 5
    session.get_one(Customer, cleo).erased_at = 5
    session.flush()
    assert plan_profiles(session, store, DEFAULTS, customer_ids=None, now=9) == 0


def test_what_the_store_refused_for_good_is_asked_again_only_when_something_else_is_wanted(session, store) -> None:
    ada = join(session, store, "ada")
    plan_profiles(session, store, DEFAULTS, customer_ids=None, now=1)
    claimed = queue.claim(session, store.id, "profile", limit=9, now=1)
    queue.fail(session, [(claimed[0], "no")], now=1, retry=False)
    assert plan_profiles(session, store, DEFAULTS, customer_ids=[ada], now=2) == 0
    session.add(ReferralCode(store_id=store.id, customer_id=ada, code="FRIEND-1", offered_at=0))
    session.flush()
    assert plan_profiles(session, store, DEFAULTS, customer_ids=[ada], now=3) == 1
    assert len(queue.claim(session, store.id, "profile", limit=9, now=3)) == 1


def test_a_choice_made_with_us_goes_to_the_stores_that_keep_one(session, store) -> None:
    ada = join(session, store, "ada")
    assert want_consent(session, store, ada, "email", "unsubscribed", at=7, now=8) == 0
    store.capabilities = ["consent"]
    session.flush()
    assert want_consent(session, store, ada, "email", "unsubscribed", at=7, now=8) == 1
    (claimed,) = queue.claim(session, store.id, "consent", limit=9, now=8)
    assert claimed.payload == {"customer_id": "ada", "channel": "email", "state": "unsubscribed", "at": 7}
