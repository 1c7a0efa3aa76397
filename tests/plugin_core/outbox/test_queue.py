"""The outbox: nothing asked for is lost, nothing is carried out by two at once."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plugin_core.clock import SECOND_US
from plugin_core.outbox import queue
from plugin_core.outbox.models import OutboxEntry
from plugin_core.stores.models import Store
from tests.plugin_core.loyalty.shop import open_store

NOW = 1_000_000 * SECOND_US


@pytest.fixture
def store(session: Session) -> Store:
    return open_store(session)


def put(session, store, *keys, due_at=NOW, payload=None, now=NOW) -> None:
    queue.put_many(session, store.id, "profile", [(key, payload or {}) for key in keys], due_at=due_at, now=now)


def claim(session, store, now=NOW, limit=10) -> list[queue.Claimed]:
    return queue.claim(session, store.id, "profile", limit=limit, now=now)


def keys(claimed) -> list[str]:
    return [one.key for one in claimed]


def entry(session, key="1") -> OutboxEntry:
    session.expire_all()
    return session.query(OutboxEntry).filter_by(key=key).one()


def test_asking_five_times_before_anybody_looks_is_one_row_with_the_last_wish(session, store) -> None:
    for wish in range(5):
        queue.put(session, store.id, "profile", "1", {"wanted": wish}, due_at=NOW, now=NOW)
    assert [(one.key, one.payload) for one in claim(session, store)] == [("1", {"wanted": 4})]
    assert claim(session, store) == []


def test_what_is_not_due_yet_waits(session, store) -> None:
    put(session, store, "1", due_at=NOW + 5)
    assert claim(session, store) == []
    put(session, store, "1", due_at=NOW)
    assert keys(claim(session, store)) == ["1"]


def test_thousands_are_put_at_once_and_claimed_in_batches_until_none_is_left(session, store) -> None:
    put(session, store, *(str(number) for number in range(3_000)))
    put(session, store, *(str(number) for number in range(1_000, 4_000)))
    seen = []
    while claimed := claim(session, store, limit=700):
        seen += keys(claimed)
        queue.settle(session, claimed, now=NOW)
    assert sorted(seen, key=int) == [str(number) for number in range(4_000)]
    assert session.query(OutboxEntry).count() == 0


def test_asked_for_again_while_it_is_carried_out_means_carried_out_again(session, store) -> None:
    put(session, store, "1", "2")
    claimed = claim(session, store)
    put(session, store, "1")
    assert claim(session, store) == []  # nobody else starts on it meanwhile
    queue.settle(session, claimed, now=NOW)
    assert keys(claim(session, store)) == ["1"]


def test_the_claims_of_a_killed_worker_come_back_when_the_lease_is_over(session, store) -> None:
    put(session, store, "1")
    claim(session, store)
    assert claim(session, store, now=NOW + queue.LEASE_US - 1) == []
    assert keys(claim(session, store, now=NOW + queue.LEASE_US)) == ["1"]


def test_after_a_crash_the_only_worker_takes_its_claims_back_at_once(session, store) -> None:
    other = open_store(session, "coffee")
    put(session, store, "1")
    put(session, other, "1")
    claim(session, store)
    claim(session, other)
    assert queue.release(session, store.id, now=NOW) == 1
    assert keys(claim(session, store)) == ["1"]
    assert claim(session, other) == []


def test_each_failure_waits_longer_and_the_last_leaves_it_for_people_to_see(session, store) -> None:
    put(session, store, "1")
    now, waits = NOW, []
    for _attempt in range(queue.ATTEMPTS - 1):
        (claimed,) = claim(session, store, now=now)
        assert queue.fail(session, [(claimed, "the store said no")], now=now, retry=True) == 0
        waits.append(entry(session).due_at - now)
        now = entry(session).due_at
    for wait, seconds in zip(waits, [30, 120, 480, 1_920, 7_680, 21_600, 21_600], strict=True):
        assert seconds * SECOND_US <= wait <= seconds * SECOND_US * 11 // 10
    (claimed,) = claim(session, store, now=now)
    assert queue.fail(session, [(claimed, "the store said no")], now=now, retry=True) == 1
    assert claim(session, store, now=now * 2) == []
    assert queue.dead(session, store.id) == [queue.Dead("1", "profile", "the store said no", queue.ATTEMPTS)]
    assert queue.revive(session, store.id, now=now) == 1
    assert keys(claim(session, store, now=now)) == ["1"]


def test_what_can_never_work_is_dead_at_once_and_alive_when_asked_for_anew(session, store) -> None:
    put(session, store, "1", "2")
    claimed = claim(session, store)
    assert queue.fail(session, [(claimed[0], "no such field")], now=NOW, retry=False) == 1
    queue.settle(session, claimed[1:], now=NOW)
    assert claim(session, store) == []
    put(session, store, "1")
    assert (entry(session).attempts, entry(session).problem) == (0, "")
    assert keys(claim(session, store)) == ["1"]


def test_asking_again_does_not_cut_short_the_wait_after_a_failure(session, store) -> None:
    put(session, store, "1")
    (claimed,) = claim(session, store)
    queue.fail(session, [(claimed, "busy")], now=NOW, retry=True)
    put(session, store, "1")
    assert claim(session, store) == []


def test_an_unreachable_store_costs_nobody_an_attempt(session, store) -> None:
    put(session, store, "1")
    for day in range(20):
        claimed = claim(session, store, now=NOW + day)
        queue.postpone(session, claimed, until=NOW + day + 1)
    assert entry(session).attempts == 0
    assert queue.due_stores(session, now=NOW + 19) == []
    assert queue.due_stores(session, now=NOW + 20) == [store.id]


def test_two_workers_at_once_share_the_rows_between_them(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as first, Session(engine) as second:
        store = open_store(first)
        put(first, store, *(str(number) for number in range(10)))
        first.commit()
        one = keys(claim(first, store, limit=6))
        if engine.dialect.name == "sqlite":  # one writer at a time: the second waits for the first to commit
            first.commit()
        two = keys(claim(second, store, limit=6))
    assert (len(one), len(two)) == (6, 4)
    assert not set(one) & set(two)
