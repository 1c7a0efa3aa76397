"""The scheduler as a process of its own: of several one runs the timetable, another takes over when it dies."""

from __future__ import annotations

import threading

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler

from jobs.context import JobContext
from jobs.leader import Leadership
from jobs.schedule import fill
from jobs.sweep import sweep

LOOK_EVERY_S = 1

_log = structlog.get_logger("jobs.leading")


class Scheduler:
    """``run`` blocks until ``stop``, which may be called from a signal handler."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._leadership = Leadership(context.database)
        self._leads = threading.Event()
        self._looked = False
        self._timer = fill(BlockingScheduler(timezone="UTC"), context, self._leads.is_set)

    @property
    def leads(self) -> bool:
        return self._leads.is_set()

    def run(self) -> None:
        # Looking whether we lead is late rather than left out, and never twice at a time: one thread asks.
        self._timer.add_job(
            self._look, "interval", seconds=LOOK_EVERY_S, misfire_grace_time=None, coalesce=True, max_instances=1, id="lead"
        )
        try:
            self._timer.start()
        finally:
            self._leads.clear()
            self._leadership.give_up()
            _log.warning("stopped")

    def stop(self) -> None:
        if self._timer.running:
            self._timer.shutdown(wait=True)

    def _look(self) -> None:
        try:
            held = self._leadership.held()
        except Exception:  # noqa: BLE001 - any failure
            # Not knowing whether we lead means that we don't.
            _log.exception("can't tell who leads")
            held = False
        if not held and not self._looked:
            _log.warning("waits")
        self._looked = True
        if held == self.leads:
            return
        if not held:
            self._leads.clear()
            _log.warning("leads no longer")
            return
        _log.warning("leads")
        self._leads.set()
        # What became due while nobody led must not wait for the timetable's first turn.
        try:
            sweep(self._context)
        except Exception:  # noqa: BLE001 - any failure
            _log.exception("could not look for what is due; the timetable does")
