"""What the offers brought: whose orders count as won back, what is watched of both sides, and money that goes back later."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.insights import purchases
from plugin_core.insights.results import WATCHED_DAYS, results
from plugin_core.offers.models import Campaign, Offer
from plugin_core.orders.models import Order
from plugin_core.stores.models import Store
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, days_ago, open_store

DRAWN = days_ago(60)
SPENT = 4_000


def campaign(session: Session, store: Store, key: str = "winback") -> Campaign:
    made = Campaign(store_id=store.id, key=key, kind="winback", name=key.title(), definition={}, started_at=1, updated_at=1)
    session.add(made)
    session.flush()
    return made


def offer(session: Session, of: Campaign, person: int, state: str = "sent", *, at: int = DRAWN, **values: Any) -> Offer:
    values = {"step": "60", "anchor_at": 0, "due_at": at, "decided_at": at, "minted_at": None} | values
    made = Offer(campaign_id=of.id, customer_id=person, state=state, planned_at=at, **values)
    session.add(made)
    session.flush()
    return made


def buyers(count: int, ordering: int, *, after_days: float = 5, spent: int = SPENT) -> list[Person]:
    """``count`` people, ``ordering`` of whom order that long after the draw."""
    later = (Bought(DRAWN + int(after_days * DAY_US), spent),)
    return [Person(later if number < ordering else ()) for number in range(count)]


def trial(session: Session, store: Store, of: Campaign, treated: list[Person], held_out: list[Person], *, first: int = 1) -> None:
    ids = add_people(session, store, [*treated, *held_out], first_id=first)
    for number, person in enumerate(ids):
        offer(session, of, person, "sent" if number < len(treated) else "held_out")


def found(session: Session, store: Store) -> dict[str, Any]:
    session.flush()
    return results(session, store.id, purchases.read(session, store.id))


def only(session: Session, store: Store) -> dict[str, Any]:
    (row,) = found(session, store)["campaigns"]
    return dict(row)


def test_both_sides_are_counted_to_the_person_and_cent(session: Session) -> None:
    store = open_store(session)
    trial(session, store, campaign(session, store), buyers(100, 40), buyers(60, 12))
    row = only(session, store)["lift"]
    assert row["treated"] == {"people": 100, "buyers": 40, "net": 40 * SPENT}
    assert row["held_out"] == {"people": 60, "buyers": 12, "net": 12 * SPENT}
    low, estimate, high = row["money"]
    assert (round(estimate), low < estimate < high) == (SPENT * 40 // 100 - SPENT * 12 // 60, True)
    assert round(row["share"][1], 6) == 0.2


def test_money_given_back_long_after_the_days_watched_is_not_earned(session: Session) -> None:
    store = open_store(session)
    trial(session, store, campaign(session, store), buyers(100, 40), buyers(60, 12))
    before = only(session, store)["lift"]["money"][1]
    first = session.scalars(sa.select(Order).where(Order.customer_id == 1)).one()
    first.refunded, first.net, first.modified_at = SPENT, 0, NOW
    row = only(session, store)["lift"]
    assert row["treated"] == {"people": 100, "buyers": 40, "net": 39 * SPENT}
    assert round(before - row["money"][1], 6) == SPENT / 100


def test_only_what_follows_within_the_days_watched_counts(session: Session) -> None:
    store = open_store(session)
    of = campaign(session, store)
    inside = [Person((Bought(DRAWN + WATCHED_DAYS * DAY_US, 100),)), Person((Bought(DRAWN + 1, 20),))]
    outside = [Person((Bought(DRAWN, 7_000),)), Person((Bought(DRAWN + WATCHED_DAYS * DAY_US + 1, 7_000),))]
    void = [Person((Bought(DRAWN + DAY_US, 7_000, counted=False),))]
    trial(session, store, of, [*inside, *outside, *void], [])
    assert only(session, store)["lift"]["treated"] == {"people": 5, "buyers": 2, "net": 120}


def test_days_watched_of_two_steps_that_overlap_count_an_order_once(session: Session) -> None:
    store = open_store(session)
    of = campaign(session, store)
    (person,) = add_people(session, store, [Person((Bought(DRAWN + 20 * DAY_US, 500), Bought(DRAWN + 40 * DAY_US, 60)))])
    offer(session, of, person)
    offer(session, of, person, step="90", at=DRAWN + 15 * DAY_US)
    assert only(session, store)["lift"]["treated"] == {"people": 1, "buyers": 1, "net": 560}


def test_who_bought_before_their_mail_went_stays_on_their_side(session: Session) -> None:
    """Drawn, and then not written to because they ordered: leaving them out would make the treated look worse than they are."""
    store = open_store(session)
    of = campaign(session, store)
    drawn, refused = add_people(session, store, buyers(2, 2))
    offer(session, of, drawn, "skipped", reason="ordered", decided_at=DRAWN + 6 * DAY_US)
    offer(session, of, refused, "skipped", reason="no opt-in")
    assert only(session, store)["lift"]["treated"] == {"people": 1, "buyers": 1, "net": SPENT}


def test_who_was_held_out_first_is_held_out_for_good(session: Session) -> None:
    store = open_store(session)
    of = campaign(session, store)
    (person,) = add_people(session, store, buyers(1, 1))
    offer(session, of, person, "held_out")
    offer(session, of, person, "sent", step="90", at=DRAWN + 3 * DAY_US)
    row = only(session, store)["lift"]
    assert (row["held_out"]["people"], row["treated"]["people"]) == (1, 0)


def test_code_counts_for_whom_it_was_made_and_for_one_campaign(session: Session) -> None:
    store = open_store(session)
    winback, other = campaign(session, store), campaign(session, store, "second")
    mine, friend, early = add_people(session, store, buyers(3, 3))
    made = {"minted_at": DRAWN, "decided_at": DRAWN}
    offer(session, winback, mine, code="BACK-A1", **made)
    offer(session, other, mine, code="ELSE-B2", **made)
    offer(session, winback, early, code="BACK-C3", minted_at=DRAWN + 10 * DAY_US)
    for person, codes in ((mine, ["back-a1", "ELSE-B2"]), (friend, ["BACK-A1"]), (early, ["BACK-C3"])):
        session.execute(
            sa.update(Order)
            .where(Order.customer_id == person)
            .values(codes=codes, with_code=True)
            .execution_options(synchronize_session=False)
        )
    whole = found(session, store)
    rows = {row["key"]: (row["orders"], row["net"]) for row in whole["campaigns"]}
    assert rows == {"winback": (1, SPENT), "second": (0, 0)}
    assert (whole["orders"], whole["net"]) == (1, SPENT)
    json.dumps(whole)


def test_campaigns_without_enough_people_add_nothing_to_what_is_claimed(session: Session) -> None:
    store = open_store(session)
    trial(session, store, campaign(session, store), buyers(100, 40), buyers(60, 12))
    trial(session, store, campaign(session, store, "small"), buyers(20, 20), buyers(5, 0), first=1_000)
    whole = found(session, store)
    small = next(row for row in whole["campaigns"] if row["key"] == "small")["lift"]
    assert (small["share"], small["money"]) == (None, None)
    assert (whole["treated"], whole["held_out"]) == (120, 65)
    money = next(row for row in whole["campaigns"] if row["key"] == "winback")["lift"]["money"]
    assert whole["incremental"] == [100 * each for each in money]


def test_another_shops_orders_and_offers_stay_theirs(session: Session) -> None:
    store = open_store(session)
    other = open_store(session, key="dmitri-shop")
    trial(session, other, campaign(session, other), buyers(100, 40), buyers(60, 12))
    assert found(session, store)["campaigns"] == []
    assert len(found(session, other)["campaigns"]) == 1
