"""Nudges reach whoever works, whichever way they are carried; losing some costs time and nothing else."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jobs.queue import Queue
from jobs.redis_queue import RedisQueue
from jobs.threads import ThreadQueue
from tests.redis import RedisMissing, RedisServer, redis_server

TASKS = ("urgent", "other")
WAIT_S = 30.0


class Carrier:
    """A queue with two threads that work for it, once started."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.server: RedisServer | None = None
        self.queue: Queue
        if kind == "threads":
            self.queue = ThreadQueue(TASKS, threads=2)
        else:
            self.server = RedisServer(folder)
            self.server.start()
            self.queue = RedisQueue(self.server.url, TASKS)
        self._stop: Callable[[], Any] = lambda: None

    def start(self, perform: Callable[[str, int], None]) -> None:
        def taking(task: str, store_id: int) -> None:
            self.queue.taken(task, store_id)
            perform(task, store_id)

        if isinstance(self.queue, ThreadQueue):
            threads = self.queue
            threads.start(taking)
            self._stop = lambda: threads.stop(WAIT_S)
        else:
            assert isinstance(self.queue, RedisQueue)
            worker = self.queue.worker(taking, threads=2)
            worker.start()
            self._stop = lambda: worker.stop(timeout=int(WAIT_S * 1000))

    def stop(self) -> None:
        self._stop()
        self._stop = lambda: None

    def close(self) -> None:
        self.stop()
        self.queue.close()
        if self.server is not None:
            self.server.kill()


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Carrier]:
    try:
        carrier = Carrier(kind, folder)
    except RedisMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    try:
        yield carrier
    finally:
        carrier.close()


@pytest.fixture(params=["threads", "redis"])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carrier]:
    with opened(request.param, tmp_path) as carrier:
        yield carrier


class Seen:
    """What was performed; ``wait`` until something was."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self._change = threading.Condition()

    def perform(self, task: str, store_id: int) -> None:
        with self._change:
            self.counts[task, store_id] += 1
            self._change.notify_all()

    def wait(self, task: str, store_id: int, times: int = 1) -> None:
        with self._change:
            assert self._change.wait_for(lambda: self.counts[task, store_id] >= times, WAIT_S), f"only {self.counts}"


def test_a_nudge_reaches_whoever_works(carrier: Carrier) -> None:
    seen = Seen()
    carrier.start(seen.perform)
    carrier.queue.nudge("urgent", 1)
    carrier.queue.nudge("other", 2)
    seen.wait("urgent", 1)
    seen.wait("other", 2)
    assert carrier.queue.reachable()


def test_a_hundred_nudges_that_nobody_has_taken_yet_are_one(carrier: Carrier) -> None:
    for _ in range(100):
        carrier.queue.nudge("urgent", 1)
    carrier.queue.nudge("other", 1)
    assert carrier.queue.depth() == 2
    seen = Seen()
    carrier.start(seen.perform)
    carrier.queue.nudge("other", 2)
    seen.wait("urgent", 1)
    seen.wait("other", 2)
    seen.wait("other", 1)
    carrier.stop()
    assert set(seen.counts.values()) == {1}


def test_a_nudge_while_the_task_runs_runs_it_again(carrier: Carrier) -> None:
    seen, inside, go_on = Seen(), threading.Event(), threading.Event()

    def perform(task: str, store_id: int) -> None:
        inside.set()
        assert go_on.wait(WAIT_S)
        seen.perform(task, store_id)

    carrier.start(perform)
    carrier.queue.nudge("urgent", 1)
    assert inside.wait(WAIT_S)
    carrier.queue.nudge("urgent", 1)
    go_on.set()
    seen.wait("urgent", 1, 2)


def test_a_slow_store_does_not_delay_another(carrier: Carrier) -> None:
    seen, go_on = Seen(), threading.Event()

    def perform(task: str, store_id: int) -> None:
        if store_id == 1:
            assert go_on.wait(WAIT_S)
        seen.perform(task, store_id)

    carrier.start(perform)
    carrier.queue.nudge("urgent", 1)
    for store_id in (2, 3, 4):
        carrier.queue.nudge("urgent", store_id)
    for store_id in (2, 3, 4):
        seen.wait("urgent", store_id)
    assert seen.counts["urgent", 1] == 0
    go_on.set()
    seen.wait("urgent", 1)


def test_a_task_that_fails_takes_nobody_with_it(carrier: Carrier) -> None:
    seen = Seen()

    def perform(task: str, store_id: int) -> None:
        if store_id == 1:
            raise ZeroDivisionError
        seen.perform(task, store_id)

    carrier.start(perform)
    for _ in range(3):
        carrier.queue.nudge("urgent", 1)
    carrier.queue.nudge("urgent", 2)
    seen.wait("urgent", 2)


def test_stopping_waits_for_the_step_that_was_begun(carrier: Carrier) -> None:
    seen, inside = Seen(), threading.Event()

    def perform(task: str, store_id: int) -> None:
        inside.set()
        threading.Event().wait(0.3)
        seen.perform(task, store_id)

    carrier.start(perform)
    carrier.queue.nudge("urgent", 1)
    assert inside.wait(WAIT_S)
    carrier.stop()
    assert seen.counts["urgent", 1] == 1


def test_nudging_a_redis_that_is_away_harms_nobody_and_works_again_afterwards(tmp_path: Path) -> None:
    with opened("redis", tmp_path) as carrier:
        seen = Seen()
        carrier.start(seen.perform)
        assert carrier.server is not None
        carrier.server.kill()
        carrier.queue.nudge("urgent", 1)
        assert not carrier.queue.reachable()
        assert carrier.queue.depth() == 0
        carrier.server.start()
        # What was nudged meanwhile is gone; the timer would nudge again.
        carrier.queue.nudge("urgent", 1)
        seen.wait("urgent", 1)


def test_two_workers_share_the_nudges_of_one_redis(tmp_path: Path) -> None:
    seen, others = Seen(), Seen()
    both = threading.Barrier(2)

    def perform_in(here: Seen) -> Callable[[str, int], None]:
        def perform(task: str, store_id: int) -> None:
            both.wait(WAIT_S)
            here.perform(task, store_id)

        return perform

    with redis_server(tmp_path) as server:
        queues = [RedisQueue(server.url, TASKS) for _ in range(2)]
        workers = [queue.worker(perform_in(here), threads=1) for queue, here in zip(queues, (seen, others), strict=True)]
        for worker in workers:
            worker.start()
        queues[0].nudge("urgent", 1)
        queues[0].nudge("urgent", 2)
        # Each waits inside for the other: one of them alone would never end.
        for here in (seen, others):
            with here._change:
                assert here._change.wait_for(lambda here=here: sum(here.counts.values()) == 1, WAIT_S)
        for worker in workers:
            worker.stop()
        for queue in queues:
            queue.close()
