"""The timetable: what runs by itself and how often. The timer only nudges; what is due stands in the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from jobs.context import JobContext
from jobs.due import run_due
from jobs.newcomers import welcome
from jobs.tokens import keep_alive

_log = structlog.get_logger("jobs.schedule")


class Periodic(NamedTuple):
    name: str
    every_seconds: int
    jitter_seconds: int
    run: Callable[[JobContext], object]
    at_once: int = 1  # runs that may overlap, where a long one must not delay the next


TIMETABLE = (
    Periodic("due", 60, 5, run_due),
    Periodic("newcomers", 3, 0, welcome, at_once=4),
    Periodic("keep-alive", 6 * 3600, 600, keep_alive),
)


def scheduler(context: JobContext) -> BackgroundScheduler:
    """A timer in this process, not yet started. A late run is made up once; a run never overlaps itself."""
    timer = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600})
    for job in TIMETABLE:
        timer.add_job(
            _guarded(job, context),
            "interval",
            seconds=job.every_seconds,
            jitter=job.jitter_seconds,
            max_instances=job.at_once,
            id=job.name,
            replace_existing=True,
        )
    return timer


def _guarded(job: Periodic, context: JobContext) -> Callable[[], None]:
    def run() -> None:
        try:
            job.run(context)
        except Exception:  # noqa: BLE001 - any failure
            # The next tick is the retry; the timer must outlive any one failure.
            _log.exception("job failed", job=job.name)

    return run
