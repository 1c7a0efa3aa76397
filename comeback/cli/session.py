"""What every command begins with: the application, built from the environment and closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from comeback import settings as environment
from comeback.app import App, build

console = Console(highlight=False)
problems = Console(stderr=True, highlight=False)


@contextmanager
def application() -> Iterator[App]:
    app = build(environment.load())
    try:
        yield app
    finally:
        app.close()
