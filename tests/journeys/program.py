"""The program as a process of its own, started cheaply, watched by its log, and killed where a test says."""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

LIMIT_S = 60.0
POLL_S = 0.001

# Each start is a fork of one process that has read the program's modules and done nothing else.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.journeys.preloaded"])


class Kill(NamedTuple):
    """``kill -9`` so many seconds after the ``nth`` line that ``store`` wrote at ``stage``; or, with ``request``, after the
    ``nth`` request like it has reached the store, which will do the work without anybody waiting for the answer.
    """

    stage: str
    store: str
    nth: int
    seconds: float
    request: str = ""

    def __str__(self) -> str:
        what = f"request {self.request!r}" if self.request else "line"
        return f"{self.stage} of {self.store}, {what} {self.nth} + {self.seconds * 1000:.1f} ms"


@dataclass(frozen=True)
class Ended:
    code: int  # as subprocess has it: -9 where it was killed
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -9

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """``run(...)`` is ``comeback ...`` with this environment."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {f"COMEBACK_{name}": value for name, value in environment.items()}
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, *arguments: str, kill: Kill | None = None, reached: Callable[[], bool] | None = None) -> Ended:
        """``reached``: whether the request of ``kill`` has come to the store."""
        name = uuid4().hex
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        os.mkfifo(err)
        reading = os.open(err, os.O_RDONLY | os.O_NONBLOCK)
        try:
            process = _forks.Process(target=_become, args=(list(arguments), self.environment, str(out), str(err)))
            process.start()
            said = _watch(process, reading, kill, reached)
            process.join()
        finally:
            os.close(reading)
            err.unlink()
        assert process.exitcode is not None
        return Ended(process.exitcode, out.read_text() if out.exists() else "", said)

    def must(self, *arguments: str) -> str:
        """Its output; anything but success fails the test with what it said."""
        ended = self.run(*arguments)
        assert ended.code == 0, f"comeback {' '.join(arguments)} ended with {ended.code}:\n{ended.out}\n{ended.err}"
        return ended.out


def _watch(process: ForkServerProcess, reading: int, kill: Kill | None, reached: Callable[[], bool] | None) -> str:
    said = b""
    seen = searched = 0
    deadline = time.monotonic() + LIMIT_S
    while True:
        wait = POLL_S if kill and reached else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([reading, process.sentinel], [], [], wait)
        if kill and reached and reached():
            _strike(process, kill)
            kill = None
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the program did not end in {LIMIT_S} s; it said:\n{said.decode()}")
        if reading in ready and (chunk := os.read(reading, 65536)):
            said += chunk
            while kill and not reached and (end := said.find(b"\n", searched)) >= 0:
                seen += _tells(said[searched:end], kill)
                searched = end + 1
                if seen == kill.nth:
                    _strike(process, kill)
                    kill = None
        elif process.sentinel in ready:
            return said.decode()


def _strike(process: ForkServerProcess, kill: Kill) -> None:
    time.sleep(kill.seconds)
    process.kill()


def _tells(line: bytes, kill: Kill) -> bool:
    if not line.startswith(b"{"):
        return False
    event = json.loads(line)
    return bool(event.get("stage") == kill.stage and event.get("store") == kill.store)


def _become(arguments: Sequence[str], environment: Mapping[str, str], out: str, err: str) -> None:
    for path, stream, flags in ((out, 1, os.O_WRONLY | os.O_CREAT), (err, 2, os.O_WRONLY)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, stream)
        os.close(opened)
    # The server that forks us keeps for ever what its environment was when some test first needed it.
    for name in [name for name in os.environ if name.startswith("COMEBACK_")]:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv = ["comeback", *arguments]
    from comeback.cli import main

    main()
