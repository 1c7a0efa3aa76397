"""Write-back brings each store to show what is true now, once, whatever happens on the way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from jobs.context import JobContext
from jobs.writeback import WriteBack, write_consents, write_profiles
from plugin_core.db import Database
from plugin_core.errors import AccessRevoked, BadAnswer, Throttled, Unsupported
from plugin_core.outbox import journal, queue
from plugin_core.outbox.planning import plan_profiles, want_consent
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.loyalty.shop import open_store
from tests.plugin_core.outbox.members import account_of, be, found_segments, join
from tests.plugin_core.outbox.pretend_store import Killed, PretendStore

DEFAULTS = StoreSettings()


class Shop:
    """A connected store, the people in it, and a clock."""

    def __init__(self, engine: Engine) -> None:
        self.database = Database(engine)
        self.platform = PretendStore()
        self.now = 1_000_000_000_000
        unused: Any = None
        self.context = JobContext(self.database, unused, self.platform.open, unused, unused, "", lambda: self.now)
        with self.database.write() as session:
            self.store = open_store(session)
            found_segments(session, self.store)
            self.people = {name: join(session, self.store, name, tags=("vip",)) for name in ("ada", "ben", "cleo")}
            self.platform.tags = {name: {"vip"} for name in self.people}

    def plan(self) -> int:
        with self.database.write() as session:
            store = session.get_one(Store, self.store.id)
            return plan_profiles(session, store, DEFAULTS, customer_ids=None, now=self.now)

    def be(self, name: str, **stats: Any) -> None:
        with self.database.write() as session:
            be(session, self.store, self.people[name], **stats)

    def write(self, **options: Any) -> WriteBack:
        return write_profiles(self.context, self.store.id, **options)

    def dead(self) -> list[queue.Dead]:
        with self.database.read() as session:
            return queue.dead(session, self.store.id)


@pytest.fixture
def shop(engine: Engine) -> Shop:
    return Shop(engine)


def test_everybody_is_written_once_and_a_second_run_calls_nobody(shop) -> None:
    shop.be("ada", points=50, tier="gold", lifecycle="active", segments=["brand_advocates"])
    assert shop.plan() == 3
    assert shop.write().written == 3
    assert shop.platform.fields["ada"] == {"points": 50, "tier": "gold", "segments": "brand_advocates", "lifecycle": "active"}
    assert shop.platform.tags["ada"] == {"vip", "cb:active", "cb:tier-gold", "cb:brand-advocates"}
    assert len(shop.platform.batches) == 1
    assert (shop.plan(), shop.write()) == (0, WriteBack())
    assert len(shop.platform.batches) == 1


def test_a_change_replaces_our_own_tags_and_leaves_the_merchants(shop) -> None:
    shop.plan()
    shop.write()
    shop.be("ada", lifecycle="slipping")
    assert shop.plan() == 1
    shop.write()
    assert shop.platform.tags["ada"] == {"vip", "cb:slipping", "cb:tier-bronze"}
    (write,) = shop.platform.batches[-1]
    assert (write.add_tags, write.remove_tags) == (("cb:slipping",), ("cb:prospect",))


def test_five_changes_before_the_write_are_one_write_of_the_last(shop) -> None:
    for points in range(5):
        shop.be("ada", points=points)
        shop.plan()
    shop.be("ada", points=99)  # not even planned: the present state is what is written
    shop.write()
    assert shop.platform.fields["ada"]["points"] == 99
    assert sum(write.customer_id == "ada" for batch in shop.platform.batches for write in batch) == 1


def test_a_change_taken_back_before_the_write_calls_nobody(shop) -> None:
    shop.plan()
    shop.write()
    shop.be("ada", points=5)
    shop.plan()
    shop.be("ada", points=0)
    assert shop.write() == WriteBack(unchanged=1)
    assert len(shop.platform.batches) == 1


def test_our_own_write_coming_back_from_the_store_causes_no_other(shop) -> None:
    shop.plan()
    shop.write()
    with shop.database.write() as session:
        echo = account_of(session, shop.store, "ada")
        assert set(echo.tags) == shop.platform.tags["ada"]
        echo.tags, echo.content_hash, echo.modified_at = sorted(shop.platform.tags["ada"]), "new", shop.now + 1
    assert shop.plan() == 0


def test_a_stray_tag_of_ours_found_in_the_store_is_removed_once(shop) -> None:
    with shop.database.write() as session:
        account_of(session, shop.store, "ben").tags = ["vip", "cb:lapsed-90"]
    shop.platform.tags["ben"].add("cb:lapsed-90")
    shop.plan()
    shop.write()
    assert shop.platform.tags["ben"] == {"vip", "cb:prospect", "cb:tier-bronze"}
    assert shop.plan() == 0


@pytest.mark.parametrize("killed_after", [1, 2])
def test_a_worker_killed_in_the_middle_leaves_the_same_store_in_the_end(shop, killed_after) -> None:
    shop.plan()
    shop.platform.killed_after = killed_after
    with pytest.raises(Killed):
        shop.write()
    shop.platform.killed_after = 0
    # Meanwhile things moved on: what the killed call may have written has to go again.
    for name in shop.people:
        shop.be(name, lifecycle="active")
    assert shop.write() == WriteBack()  # the lease still runs
    shop.now += queue.LEASE_US
    assert shop.write().written == 3
    assert shop.platform.tags == {name: {"vip", "cb:active", "cb:tier-bronze"} for name in shop.people}
    assert (shop.plan(), shop.write()) == (0, WriteBack())


def test_a_change_taken_back_after_its_write_was_cut_off_is_taken_back_in_the_store_too(shop) -> None:
    shop.plan()
    shop.write()
    shop.be("ada", points=5)
    shop.plan()
    shop.platform.killed_after = 1
    shop.be("ben", points=5)
    shop.plan()
    with pytest.raises(Killed):
        shop.write()
    shop.platform.killed_after = 0
    assert shop.platform.fields["ada"]["points"] == 5
    shop.be("ada", points=0)
    shop.now += queue.LEASE_US
    shop.write()
    assert {name: shown["points"] for name, shown in shop.platform.fields.items()} == {"ada": 0, "ben": 5, "cleo": 0}
    assert (shop.plan(), shop.write()) == (0, WriteBack())


def test_a_customer_the_store_no_longer_has_is_not_written_again(shop) -> None:
    shop.platform.gone = {"ben"}
    shop.plan()
    counts = shop.write()
    assert (counts.written, counts.gone) == (2, 1)
    with shop.database.read() as session:
        assert account_of(session, shop.store, "ben").deleted_at == shop.now
    shop.be("ben", points=9)
    assert shop.plan() == 0


def test_one_refused_customer_does_not_hold_up_the_others_and_is_said(shop) -> None:
    shop.platform.refuses = {"ada": ("busy", True), "ben": ("this value is not allowed", False)}
    shop.plan()
    counts = shop.write()
    assert (counts.written, counts.retrying, counts.dead) == (1, 1, 1)
    assert [one.problem for one in shop.dead()] == ["this value is not allowed"]
    assert shop.write() == WriteBack()
    shop.platform.refuses = {}
    shop.now += 3_600_000_000
    assert shop.write().written == 1
    assert shop.plan() == 0


def test_a_store_that_asks_us_to_slow_down_is_left_alone_for_as_long_as_it_says(shop) -> None:
    shop.plan()
    shop.platform.trouble = Throttled("Too many requests.", store="tea", retry_after=90)
    with pytest.raises(Throttled):
        shop.write()
    shop.platform.trouble = None
    shop.now += 89_000_000
    assert shop.write() == WriteBack()
    shop.now += 1_000_000
    assert shop.write().written == 3


def test_a_revoked_key_loses_nothing(shop) -> None:
    shop.plan()
    shop.platform.trouble = AccessRevoked("The key is not accepted any more.", store="tea")
    for _try in range(20):
        with pytest.raises(AccessRevoked):
            shop.write()
        shop.now += 3_600_000_000
    shop.platform.trouble = None
    assert shop.write().written == 3


def test_answers_that_make_no_sense_are_tried_again_a_few_times_and_then_shown(shop) -> None:
    shop.plan()
    shop.platform.trouble = BadAnswer("The answer is not JSON.", store="tea")
    for _try in range(queue.ATTEMPTS):
        with pytest.raises(BadAnswer):
            shop.write()
        shop.now += 10 * 3_600_000_000
    assert len(shop.dead()) == 3
    assert shop.write() == WriteBack()


def test_a_store_that_has_to_be_connected_again_is_not_called(shop) -> None:
    shop.plan()
    with shop.database.write() as session:
        session.get_one(Store, shop.store.id).state = "reconnect"
    assert shop.write() == WriteBack()
    assert shop.platform.batches == []


def test_large_passes_are_handed_over_in_large_batches(shop) -> None:
    shop.plan()
    shop.write(limit=2)
    assert [len(batch) for batch in shop.platform.batches] == [2, 1]


def test_the_journal_says_how_to_leave_the_store_as_it_was(shop) -> None:
    shop.plan()
    shop.write()
    shop.be("ada", lifecycle="active", points=5)
    shop.plan()
    shop.write()
    with shop.database.read() as session:
        first, second = journal.lines(session, shop.store.id, "ada")
        assert (first.before["fields"], first.after["fields"]["lifecycle"]) == ({}, "prospect")
        assert (second.before["fields"]["points"], second.after["fields"]["points"]) == (0, 5)
        undo = [write for batch in journal.to_undo(session, shop.store.id) for write in batch]
    shop.platform.write_profiles(undo)
    assert shop.platform.tags == {name: {"vip"} for name in shop.people}
    assert set(map(str, shop.platform.fields.values())) == {"{}"}


def test_a_choice_made_with_us_reaches_the_store(shop) -> None:
    with shop.database.write() as session:
        store = session.get_one(Store, shop.store.id)
        store.capabilities = ["consent"]
        want_consent(session, store, shop.people["ada"], "email", "unsubscribed", at=5, now=shop.now)
        want_consent(session, store, shop.people["ben"], "sms", "subscribed", at=6, now=shop.now)
    assert write_consents(shop.context, shop.store.id).written == 2
    assert sorted(shop.platform.consents) == [("ada", "email", "unsubscribed", 5), ("ben", "sms", "subscribed", 6)]
    assert write_consents(shop.context, shop.store.id) == WriteBack()


@pytest.mark.parametrize(
    ("trouble", "waiting"),
    [(Throttled("Slow down.", store="tea", retry_after=1), True), (Unsupported("Keeps no consent.", store="tea"), False)],
)
def test_a_choice_waits_for_a_busy_store_and_is_dropped_where_none_is_kept(shop, trouble, waiting) -> None:
    with shop.database.write() as session:
        store = session.get_one(Store, shop.store.id)
        store.capabilities = ["consent"]
        want_consent(session, store, shop.people["ada"], "email", "unsubscribed", at=5, now=shop.now)
    shop.platform.trouble = trouble
    if waiting:
        with pytest.raises(Throttled):
            write_consents(shop.context, shop.store.id)
    else:
        assert write_consents(shop.context, shop.store.id).unchanged == 1
    shop.platform.trouble = None
    shop.now += 2_000_000
    assert write_consents(shop.context, shop.store.id).written == (1 if waiting else 0)


def test_the_log_names_the_stage_and_the_store_and_nobody_in_it(shop) -> None:
    shop.plan()
    with capture_logs() as lines:
        shop.write()
    assert [(line["event"], line["stage"], line["store"]) for line in lines] == [
        ("claimed", "write-back", "tea"),
        ("written", "write-back", "tea"),
    ]
    assert not any(name in str(lines) for name in shop.people)
    assert shop.platform.closed
