"""The scaled-out program: web processes, workers and schedulers over one PostgreSQL and one Redis, killed at any time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import uuid4

from tests.journeys.program import _become, _forks

_DIE_WITH_PARENT = 1  # Linux' PR_SET_PDEATHSIG


@dataclass
class Member:
    kind: str  # web | worker | scheduler
    arguments: list[str]
    process: ForkServerProcess | None = None


class Fleet:
    """Each member leads a process group of its own: a kill takes its children with it, as a container's end does."""

    def __init__(self, folder: Path, environment: Mapping[str, str], ports: tuple[int, int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.environment, self.ports = folder, dict(environment), ports
        web = [Member("web", ["serve", "--web-only", "--port", str(port)]) for port in ports]
        workers = [Member("worker", ["worker", "--threads", "2"]) for _ in range(3)]
        schedulers = [Member("scheduler", ["scheduler"]) for _ in range(2)]
        self.members = [*web, *workers, *schedulers]

    def start(self) -> None:
        for member in self.members:
            self._start(member)

    def _start(self, member: Member) -> None:
        name = f"{member.kind}-{uuid4().hex}"
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        err.touch()
        member.process = _forks.Process(target=_lead, args=(member.arguments, self.environment, str(out), str(err)))
        member.process.start()

    def kill(self, member: Member) -> None:
        """``kill -9``, then started anew, as whatever watches over it would."""
        self._signal(member, signal.SIGKILL)
        assert member.process is not None
        member.process.join()
        self._start(member)

    def stop(self, seconds: float = 60.0) -> list[int | None]:
        """SIGTERM to all; how each ended."""
        for member in self.members:
            assert member.process is not None
            if member.process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        codes = []
        for member in self.members:
            assert member.process is not None
            member.process.join(max(0.1, deadline - time.monotonic()))
            codes.append(member.process.exitcode)
            self._signal(member, signal.SIGKILL)
        return codes

    def said(self, kind: str) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob(f"{kind}-*.err")))

    def _signal(self, member: Member, number: int) -> None:
        assert member.process is not None
        if member.process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(member.process.pid, number)
            # One that was begun a moment ago leads no group yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(member.process.pid, number)


def _lead(arguments: list[str], environment: Mapping[str, str], out: str, err: str) -> None:
    os.setsid()
    # Whoever started the fleet may be killed himself: nobody of it stays behind.
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
    _become(arguments, environment, out, err)
