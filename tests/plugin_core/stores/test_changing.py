"""Two tabs, undo and the history of a store's settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin_core.db import Database
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.loyalty.models import LoyaltyProgramme
from plugin_core.stores import changing
from plugin_core.stores.changing import ChangedMeanwhile, Difference
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings, current
from tests.plugin_core import shop
from tests.plugin_core.loyalty.shop import open_store


def save(session, store, values, expected, *, now=1, actor="ada"):
    return changing.save(session, store, values, expected=expected, actor=actor, now=now)


def test_the_second_of_two_tabs_is_told_what_changed_meanwhile_and_saves_nothing(session):
    store = open_store(session)
    assert save(session, store, {"cap_mails": "3", "sender_name": "Ada"}, 0).version == 1
    with pytest.raises(ChangedMeanwhile) as told:
        save(session, store, {"cap_days": "9"}, 0, actor="ben")
    assert told.value.meanwhile == (Difference("sender_name", "", "Ada"), Difference("cap_mails", 2, 3))
    assert told.value.version == 1
    assert current(session, store)[0].cap_days == 7
    assert save(session, store, {"cap_days": "9"}, 1, actor="ben") == (2, ("cap_days",))


def test_of_many_who_save_at_once_one_wins(database: Database):
    with database.write() as session:
        store_id = open_store(session).id

    def attempt(number: int) -> bool:
        try:
            with database.write() as session:
                save(session, session.get_one(Store, store_id), {"cap_days": str(10 + number)}, 0)
        except ChangedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1


def test_saving_what_is_so_already_makes_no_version(session):
    store = open_store(session)
    assert save(session, store, {"cap_mails": "2"}, 0) == (0, ())
    assert shop.rows(session, "SELECT * FROM audit_entries") == []


def test_everything_that_is_wrong_in_a_form_is_said_at_once(session):
    found = changing.problems(StoreSettings(), {"cap_mails": "0", "sender_email": "x", "cap_days": "5", "tag_prefix": ""})
    assert set(found) == {"cap_mails", "sender_email", "tag_prefix"}
    assert all(isinstance(problem, InvalidInput) for problem in found.values())


def test_undo_gives_back_what_that_version_changed_and_nothing_else(session):
    store = open_store(session)
    save(session, store, {"cap_mails": "3", "tiers": "iron=0,gold=50", "earn_rate": "1.5", "exchange_rates": "USD=0.9"}, 0)
    save(session, store, {"cap_days": "9"}, 1)
    undone = changing.undo(session, store, 1, expected=2, actor="ben", now=3)
    assert undone == (3, ("exchange_rates", "cap_mails", "earn_rate", "tiers"))
    after, _ = current(session, store)
    assert (after.cap_mails, after.tiers, after.cap_days) == (2, StoreSettings().tiers, 9)
    again = changing.undo(session, store, 3, expected=3, actor="ben", now=4)
    assert current(session, store)[0].cap_mails == 3
    assert again.version == 4


def test_undo_is_refused_where_the_same_was_changed_again_later(session):
    store = open_store(session)
    save(session, store, {"cap_mails": "3", "cap_days": "9"}, 0)
    save(session, store, {"cap_mails": "4"}, 1)
    with pytest.raises(ChangedMeanwhile) as told:
        changing.undo(session, store, 1, expected=2, actor="ben", now=3)
    assert told.value.meanwhile == (Difference("cap_mails", 3, 4),)
    assert current(session, store)[1] == 2
    for missing in (0, 3):
        with pytest.raises(NotFound):
            changing.undo(session, store, missing, expected=2, actor="ben", now=3)


def test_the_history_says_who_changed_what_from_what_to_what_newest_first(session):
    store, other = open_store(session), open_store(session, "coffee")
    for place, days in enumerate(("8", "9", "10")):
        save(session, store, {"cap_days": days}, place, now=place)
    save(session, other, {"cap_days": "99"}, 0)
    first = changing.history(session, store, limit=2)
    assert [(one.version, one.changed_by, one.changed_at, one.changes) for one in first] == [
        (3, "ada", 2, (Difference("cap_days", 9, 10),)),
        (2, "ada", 1, (Difference("cap_days", 8, 9),)),
    ]
    (last,) = changing.history(session, store, before=2, limit=2)
    assert last.changes == (Difference("cap_days", 7, 8),)


def test_a_setting_that_moves_nobody_makes_no_pass_over_the_whole_store_due(session):
    store = open_store(session)
    session.add(LoyaltyProgramme(store_id=store.id, started_at=0, settled_version=0))
    save(session, store, {"sender_name": "Ada"}, 0)
    assert not store.yardsticks_due
    assert session.get_one(LoyaltyProgramme, store.id).settled_version == 1
    save(session, store, {"lifecycle_boundaries": "1,2,3,5"}, 1)
    assert store.yardsticks_due
    assert session.get_one(LoyaltyProgramme, store.id).settled_version == 1
