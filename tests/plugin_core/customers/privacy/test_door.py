"""Whoever was erased stays erased, whatever the store sends again; only their own new word begins anew."""

from __future__ import annotations

import json

import pytest

from jobs.rejected import keep_rejected
from plugin_core.customers.privacy.erase import erase_person
from plugin_core.records import CheckoutRecord, ConsentRecord, Deletion, Rejected
from tests.plugin_core import shop as people
from tests.plugin_core.offers.world import NOW, VAULT, open_shop
from tests.plugin_core.shop import DAY, rows, take

EMAIL = "ada@people.example"
OPTED_IN = (ConsentRecord("email", "subscribed", "shopify", 12 * DAY),)
LATER = NOW + 30 * DAY


@pytest.fixture
def shop(session):
    """Ada bought once with her account, once as a guest; then she was erased."""
    shop = open_shop(session)
    store = shop.store
    take(session, store, people.customer("7", EMAIL, first_name="Ada", last_name="Lace", consents=OPTED_IN))
    take(session, store, people.order("1", EMAIL, placed_at=11 * DAY, customer_id="7"))
    take(session, store, people.order("2", EMAIL, placed_at=13 * DAY, first_name="Ada"))
    ada = people.person(session, EMAIL)["id"]
    people.work_out(session, store)
    erase_person(session, VAULT, shop.account, ada, reason="cli", now=NOW)
    return store, ada


def named(session) -> list[str]:
    return [row["email"] for row in people.people(session) if row["email"] or row["first_name"] or row["last_name"]]


def owners(session) -> dict[str, int | None]:
    return {row["external_id"]: row["customer_id"] for row in rows(session, "SELECT external_id, customer_id FROM orders")}


def test_taking_everything_in_again_brings_nothing_back(session, shop):
    store, ada = shop
    take(session, store, people.customer("7", EMAIL, modified_at=14 * DAY, first_name="Ada", consents=OPTED_IN))
    take(session, store, people.order("1", EMAIL, placed_at=11 * DAY, modified_at=15 * DAY, customer_id="7", refunded=100))
    take(session, store, people.order("2", EMAIL, placed_at=13 * DAY, modified_at=15 * DAY, first_name="Ada", phone="+4477"))
    take(session, store, people.order("0", EMAIL, placed_at=9 * DAY))  # an old one that was never seen
    assert named(session) == []
    assert owners(session) == {"0": ada, "1": ada, "2": ada}, "what she bought then still counts, for nobody in particular"
    people.work_out(session, store)
    (stats,) = rows(session, "SELECT orders_count, may_email FROM customer_stats WHERE customer_id = :id", id=ada)
    assert stats == {"orders_count": 3, "may_email": False}
    assert rows(session, "SELECT * FROM consents") == rows(session, "SELECT * FROM consent_entries") == []
    assert rows(session, "SELECT email FROM orders WHERE email <> ''") == []


def test_a_later_order_counts_as_nobodys(session, shop):
    store, ada = shop
    take(session, store, people.order("9", EMAIL, placed_at=LATER, customer_id="7", first_name="Ada", phone="+4477"))
    take(session, store, people.order("10", EMAIL, placed_at=LATER, customer_id="new account"))
    assert owners(session) == {"1": ada, "2": ada, "9": None, "10": None}
    assert named(session) == []
    assert len(rows(session, "SELECT id FROM customers")) == 1


def test_a_later_checkout_or_account_is_not_taken_in(session, shop):
    store, _ = shop
    begun = CheckoutRecord("c", LATER, "h", LATER, None, "", EMAIL, "Ada", "Lace", "en", "EUR", 100, "https://x")
    take(session, store, begun, people.customer("8", EMAIL, modified_at=LATER, created_at=LATER))
    take(session, store, people.order("11", "other@people.example", placed_at=LATER, customer_id="8"))
    assert rows(session, "SELECT * FROM checkouts") == []
    assert named(session) == []
    assert owners(session)["11"] is None, "the new account is known to be hers"
    take(session, store, Deletion("customers", "7", LATER))
    assert rows(session, "SELECT * FROM tombstones") == []


def test_a_new_opt_in_begins_somebody_new(session, shop):
    store, ada = shop
    said = (*OPTED_IN, ConsentRecord("email", "subscribed", "shopify", LATER))
    take(session, store, people.customer("7", EMAIL, modified_at=LATER, first_name="Ada", consents=said))
    take(session, store, people.order("9", EMAIL, placed_at=LATER + DAY, customer_id="7"))
    take(session, store, people.order("1", EMAIL, placed_at=11 * DAY, modified_at=LATER, customer_id="7"))
    new = people.person(session, EMAIL)
    assert new["id"] != ada
    assert new["key"] != rows(session, "SELECT key FROM customers WHERE id = :id", id=ada)[0]["key"]
    assert owners(session) == {"1": ada, "2": ada, "9": new["id"]}
    assert [row["at"] for row in rows(session, "SELECT at FROM consent_entries")] == [LATER], "what she said before is gone"


def test_an_opt_in_given_with_a_later_order_counts_from_that_order(session, shop):
    store, ada = shop
    ticked = (ConsentRecord("email", "subscribed", "woocommerce"),)
    take(session, store, people.order("9", EMAIL, placed_at=LATER, first_name="Ada", consents=ticked))
    assert owners(session)["9"] not in {None, ada}
    assert named(session) == [EMAIL]


@pytest.mark.parametrize(
    "said", [(), OPTED_IN, (ConsentRecord("email", "subscribed", "x"),), (ConsentRecord("email", "unsubscribed", "x", LATER),)]
)
def test_nothing_but_a_new_opt_in_of_known_time_brings_somebody_back(session, shop, said):
    store, _ = shop
    take(session, store, people.customer("7", EMAIL, modified_at=LATER, first_name="Ada", consents=said))
    assert named(session) == []


def test_whoever_came_back_can_be_erased_again(session, shop):
    store, ada = shop
    said = (ConsentRecord("email", "subscribed", "shopify", LATER),)
    take(session, store, people.customer("7", EMAIL, modified_at=LATER, first_name="Ada", consents=said))
    new = people.person(session, EMAIL)["id"]
    owner = open_account(session, store)
    erase_person(session, VAULT, owner, new, reason="cli", now=LATER + DAY)
    take(session, store, people.customer("7", EMAIL, modified_at=LATER + 2 * DAY, first_name="Ada", consents=said))
    take(session, store, people.order("1", EMAIL, placed_at=11 * DAY, modified_at=LATER, customer_id="7"))
    take(session, store, people.order("9", EMAIL, placed_at=LATER + 5, customer_id="7"))
    assert named(session) == []
    assert owners(session) == {"1": ada, "2": ada, "9": new}


def open_account(session, store):
    from plugin_core.stores.models import Account

    return session.get_one(Account, store.account_id)


def test_a_namesake_at_another_merchant_is_not_touched(session, shop):
    other = people.store(session, people.account(session, "other"), "other")
    take(session, other, people.customer("7", EMAIL, first_name="Ada"))
    assert named(session) == [EMAIL]


@pytest.mark.parametrize(
    ("resource", "external_id", "raw", "hers"),
    [
        ("orders", "50", {"id": 50, "billing": {"email": "ADA@People.example"}}, True),
        ("orders", "51", {"id": 51, "customer": {"id": "gid://shopify/Customer/7"}}, True),
        ("customers", "7", {"id": 7}, True),
        ("orders", "7", {"id": 7, "quantity": 7, "email": "ben@people.example"}, False),
    ],
)
def test_what_can_not_be_read_is_not_kept_where_it_is_about_her(session, shop, resource, external_id, raw, hers):
    store, _ = shop
    keep_rejected(session, VAULT, store, [Rejected(resource, external_id, json.dumps(raw), "no date")], now=LATER)
    assert bool(rows(session, "SELECT * FROM rejected_records")) is not hers
