"""`comeback serve` as a process of its own, and a browser that goes through its pages."""

from __future__ import annotations

import html
import os
import re
import select
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin
from uuid import uuid4

import requests

from tests.journeys.program import _become, _forks

LIMIT_S = 90.0
_REFRESH = re.compile(r'http-equiv="refresh" content="\d+; url=([^"]+)"')
_LINK = re.compile(r'<a id="(\w+)" href="([^"]+)"')


@contextmanager
def served(folder: Path, environment: Mapping[str, str], port: int) -> Iterator[str]:
    """The address under which it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    out, err = folder / f"{uuid4().hex}.out", folder / f"{uuid4().hex}.err"
    err.touch()
    arguments = ["serve", "--host", "127.0.0.1", "--port", str(port)]
    process = _forks.Process(target=_become, args=(arguments, dict(environment), str(out), str(err)))
    process.start()
    try:
        deadline = time.monotonic() + LIMIT_S
        while not _answers(port):
            if not process.is_alive() or time.monotonic() > deadline:
                raise AssertionError(f"it does not serve:\n{err.read_text()}")
            select.select([process.sentinel], [], [], 0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGTERM)
        process.join(30)
        if process.is_alive():
            process.kill()
            process.join()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Browser:
    """Keeps cookies, follows redirects, and opens by itself what a page tells it to."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, url: str, *, follow: bool = True, **headers: str) -> requests.Response:
        return self.session.get(url, headers=headers, timeout=60, allow_redirects=follow)

    def post(self, url: str, *, follow: bool = True) -> requests.Response:
        return self.session.post(url, timeout=60, allow_redirects=follow)

    def click(self, page: requests.Response, name: str) -> requests.Response:
        links = {found[0]: html.unescape(found[1]) for found in _LINK.findall(page.text)}
        return self.get(urljoin(page.url, links[name]))

    def watch(self, page: requests.Response) -> requests.Response:
        """Until a page no longer opens another one by itself."""
        deadline = time.monotonic() + LIMIT_S
        while found := _REFRESH.search(page.text):
            assert time.monotonic() < deadline, f"it never came to an end:\n{page.text}"
            select.select([], [], [], 0.2)  # a browser would wait two seconds
            page = self.get(urljoin(page.url, html.unescape(found[1])))
        return page
