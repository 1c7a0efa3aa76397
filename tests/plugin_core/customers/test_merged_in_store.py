"""Two accounts that the merchant merged in the store are one person here, whichever of them and of the news comes last."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plugin_core.records import ConsentRecord, Deletion, Record
from tests.plugin_core.shop import DAY, account, customer, order, person, rows, state, store, take, work_out

ADA = customer("1", "ada@x.de", created_at=5 * DAY, consents=(ConsentRecord("email", "subscribed", "shopify", 6 * DAY),))
BEN = customer("2", "ben@x.de", created_at=3 * DAY, modified_at=9 * DAY)
ORDERS = (order("a", customer_id="1", total=700), order("b", customer_id="2", total=300))
MERGED = Deletion("customers", "2", 11 * DAY, "1")


def taken(engine: Engine, batches: tuple[tuple[Record, ...], ...]) -> tuple[dict[str, Any], int, str]:
    with Session(engine, expire_on_commit=False) as session:
        shop = store(session, account(session))
        for batch in batches:
            take(session, shop, *batch)
        work_out(session, shop)
        ada, ben = person(session, "ada@x.de"), person(session, "ben@x.de")
        spent = rows(session, "SELECT SUM(net_spent) AS s, COUNT(*) AS n FROM customer_stats")[0]
        deleted = rows(session, "SELECT external_id FROM store_customers WHERE deleted_at IS NOT NULL")
        assert (ada["id"], spent["s"], spent["n"]) == (ben["id"], 1_000, 1)
        assert [row["external_id"] for row in deleted] == ["2"]
        found = state(session), len(rows(session, "SELECT * FROM customer_merges")), ada["key"]
        session.rollback()
    return found


def test_in_any_order_they_are_one_person_with_the_older_ones_key(engine: Engine) -> None:
    parts = ((ADA,), (BEN,), ORDERS, (MERGED,))
    expected = taken(engine, ((ADA, BEN, *ORDERS, MERGED),))
    for order_of_arrival in permutations(parts):
        state_then, _, key = taken(engine, order_of_arrival)
        assert key == expected[2]
        assert state_then == expected[0]
    assert taken(engine, (*parts, (MERGED,), (BEN,)))[0] == expected[0], "told twice, and an old word of the one that is gone"


def test_a_merge_in_one_store_says_nothing_of_the_same_ids_in_another(session: Session) -> None:
    owner = account(session)
    north, south = store(session, owner, "north"), store(session, owner, "south")
    take(session, north, MERGED)
    take(session, south, ADA, BEN)
    assert person(session, "ada@x.de")["id"] != person(session, "ben@x.de")["id"]


@pytest.mark.parametrize("chain", [(("2", "1"), ("3", "2")), (("3", "2"), ("2", "1"))])
def test_a_chain_of_merges_ends_in_one_person(session: Session, chain: tuple[tuple[str, str], ...]) -> None:
    shop = store(session, account(session))
    take(session, shop, ADA, BEN, customer("3", "cleo@x.de"))
    for gone, kept in chain:
        take(session, shop, Deletion("customers", gone, 11 * DAY, kept))
    ids = {person(session, email)["id"] for email in ("ada@x.de", "ben@x.de", "cleo@x.de")}
    assert len(ids) == 1
