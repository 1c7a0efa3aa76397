"""Of two schedulers one leads; when it is killed the other does, within seconds."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from jobs.leader import Leadership
from plugin_core.db import Database

ROOT = Path(__file__).parents[2]


def test_only_one_leads_until_it_gives_up(engine: Engine) -> None:
    first, second = Leadership(Database(engine)), Leadership(Database(engine))
    assert [first.held(), second.held(), first.held(), second.held()] == [True, False, True, False]
    first.give_up()
    assert second.held()
    assert not first.held()
    second.give_up()


class SchedulerProcess:
    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "comeback", "scheduler"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        self._said = b""

    def says(self, word: str, seconds: float) -> bool:
        """Whether it says so within that time."""
        assert self.process.stderr is not None
        deadline = time.monotonic() + seconds
        while f'"event": "{word}"'.encode() not in self._said:
            ready, _, _ = select.select([self.process.stderr], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self.process.stderr.fileno(), 65536) if ready else b""
            if not chunk:
                return False
            self._said += chunk
        return True

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    settings = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a key for stores that are not there",
        "SMTP_URL": f"folder:{tmp_path}",
    }
    return {**os.environ, **{f"COMEBACK_{name}": value for name, value in settings.items()}}


@pytest.fixture
def schedulers(environment: dict[str, str]) -> Iterator[list[SchedulerProcess]]:
    both: list[SchedulerProcess] = []
    try:
        first = SchedulerProcess(environment)
        both.append(first)
        assert first.says("leads", 60)
        both.append(SchedulerProcess(environment))
        yield both
    finally:
        for each in both:
            each.end()


def test_a_killed_leader_is_followed_within_seconds_and_a_stopped_one_leaves_cleanly(schedulers: list[SchedulerProcess]) -> None:
    first, second = schedulers
    assert second.says("waits", 60)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert second.says("leads", 10)
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(timeout=30) == 0
