"""A small threaded HTTP/1.1 server with keep-alive on 127.0.0.1, and the request and response it passes on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # decoded
    raw_path: str
    query_string: str
    headers: Message
    body: bytes

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True)

    @property
    def host(self) -> str:
        return str(self.headers.get("Host", ""))

    def json(self) -> Any:
        return orjson.loads(self.body or b"{}")


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False  # close the connection without an answer
    cut: int | None = None  # send only so many bytes of the announced body, then close


def answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, orjson.dumps(payload), {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def text(payload: str, status: int = 200, content_type: str = "text/plain; charset=utf-8", **headers: str) -> Response:
    return Response(status, payload.encode(), {"Content-Type": content_type, **headers})


App = Callable[[Request], Response]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # small answers would wait for the other side's delayed ACK
    wbufsize = -1
    app: App
    date: Callable[[], str]

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        request = Request(self.command, unquote(parts.path), parts.path, parts.query, self.headers, body)
        self._send(type(self).app(request))

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def _send(self, response: Response) -> None:
        if response.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(response.status)
        self.send_header("Date", type(self).date())
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body if response.cut is None else response.body[: response.cut])
        self.wfile.flush()
        if response.cut is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: a test's output is not a server log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no news; everything else is."""
        import sys  # noqa: PLC0415

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Server:
    """One origin. The app may be set after the port is known."""

    def __init__(self, date: Callable[[], str], port: int = 0) -> None:
        self._handler = type("Handler", (_Handler,), {"date": staticmethod(date)})
        self._server = _Server(("127.0.0.1", port), self._handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def start(self, app: App) -> None:
        self._handler.app = staticmethod(app)  # type: ignore[attr-defined]
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
