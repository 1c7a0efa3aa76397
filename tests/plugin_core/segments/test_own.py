"""A merchant's own segments: made, changed, taken back, removed and brought back, with everybody in them following."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput, NotFound
from plugin_core.segments import nightly, own
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.members import every, find, members
from plugin_core.segments.models import Segment
from plugin_core.segments.rules import parse
from plugin_core.segments.stock import ensure_stock
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.segments.shop import NOW, Bought, Person, add_people, days_ago, open_store

RECENT = parse({"field": "days_since_last_order", "op": "<", "value": 7})
OLDER = parse({"field": "days_since_last_order", "op": ">=", "value": 7})


def judged(session: Session, store: Store, now: int) -> None:
    evaluate(session, store, StoreSettings(), 0, customer_ids=None, now=now)


def bits(session: Session, store: Store) -> dict[int, int]:
    rows = session.execute(
        sa.text("SELECT customer_id, segment_bits FROM customer_stats WHERE store_id = :store"), {"store": store.id}
    )
    return {row.customer_id: row.segment_bits for row in rows}


def test_a_changed_rule_moves_its_people_and_undoing_it_moves_them_back(session: Session) -> None:
    store = open_store(session)
    ada, ben = add_people(session, store, [Person((Bought(days_ago(2)),)), Person((Bought(days_ago(20)),))])
    mine = own.create(session, store, "Fresh faces", RECENT, actor="ada", now=NOW)
    judged(session, store, NOW)
    assert (mine.slug, members(session, mine)) == ("fresh_faces", [ada])
    store.yardsticks_due = False
    own.change(session, store, mine.slug, own.Wanted("Old faces", OLDER), seen=1, actor="ben", now=NOW + 1)
    assert store.yardsticks_due
    nightly.refresh(session, store, StoreSettings(), 0, now=NOW + 2)
    assert members(session, mine) == [ben]
    own.undo(session, store, mine.slug, 1, actor="ada", now=NOW + 3)
    nightly.refresh(session, store, StoreSettings(), 0, now=NOW + 4)
    assert (mine.name, mine.version, members(session, mine)) == ("Fresh faces", 3, [ada])
    assert members(session, mine, at=NOW + 2) == [ben]
    assert [(kept.version, kept.name, kept.changed_by) for kept in own.versions(session, mine)] == [
        *((3, "Fresh faces", "ada"), (2, "Old faces", "ben"), (1, "Fresh faces", "ada")),
    ]


def test_every_change_is_on_record_with_who_and_from_what_to_what(session: Session) -> None:
    store = open_store(session)
    mine = own.create(session, store, "Fresh faces", RECENT, actor="ada", now=NOW)
    own.change(session, store, mine.slug, own.Wanted("Newcomers"), actor="ben", now=NOW + 1)
    own.change(session, store, mine.slug, own.Wanted("Newcomers"), actor="ben", now=NOW + 2)
    own.archive(session, store, mine.slug, actor="ada", now=NOW + 3)
    own.restore(session, store, mine.slug, actor="ada", now=NOW + 4)
    said: list[Any] = [
        (entry.action, entry.actor, entry.before, entry.after)
        for entry in session.scalars(sa.select(AuditEntry).where(AuditEntry.store_id == store.id).order_by(AuditEntry.id))
    ]
    assert [(action, actor) for action, actor, _, _ in said] == [
        *(("segment.created", "ada"), ("segment.changed", "ben"), ("segment.removed", "ada"), ("segment.restored", "ada")),
    ]
    assert said[1][2:] == ({"name": "Fresh faces"}, {"name": "Newcomers"})
    assert mine.slug == "fresh_faces"  # tags in the store stay what they are


def test_a_removed_segment_lets_everybody_go_keeps_its_history_and_gives_its_place_back(session: Session) -> None:
    store = open_store(session)
    (ada,) = add_people(session, store, [Person((Bought(days_ago(2)),))])
    mine = own.create(session, store, "Fresh faces", RECENT, actor="ada", now=NOW)
    other = own.create(session, store, "Others", RECENT, actor="ada", now=NOW)
    judged(session, store, NOW)
    assert bits(session, store) == {ada: 0b11}
    own.archive(session, store, mine.slug, actor="ada", now=NOW + 1)
    assert (own.room(session, store).used, every(session, store)) == (2, [other])
    with pytest.raises(NotFound):
        find(session, store, mine.slug)
    nightly.refresh(session, store, StoreSettings(), 0, now=NOW + 2)
    session.refresh(mine)
    assert (bits(session, store), mine.bit, own.room(session, store).used) == ({ada: 0b10}, None, 1)
    assert members(session, mine) == []
    assert members(session, mine, at=NOW + 1) == [ada]
    taker = own.create(session, store, "Fresh faces", OLDER, actor="ada", now=NOW + 3)
    assert (taker.bit, taker.slug) == (0, "fresh_faces_2")
    with pytest.raises(InvalidInput, match="already"):
        own.restore(session, store, mine.slug, actor="ada", now=NOW + 4)
    own.change(session, store, taker.slug, own.Wanted("Quiet ones"), actor="ada", now=NOW + 4)
    own.restore(session, store, mine.slug, actor="ada", now=NOW + 4)
    nightly.refresh(session, store, StoreSettings(), 0, now=NOW + 5)
    assert (mine.bit, members(session, mine), members(session, taker)) == (2, [ada], [])


def test_a_stock_segment_is_duplicated_but_never_removed(session: Session) -> None:
    store = open_store(session)
    ensure_stock(session, store, now=NOW)
    with pytest.raises(InvalidInput, match="Duplicate it"):
        own.archive(session, store, "brand_advocates", actor="ada", now=NOW)
    copy = own.duplicate(session, store, "brand_advocates", "My advocates", actor="ada", now=NOW)
    assert (copy.stock, copy.rule) == (False, find(session, store, "brand_advocates").rule)
    own.archive(session, store, copy.slug, actor="ada", now=NOW)
    assert [gone.slug for gone in own.archived(session, store)] == ["my_advocates"]


def test_two_people_who_change_a_segment_at_once_do_not_overwrite_each_other(session: Session) -> None:
    store = open_store(session)
    mine = own.create(session, store, "Fresh faces", RECENT, actor="ada", now=NOW)
    own.change(session, store, mine.slug, own.Wanted(rule=OLDER), seen=1, actor="ben", now=NOW + 1)
    with pytest.raises(InvalidInput, match="by somebody else"):
        own.change(session, store, mine.slug, own.Wanted("Mine"), seen=1, actor="ada", now=NOW + 2)
    assert mine.name == "Fresh faces"


def test_another_merchants_segments_can_be_neither_seen_nor_changed(session: Session) -> None:
    store, dmitris = open_store(session), open_store(session, key="dmitris")
    mine = own.create(session, store, "Fresh faces", RECENT, actor="ada", now=NOW)
    for act in (own.archive, own.restore):
        with pytest.raises(NotFound):
            act(session, dmitris, mine.slug, actor="dmitri", now=NOW)
    with pytest.raises(NotFound):
        own.change(session, dmitris, mine.slug, own.Wanted("Theirs"), actor="dmitri", now=NOW)
    assert (every(session, dmitris), session.scalar(sa.select(sa.func.count()).select_from(Segment))) == ([], 1)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Şubatta gelenler!", "subatta_gelenler"),
        ("مشتریان ویژه", "segment_2"),
        ("2 orders <b>", "segment_2_orders_b"),
        ("می\u200cخرند", "segment_2"),
    ],
)
def test_a_segment_is_named_in_any_script(session: Session, name: str, slug: str) -> None:
    store = open_store(session)
    own.create(session, store, "segment", RECENT, actor="ada", now=NOW)
    made = own.create(session, store, name, RECENT, actor="ada", now=NOW)
    assert (made.name, made.slug) == (name, slug)


@pytest.mark.parametrize("name", ["", "  ", "a" * 81, "turned\u202e round", "nul\0"])
def test_a_name_that_says_nothing_or_deceives_is_refused(session: Session, name: str) -> None:
    store = open_store(session)
    with pytest.raises(InvalidInput):
        own.create(session, store, name, RECENT, actor="ada", now=NOW)
    assert every(session, store) == []
