"""A small load generator for one address of this machine: prepared requests over connections that stay open, bounded in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

CONNECTIONS = 16


@dataclass
class Load:
    seconds: float
    answered: int = 0
    refused: int = 0  # answered otherwise than by 200
    waits: list[float] = field(default_factory=list)  # seconds

    @property
    def rate(self) -> float:
        return self.answered / self.seconds

    def percentile(self, share: float) -> float:
        ranked = sorted(self.waits)
        return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


def send(port: int, requests: Iterator[bytes], seconds: float, *, rate: float = 0.0, connections: int = CONNECTIONS) -> Load:
    """As fast as answers come or, with ``rate``, so many a second: then waits count from when a request was due."""
    load = Load(seconds)
    guard = threading.Lock()
    began = time.perf_counter()
    threads = [
        threading.Thread(
            target=_client, args=(port, requests, load, guard, began, seconds, rate / connections, number / connections)
        )
        for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def _client(  # one connection
    port: int,
    requests: Iterator[bytes],
    load: Load,
    guard: threading.Lock,
    began: float,
    seconds: float,
    rate: float,
    offset: float,
) -> None:
    waits: list[float] = []
    refused = 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = began + (offset / rate if rate else 0.0)
        while (now := time.perf_counter()) < began + seconds:
            if rate:
                if due > now:
                    time.sleep(due - now)
                start, due = due, due + 1 / rate
            else:
                start = now
            with guard:
                request = next(requests)
            connection.sendall(request)
            refused += not _answer(connection).startswith(b"HTTP/1.1 200")
            waits.append(time.perf_counter() - start)
    with guard:
        load.waits += waits
        load.answered += len(waits) - refused
        load.refused += refused


def _answer(connection: socket.socket) -> bytes:
    """The head of an answer without a body."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(4096)
        if not part:
            raise ConnectionError("the server hung up")
        head += part
    return head


def prepared(path: str, bodies: Sequence[tuple[dict[str, str], bytes]]) -> Iterator[bytes]:
    for headers, body in bodies:
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        yield "\r\n".join(lines).encode() + b"\r\n\r\n" + body
