"""A segment's history by days: sizes and moves equal what counting each day's members by hand gives."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.segments import own
from plugin_core.segments.history import histories, history, size
from plugin_core.segments.members import members
from plugin_core.segments.models import Membership
from plugin_core.segments.rules import parse
from tests.plugin_core.segments.shop import NOW, Person, add_people, open_store

HOUR_US = DAY_US // 24


@pytest.mark.parametrize("zone", ["Europe/Istanbul", "Asia/Kathmandu", "America/New_York"])
def test_each_days_size_is_what_counting_its_members_gives(session: Session, zone: str) -> None:
    store = open_store(session, zone=zone)
    mine = own.create(session, store, "Mine", parse({"field": "orders", "op": ">=", "value": 1}), actor="ada", now=NOW)
    people = add_people(session, store, [Person()] * 40)
    stays = [
        {
            "segment_id": mine.id,
            "customer_id": person,
            "entered_at": NOW - person * 31 * HOUR_US,
            "left_at": None if person % 3 else NOW - person * 19 * HOUR_US,
            "settings_version": 0,
        }
        for person in people
    ]
    session.execute(sa.insert(Membership), stays)
    told = history(session, store, mine, days=30, now=NOW)
    assert told.people == len(members(session, mine))
    assert (len(told.days), told.days[-1].people) == (30, told.people)
    for earlier, later in zip(told.days, told.days[1:], strict=False):
        assert later.people == earlier.people + later.entered - later.left
    midnight = NOW - NOW % DAY_US
    offset = {"Europe/Istanbul": 3 * HOUR_US, "Asia/Kathmandu": 5.75 * HOUR_US, "America/New_York": -5 * HOUR_US}[zone]
    ends = midnight - int(offset) + (DAY_US if (NOW + int(offset)) // DAY_US > NOW // DAY_US else 0)
    assert told.days[-2].people == len(members(session, mine, at=ends - 1))
    assert told.days[-2].day == date(2026, 11, 21)
    assert told.change == told.people - (told.days[0].people - told.days[0].entered + told.days[0].left)
    assert size(session, mine) == told.people
    assert histories(session, store, now=NOW) == {"mine": told}


def test_a_removed_segment_is_in_no_list_but_its_history_can_still_be_read(session: Session) -> None:
    store, dmitris = open_store(session), open_store(session, key="dmitris")
    mine = own.create(session, store, "Mine", parse({"field": "orders", "op": ">=", "value": 1}), actor="ada", now=NOW)
    own.archive(session, store, mine.slug, actor="ada", now=NOW)
    assert histories(session, store, now=NOW) == histories(session, dmitris, now=NOW) == {}
    assert [day.people for day in history(session, store, mine, days=3, now=NOW).days] == [0, 0, 0]


def test_who_was_in_it_when_it_was_first_worked_out_has_not_come_since(session: Session) -> None:
    store = open_store(session, zone="Europe/Istanbul")
    mine = own.create(session, store, "Mine", parse({"field": "orders", "op": ">=", "value": 1}), actor="ada", now=NOW)
    people = add_people(session, store, [Person()] * 9)
    stays = [
        {"segment_id": mine.id, "customer_id": person, "entered_at": NOW - 5 * DAY_US + place * HOUR_US, "settings_version": 0}
        for place, person in enumerate(people[:7])
    ]
    stays.append({"segment_id": mine.id, "customer_id": people[7], "entered_at": NOW - DAY_US, "settings_version": 0})
    session.execute(sa.insert(Membership), stays)
    told = history(session, store, mine, days=30, now=NOW)
    assert [day.day.day for day in told.days] == [17, 18, 19, 20, 21, 22]
    assert [day.people for day in told.days] == [7, 7, 7, 7, 8, 8]
    assert (told.people, told.change, told.days[0].entered) == (8, 1, 0)
