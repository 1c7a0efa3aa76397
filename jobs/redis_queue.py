"""The queue of many machines: Dramatiq on Redis carries the nudges, any number of workers takes them.

Dramatiq's own retries, time limits and results stay out: when and whether something is tried again stands in our tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import redis
import structlog
from dramatiq import Actor, Worker
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.queue import EVERY_STORE

_QUEUE = "nudges"
_PREFIX = "comeback"
# So long the same nudge isn't sent again while nobody has taken it: its worker may have been killed with it in hand.
_REMEMBERED_MS = 10_000
_HEARTBEAT_MS = 15_000  # a worker silent for so long is taken for dead
_POLL_MS = 200

_log = structlog.get_logger("jobs.redis_queue")


class RedisQueue:
    def __init__(self, url: str, tasks: Iterable[str]) -> None:
        """``tasks``: most urgent first. Connects when first used."""
        # Requests and the timer nudge too: they must not wait for a Redis that is away.
        self._redis = _client(url, timeout=2.0)
        self._broker = _broker(_client(url, timeout=30.0))
        self._sender = _broker(self._redis)
        self._perform: Callable[[str, int], None] | None = None
        self._actors: dict[str, Actor[[int], None]] = {}
        for place, task in enumerate(tasks):
            self._actors[task] = Actor(
                self._actor(task), broker=self._broker, actor_name=task, queue_name=_QUEUE, priority=place, options={}
            )
        self._sender.declare_queue(_QUEUE)
        self._away = False

    def nudge(self, task: str, store_id: int = EVERY_STORE, *, again: bool = False) -> None:
        try:
            if self._redis.set(_mark(task, store_id), 1, nx=not again, px=_REMEMBERED_MS):
                self._sender.enqueue(self._actors[task].message(store_id))
            self._away = False
        except (redis.RedisError, OSError) as problem:
            if not self._away:
                _log.warning("the queue is away; the timer finds what is due", error=type(problem).__name__)
            self._away = True

    def taken(self, task: str, store_id: int) -> None:
        with suppress(redis.RedisError, OSError):
            self._redis.delete(_mark(task, store_id))

    def depth(self) -> int:
        try:
            return int(self._redis.llen(f"{_PREFIX}:{_QUEUE}"))
        except (redis.RedisError, OSError):
            return 0

    def reachable(self) -> bool:
        try:
            return bool(self._redis.ping())
        except (redis.RedisError, OSError):
            return False

    def worker(self, perform: Callable[[str, int], None], *, threads: int) -> Worker:
        """Not yet started; ``stop`` lets tasks that were begun end and gives the nudges in hand back."""
        self._perform = perform
        worker = Worker(self._broker, worker_threads=threads, worker_timeout=_POLL_MS)
        # A nudge waits in Redis for whichever worker is free first, not in the hands of one that is busy.
        worker.queue_prefetch = threads
        return worker

    def close(self) -> None:
        for broker in (self._broker, self._sender):
            broker.close()
            broker.client.connection_pool.disconnect(inuse_connections=True)

    def _actor(self, task: str) -> Callable[[int], None]:
        def run(store_id: int) -> None:
            assert self._perform is not None  # noqa: S101 - only a worker takes messages
            try:
                self._perform(task, store_id)
            except Exception:  # noqa: BLE001 - any failure
                # The tables still hold what is due; a message that failed would only be dead weight in Redis.
                _log.exception("task failed", task=task, store_id=store_id)

        return run


def _mark(task: str, store_id: int) -> str:
    return f"{_PREFIX}:asked:{task}:{store_id}"


def _client(url: str, *, timeout: float) -> redis.Redis:
    # A unix socket's connection takes no such option.
    more = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 1), **more)


def _broker(client: redis.Redis) -> RedisBroker:
    return RedisBroker(  # type: ignore[no-untyped-call]  # the library's signature carries no types
        client=client, middleware=[], namespace=_PREFIX, heartbeat_timeout=_HEARTBEAT_MS
    )
