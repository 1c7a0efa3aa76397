"""Faults a test can queue: what a bad day of a store looks like from outside, for the next requests that match."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.sandbox.web import App, Request, Response, answer, text

HTML = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    "<body>Checking your browser before accessing the shop.</body></html>"
)
NOTICE = "\ufeff<br />\n<b>Notice</b>:  Undefined index: tax in <b>/wp-content/plugins/old/old.php</b> on line <b>12</b><br />\n"
KINDS = frozenset(
    {
        "status",
        "status_after",
        "redirect",
        "html",
        "notice",
        "truncated",
        "slow",
        "crawl",
        "drop",
        "drop_after",
        "throttled",
        "empty",
        "bulk_truncated",
    }
)


@dataclass
class Fault:
    """``match`` is searched in "METHOD /path?query" followed by the body on the next lines.

    "slow" takes ``seconds`` for each request, "crawl" serves one request each ``seconds``, whoever asks.
    """

    kind: str
    match: str = ""
    times: int = 1
    skip: int = 0  # let so many matching requests pass first
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    location: str = "https://www.elsewhere.example/"
    hits: int = 0
    door: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"The twins know no fault {self.kind!r}: one of {', '.join(sorted(KINDS))}")
        re.compile(self.match)


class Faults:
    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._lock = threading.Lock()
        self.requests = 0
        self.struck = 0

    def add(self, kind: str, **options: Any) -> Fault:
        fault = Fault(kind, **options)
        with self._lock:
            self._queue.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    def waiting(self) -> list[Mapping[str, Any]]:
        return [{"kind": each.kind, "match": each.match, "times": each.times, "skip": each.skip} for each in self._queue]

    def take(self, request: Request, kinds: frozenset[str] | None = None) -> Fault | None:
        described = None
        with self._lock:
            self.requests += kinds is None
            for fault in self._queue:
                if (fault.kind == "bulk_truncated") if kinds is None else (fault.kind not in kinds):
                    continue
                described = (
                    described
                    or f"{request.method} {request.raw_path}?{request.query_string}\n{request.body.decode('utf-8', 'replace')}"
                )
                if not re.search(fault.match, described):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                fault.hits += 1
                self.struck += 1
                if fault.times <= 0:
                    self._queue.remove(fault)
                return fault
        return None


def with_faults(faults: Faults, app: App) -> App:
    def serve(request: Request) -> Response:
        fault = faults.take(request)
        return app(request) if fault is None else _strike(fault, request, app)

    return serve


def _strike(fault: Fault, request: Request, app: App) -> Response:
    if fault.kind in ("slow", "crawl", "drop_after", "status_after", "truncated", "notice"):
        return _after(fault, request, app)
    match fault.kind:
        case "drop":
            return Response(drop=True)
        case "redirect":
            return Response(fault.status if 300 <= fault.status < 400 else 301, b"", {"Location": fault.location})
        case "html":
            return text(HTML, 200, "text/html; charset=UTF-8")
        case "empty":
            return Response(200, b"", {"Content-Type": "application/json"})
        case "throttled":
            error = {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
            status = {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}
            cost = {"requestedQueryCost": 10, "actualQueryCost": None, "throttleStatus": status}
            return answer({"errors": [error], "extensions": {"cost": cost}})
        case _:
            return _status(fault)


def _status(fault: Fault) -> Response:
    if fault.body is None:
        return text(
            f"<html><body><h1>{fault.status}</h1></body></html>", fault.status, "text/html; charset=UTF-8", **fault.headers
        )
    if isinstance(fault.body, str):
        return text(fault.body, fault.status, **fault.headers)
    return answer(fault.body, fault.status, fault.headers)


def _after(fault: Fault, request: Request, app: App) -> Response:
    """These let the store do its work first: what is lost or late is the answer."""
    if fault.kind == "slow":
        time.sleep(fault.seconds)
    if fault.kind == "crawl":
        with fault.door:
            time.sleep(fault.seconds)
    response = app(request)
    if fault.kind == "drop_after":
        return Response(drop=True)
    if fault.kind == "status_after":
        return _status(fault)
    if fault.kind == "truncated":
        response.cut = len(response.body) // 2
    if fault.kind == "notice":
        response.body = NOTICE.encode() + response.body
    return response
