"""Webhooks on their way out of a twin: a queue and threads that post (else one), with the bad luck that a test asks for.

Only to this machine: the twins have nothing to tell anybody else.
"""

from __future__ import annotations

import http.client
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_TIMEOUT = 5.0  # seconds
_HERE = frozenset({"127.0.0.1", "127.0.0.2", "localhost", "::1"})


@dataclass(frozen=True)
class Outgoing:
    url: str
    headers: Mapping[str, str]
    body: bytes
    answered: Callable[[int], None] = lambda _status: None  # 0: nobody answered


@dataclass
class Deliveries:
    """``drop`` and ``double`` are shares; of ``shuffle`` deliveries that wait, any may go first; ``senders`` go side by side."""

    seed: int = 7
    drop: float = 0.0
    double: float = 0.0
    shuffle: int = 1
    senders: int = 1
    answers: Counter[int] = field(default_factory=Counter)  # by status
    dropped: int = 0

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self._waiting: list[Callable[[], Outgoing | None]] = []
        self._change = threading.Condition()
        self._busy = 0
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._connections: dict[tuple[int, str], http.client.HTTPConnection] = {}  # a thread's own

    def options(self, given: Mapping[str, float]) -> None:
        for name, value in given.items():
            if name not in {"drop", "double", "shuffle", "senders"}:
                raise ValueError(f"Deliveries have no option {name!r}")
            setattr(self, name, int(value) if name in {"shuffle", "senders"} else float(value))

    def add(self, make: Callable[[], Outgoing | None]) -> None:
        """``make`` is called when its turn has come: what is sent is how things stand then. None: nothing to send any more."""
        with self._change:
            self._waiting.append(make)
            while len(self._threads) < self.senders:
                self._threads.append(threading.Thread(target=self._run, daemon=True))
                self._threads[-1].start()
            self._change.notify_all()

    def settle(self, timeout: float = 60.0) -> bool:
        """Until nothing waits any more."""
        with self._change:
            return self._change.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        for connection in self._connections.values():
            connection.close()

    def _run(self) -> None:
        while (make := self._next()) is not None:
            if self._draw.random() < self.drop:
                self.dropped += 1
            elif (outgoing := make()) is not None:
                for _ in range(2 if self._draw.random() < self.double else 1):
                    self._send(outgoing)
            with self._change:
                self._busy -= 1
                self._change.notify_all()

    def _next(self) -> Callable[[], Outgoing | None] | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            self._busy += 1
            return self._waiting.pop(self._draw.randrange(min(max(1, self.shuffle), len(self._waiting))))

    def _send(self, outgoing: Outgoing) -> None:
        status = self.post(outgoing)
        with self._change:
            self.answers[status] += 1
        outgoing.answered(status)

    def post(self, outgoing: Outgoing) -> int:
        """The status answered, 0 where nobody did. Redirects are not followed."""
        parts = urlsplit(outgoing.url)
        if parts.scheme != "http" or parts.hostname not in _HERE:
            return 0
        key = (threading.get_ident(), parts.netloc)
        for _ in range(2):  # a connection kept open may have been closed over there meanwhile
            fresh = key not in self._connections
            connection = self._connections.setdefault(key, http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT))
            try:
                connection.request("POST", parts.path or "/", outgoing.body, dict(outgoing.headers))
                response = connection.getresponse()
                response.read()
                return response.status
            except (OSError, http.client.HTTPException):
                connection.close()
                del self._connections[key]
                if fresh:
                    break
        return 0
