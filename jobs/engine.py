"""One nudge carried out: the store's turn taken, the task run, how it ended written down, the next ones nudged.

The same in every carrier. A nudge that finds the store busy leaves a mark; whoever is busy looks for marks after giving the turn
back, and the nudge tries once more after leaving its mark, so that one of the two sees the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from jobs.context import JobContext
from jobs.queue import EVERY_STORE
from jobs.sweep import sweep
from jobs.tasks import TASKS, Done, Task
from jobs.turns import KNOWING, WRITING, turn
from plugin_core.errors import AccessRevoked, StoreError, Throttled
from plugin_core.inbox import queue as inbox
from plugin_core.outbox import queue as outbox
from plugin_core.stores.models import Store
from plugin_core.work import standing, totals

STEP_S = 15.0  # then a task lets others have the thread
_LOOK_EVERY_S = 0.5

_log = structlog.get_logger("jobs.engine")


@dataclass(frozen=True, slots=True)
class Engine:
    """``stopping``: whether the process is to end soon."""

    context: JobContext
    stopping: Callable[[], bool] = lambda: False
    step_seconds: float = STEP_S

    def perform(self, task: str, store_id: int) -> None:
        """Any number of times, anywhere at once. Raises what is wrong with the database only."""
        if task not in TASKS or self.stopping():
            return  # a newer version's task, or too late: the tables remember
        if store_id == EVERY_STORE:
            self.context.queue.taken(task, store_id)
            sweep(self.context, only=task)
            return
        if self._in_turn(task, store_id):
            self._pass_on(store_id, TASKS[task].turns)

    def _in_turn(self, task: str, store_id: int) -> bool:
        """False: somebody else is busy with the store, and will find our mark."""
        for last_try in (False, True):
            with turn(self.context.database, store_id, TASKS[task].turns) as ours:
                if ours:
                    self.context.queue.taken(task, store_id)
                    self._step(task, store_id)
                    return True
            if not last_try:
                with self.context.database.write() as session:
                    standing.ask(session, store_id, task, now=self.context.clock())
        return False

    def _step(self, task: str, store_id: int) -> None:
        began, started = self.context.clock(), time.monotonic()
        with self.context.database.write() as session:
            store = session.get(Store, store_id)
            stands = standing.standings(session, store_id).get((store_id, task), standing.NEVER)
            if not _may(TASKS[task], store, stands, began):
                return
            assert store is not None  # noqa: S101 - _may() said so
            # We have the turn: whatever is still claimed was left behind by a process that was killed.
            if WRITING in TASKS[task].turns:
                outbox.release(session, store_id, now=began)
            if KNOWING in TASKS[task].turns:
                inbox.release(session, store_id, now=began)
        context = replace(self.context, paused=self._pause(task, store_id, started))
        try:
            ended = TASKS[task].run(context, store_id)
        except Exception as problem:  # noqa: BLE001 - any failure: it is written down and tried again
            self._failed(task, store, stands.attempts, problem, started)
        else:
            self._ended(task, store_id, ended, began, started)

    def _pause(self, task: str, store_id: int, started: float) -> Callable[[], bool]:
        """Whether a task has to let others have the thread, or the store's turn where the store has told us something."""
        gives_way = task != "inbox" and KNOWING in TASKS[task].turns
        looked = started

        def paused() -> bool:
            nonlocal looked
            now = time.monotonic()
            if self.stopping() or now - started > self.step_seconds:
                return True
            if not gives_way or now - looked < _LOOK_EVERY_S:
                return False
            looked = now
            with self.context.database.read() as session:
                return inbox.waits(session, store_id, now=self.context.clock())

        return paused

    def _ended(self, task: str, store_id: int, ended: Done, began: int, started: float) -> None:
        now = self.context.clock()
        with self.context.database.write() as session:
            if session.get(Store, store_id) is None:
                return  # the store itself was erased
            standing.done(session, store_id, task, began=began, now=now, unfinished=ended.unfinished)
            totals.add(session, store_id, task, {**ended.counts, "runs": 1, "milliseconds": _since(started)})
        for following in ended.then:
            self.context.queue.nudge(following, store_id)

    def _failed(self, task: str, store: Store, attempts: int, problem: Exception, started: float) -> None:
        kind = type(problem).__name__
        if isinstance(problem, StoreError):
            words = str(problem)
            _log.warning("task ended early", task=task, store=store.key, error=kind)
        else:
            # The words of other errors may quote what people wrote: they stay out of the table and the page.
            words = f"an unexpected error ({kind}); the log of the worker says more"
            _log.exception("task failed", task=task, store=store.key)
        now = self.context.clock()
        with self.context.database.write() as session:
            standing.failed(session, store.id, task, problem, words, attempts=attempts, now=now)
            counts = {"runs": 1, "failed": 1, "milliseconds": _since(started), f"error {kind}": 1}
            totals.add(session, store.id, task, {**counts, "throttled": int(isinstance(problem, Throttled))})
            if isinstance(problem, AccessRevoked):
                _lock_out(session.get_one(Store, store.id), words)
                standing.ask(session, store.id, "notice", now=now)
        if isinstance(problem, AccessRevoked):
            self.context.queue.nudge("notice", store.id)

    def _pass_on(self, store_id: int, turns: tuple[str, ...]) -> None:
        """Marks left while we had these turns, and what we did not finish."""
        now = self.context.clock()
        with self.context.database.read() as session:
            stands = standing.standings(session, store_id)
        for (_, task), one in stands.items():
            if task not in TASKS or not {*TASKS[task].turns} & {*turns}:
                continue
            if one.asked_at is not None and (one.not_before is None or one.not_before <= now):
                self.context.queue.nudge(task, store_id, again=True)


def _may(task: Task, store: Store | None, stands: standing.Standing, now: int) -> bool:
    if store is None or (store.state != "connected" and not task.locked_out):
        return False
    return stands.not_before is None or stands.not_before <= now


def _lock_out(store: Store, words: str) -> None:
    if store.state == "connected":
        store.state, store.problem = "reconnect", words


def _since(started: float) -> int:
    return max(1, round((time.monotonic() - started) * 1000))
