"""What every command begins with: the application, built from the environment and closed at the end; and where it speaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click
from rich.console import Console
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from comeback import settings as environment
from comeback.app import App, build
from plugin_core.errors import SettingsProblem

_PIPED_WIDTH = 240  # nobody's window: whoever reads a file or a pipe gets whole lines


def _console(stream: TextIO | None, *, stderr: bool) -> Console:
    watched = "COLUMNS" in os.environ or (stream is not None and stream.isatty())
    # A path or a command that is broken into lines can't be copied: only tables are fitted to the window.
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=None if watched else _PIPED_WIDTH)


console = _console(sys.stdout, stderr=False)
problems = _console(sys.stderr, stderr=True)


@contextmanager
def application() -> Iterator[App]:
    with plain_database_errors():
        app = build(environment.load())
        try:
            yield app
        finally:
            app.close()


@contextmanager
def plain_database_errors() -> Iterator[None]:
    """A database that is away, full, locked or none is the owner's to mend; a wrong statement of ours is shown as it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except DatabaseError as problem:
        reason = " ".join(str(problem.orig).split())
        raise SettingsProblem(
            f"The database can't be used: {reason}.", mend="Look at COMEBACK_DATABASE_URL and at the server; comeback doctor."
        ) from problem


def secret(given: str | None, label: str, variable: str) -> str:
    """A secret from the option or the environment, else from a prompt that doesn't show it, else a line of standard input."""
    if given and given.strip():
        return given.strip()
    if sys.stdin is not None and sys.stdin.isatty():
        typed: str = click.prompt(label, hide_input=True)
    else:
        typed = sys.stdin.readline() if sys.stdin is not None else ""
    if not typed.strip():
        raise click.UsageError(f"{label}: there is no terminal to ask at. Set {variable} in the environment.")
    return typed.strip()
