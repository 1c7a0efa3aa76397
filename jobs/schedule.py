"""The timetable: what runs by itself and how often. The timer only nudges; what is due stands in the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from jobs.context import JobContext
from jobs.forgetting import forget_old
from jobs.newcomers import welcome
from jobs.sweep import sweep
from jobs.tokens import keep_alive

_log = structlog.get_logger("jobs.schedule")
_Timer = TypeVar("_Timer", bound=BaseScheduler)


class Periodic(NamedTuple):
    """``late_seconds``: a run that could not begin in time begins up to so much later, once for all that were missed."""

    name: str
    every_seconds: int
    jitter_seconds: int
    late_seconds: int
    run: Callable[[JobContext], object]
    at_once: int = 1  # runs that may overlap, where a long one must not delay the next


TIMETABLE = (
    Periodic("sweep", 5, 1, 60, sweep),
    Periodic("newcomers", 3, 0, 60, welcome, at_once=4),
    Periodic("keep-alive", 6 * 3600, 600, 3600, keep_alive),
    Periodic("forget", 6 * 3600, 600, 3600, forget_old),
)


def scheduler(context: JobContext) -> BackgroundScheduler:
    """A timer in this process, not yet started."""
    return fill(BackgroundScheduler(timezone="UTC"), context)


def fill(timer: _Timer, context: JobContext, may_run: Callable[[], bool] = lambda: True) -> _Timer:
    for job in TIMETABLE:
        timer.add_job(
            _guarded(job, context, may_run),
            "interval",
            seconds=job.every_seconds,
            jitter=job.jitter_seconds,
            misfire_grace_time=job.late_seconds,
            coalesce=True,
            max_instances=job.at_once,
            id=job.name,
            replace_existing=True,
        )
    return timer


def _guarded(job: Periodic, context: JobContext, may_run: Callable[[], bool]) -> Callable[[], None]:
    def run() -> None:
        try:
            if may_run():
                job.run(context)
        except Exception:  # noqa: BLE001 - any failure
            # The next tick is the retry; the timer must outlive any one failure.
            _log.exception("job failed", job=job.name)

    return run
