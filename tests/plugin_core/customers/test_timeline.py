"""What happened with somebody, newest first: nothing missing, nothing twice, each with its why."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy.orm import Session

from plugin_core.customers import editing, joining, notes
from plugin_core.customers.models import Customer
from plugin_core.customers.timeline import KINDS, timeline
from plugin_core.errors import InvalidInput
from plugin_core.loyalty.models import PointsEntry
from plugin_core.offers.models import Offer
from plugin_core.segments.models import Membership, Segment
from tests.plugin_core import shop as people
from tests.plugin_core.customers.privacy import rich
from tests.plugin_core.offers.world import NOW


def whole(session: Session, store, person: int, size: int = 200, **more) -> list:
    found, after = [], ""
    while True:
        page = timeline(session, store, person, after=after, size=size, **more)
        found += page.entries
        after = page.later
        if not after:
            return found


def test_every_kind_of_thing_is_told_once_whatever_the_size_of_a_page(session: Session) -> None:
    world = rich.build(session)
    store, ada = world.north.store, session.get_one(Customer, world.adaline)
    notes.add_note(session, store, ada, "likes red", actor="mia", now=NOW)
    editing.edit(session, store, ada, {"first_name": "Adaline K."}, actor="mia", now=NOW)
    segment = session.query(Segment).filter_by(store_id=store.id).first()
    # Three dozen things at one moment: an order of their own keeps them apart.
    for _ in range(36):
        session.add(Membership(segment_id=segment.id, customer_id=ada.id, entered_at=5, left_at=5, settings_version=3))
    session.add(
        Offer(
            campaign_id=world.north.winback.id, customer_id=ada.id, step="120", state="skipped", reason="no opt-in", anchor_at=1,
            planned_at=1, due_at=1, decided_at=9, minted_at=None, code_expires_at=None, settings_version=2,
        )
    )  # fmt: skip
    session.flush()
    everything = whole(session, store, ada.id)
    moments = [entry.at for entry in everything]
    assert moments == sorted(moments, reverse=True)
    assert {entry.kind for entry in everything} >= {
        *("order", "offer", "code", "mail", "points", "consent", "segment", "merge", "change", "note", "checkout"),
    }
    for size in (1, 7, 40):
        assert whole(session, store, ada.id, size) == everything
    (offer,) = [entry for entry in everything if entry.kind == "offer"]
    assert (offer.at, offer.what, offer.values["reason"], offer.values["settings_version"]) == (9, "skipped", "no opt-in", 2)
    counts = Counter(entry.kind for entry in everything)
    assert counts["segment"] == 1 + 2 * 36
    sql = (
        "SELECT (SELECT COUNT(*) FROM orders WHERE customer_id = :id AND store_id = :store) AS orders, "
        "(SELECT COUNT(*) FROM points_entries WHERE customer_id = :id AND store_id = :store) AS points, "
        "(SELECT COUNT(*) FROM consent_entries WHERE customer_id = :id) AS consents"
    )
    (plain,) = people.rows(session, sql, id=ada.id, store=store.id)
    assert (counts["order"], counts["points"], counts["consent"]) == (plain["orders"], plain["points"], plain["consents"])
    for kind in KINDS:
        assert whole(session, store, ada.id, 5, kinds={kind}) == [entry for entry in everything if entry.kind == kind]


def test_each_thing_says_why(session: Session) -> None:
    world = rich.build(session)
    store, ada = world.north.store, session.get_one(Customer, world.adaline)
    session.add(
        PointsEntry(
            store_id=store.id, customer_id=ada.id, cause="order:x:adjust:1", kind="adjust", points=-7, order_id=None, basis=700,
            rate="1.5", settings_version=4, happened_at=NOW, available_at=NOW + 1, posted_at=NOW,
        )
    )  # fmt: skip
    editing.edit(session, store, ada, {"phone": "+44 7700 900999"}, actor="mia", now=NOW)
    editing.unsubscribe(session, store, ada, actor="mia", now=NOW + 5)
    (points,) = timeline(session, store, ada.id, kinds={"points"}, size=1).entries
    assert (points.what, points.values["points"], points.values["rate"], points.values["settings_version"]) == (
        *("adjust", -7, "1.5", 4),
    )
    consent = timeline(session, store, ada.id, kinds={"consent"}, size=1).entries[0]
    assert (consent.what, consent.values["channel"], consent.values["source"]) == ("unsubscribed", "email", "told the shop")
    skipped = [entry for entry in whole(session, store, ada.id, kinds={"code"}) if entry.what == "made"]
    assert {entry.values["step"] for entry in skipped} == {"60", "90"}
    edit = whole(session, store, ada.id, kinds={"change"})
    by_hand = next(entry for entry in edit if entry.what == "customer.edited" and entry.values["actor"] == "mia")
    assert by_hand.values["after"] == {"phone": "+447700900999"}
    refunds = whole(session, store, ada.id, kinds={"order"})
    assert [entry.values["number"] for entry in refunds][-1] == "#G1"


def test_what_happened_in_another_store_is_that_stores(session: Session) -> None:
    world = rich.build(session)
    here, there = (
        {entry.values["number"] for entry in whole(session, store, world.adaline, kinds={"order"})}
        for store in (world.north.store, world.south)
    )
    assert (here, there) == ({"#A1", "#A2", "#G1"}, {"#S1"})
    assert whole(session, world.north.store, world.ben, kinds={"order"})[0].values["number"] == "#B1"


def test_a_merge_and_its_undoing_are_told(session: Session) -> None:
    world = rich.build(session)
    ada = session.get_one(Customer, world.adaline)
    (entry, absorbed) = joining.merges(session, ada)[0]
    joining.unmerge_by_hand(session, world.north.store, ada, entry.id, actor="mia", now=NOW)
    told = whole(session, world.north.store, ada.id, kinds={"merge"})
    assert [(one.what, one.values["absorbed"]) for one in told] == [("parted", absorbed.key), ("merged", absorbed.key)]


@pytest.mark.parametrize("after", ["x", "W10", "WzEsMl0", "WyJhIiwxLDJd", "ü"])
def test_a_link_that_was_tampered_with_begins_anew(session: Session, after: str) -> None:
    world = rich.build(session)
    first = timeline(session, world.north.store, world.adaline, size=3)
    assert timeline(session, world.north.store, world.adaline, after=after, size=3) == first
    with pytest.raises(InvalidInput):
        timeline(session, world.north.store, world.adaline, kinds={"gossip"})
