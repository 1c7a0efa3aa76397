"""The processes that do the work: threads beside the web, a worker of its own, the scheduler; and how each is stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from comeback.app import App
from jobs.engine import Engine
from jobs.leading import Scheduler
from jobs.tasks import TASKS
from jobs.threads import ThreadQueue
from jobs.turns import KNOWING
from plugin_core.errors import SettingsProblem

THREADS = 4
GRACE_S = 40.0  # a step ends within this: no store is waited for longer

_log = structlog.get_logger("comeback.working")


@contextmanager
def threads_beside(app: App, *, threads: int = THREADS) -> Iterator[App]:
    """The application with work being done by this process' own threads until the block ends."""
    stopping = threading.Event()
    apart = [name for name, task in TASKS.items() if KNOWING not in task.turns]
    queue = ThreadQueue(tuple(TASKS), apart=apart, threads=threads)
    working = replace(app, context=replace(app.context, queue=queue))
    queue.start(Engine(working.context, stopping.is_set).perform)
    try:
        yield working
    finally:
        stopping.set()
        if not queue.stop(GRACE_S):
            _log.warning("stopped in the middle of a step; its claims are taken back by whoever is next")


def work(app: App, *, threads: int) -> None:
    """Takes nudges from Redis until SIGTERM or SIGINT; then ends the steps begun and gives the rest back."""
    from jobs.redis_queue import RedisQueue  # noqa: PLC0415 - Redis' client takes a second to load, and most do without

    queue = app.context.queue
    if not isinstance(queue, RedisQueue):
        raise SettingsProblem(
            "A worker of its own needs a queue that other processes reach.",
            mend="Set COMEBACK_REDIS_URL, or run `comeback serve`, which works by itself.",
        )
    stopping = threading.Event()
    worker = queue.worker(Engine(app.context, stopping.is_set).perform, threads=threads)
    _on_signal(stopping.set)
    worker.start()
    _log.warning("working", threads=threads)
    stopping.wait()
    worker.stop(timeout=int(GRACE_S * 1000))
    _log.warning("stopped")


def keep_time(app: App) -> None:
    """Blocks until SIGTERM or SIGINT."""
    scheduler = Scheduler(app.context)
    _on_signal(scheduler.stop)
    scheduler.run()


def _on_signal(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
