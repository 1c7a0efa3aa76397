"""The command line: one file a family of commands. Errors are one line on stderr; exit 1 trouble, 2 wrong use."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from comeback import __version__
from plugin_core.errors import ComebackError, InvalidInput

# Command -> the file of its family. A family is read when one of its commands is asked for: a quick answer needs no database.
FAMILIES = {
    "admin": "admin",
    "campaigns": "campaigns",
    "connect": "stores",
    "customers": "people",
    "demo": "demo",
    "disconnect": "stores",
    "doctor": "operations",
    "import": "files",
    "manifest": "manifest",
    "migrate": "operations",
    "privacy": "privacy",
    "replay": "deliveries",
    "run-due": "stores",
    "scheduler": "operations",
    "serve": "operations",
    "settings": "operations",
    "status": "stores",
    "sync": "stores",
    "test-mail": "operations",
    "uninstall": "uninstall",
    "why": "people",
    "worker": "operations",
}


class Families(click.Group):
    """Commands found by name in the file of their family."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return sorted(FAMILIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in FAMILIES:
            return None
        family = import_module(f"comeback.cli.{FAMILIES[cmd_name]}")
        commands: tuple[click.Command, ...] = family.COMMANDS
        return next(command for command in commands if command.name == cmd_name)


@click.group(cls=Families, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="comeback")
@click.option("--verbose", "-v", is_flag=True, help="Show what happens inside, on stderr.")
def cli(verbose: bool) -> None:
    """Bring customers back: sync stores, keep segments and points right, send win-back offers."""
    from comeback import logs

    logs.configure(level=logging.INFO if verbose else logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        code = cli.main(args=arguments, prog_name="comeback", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        code = 130
    except click.ClickException as problem:
        problem.show()
        code = problem.exit_code
    except ComebackError as problem:
        click.echo(f"Error: {problem}", err=True)
        code = 2 if isinstance(problem, InvalidInput) else 1
    sys.exit(code or 0)
