"""The command line: one file a family of commands. Errors are one line on stderr; exit 1 trouble, 2 wrong use."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from comeback import __version__, logs
from comeback.cli import campaigns, demo, operations, people, stores
from plugin_core.errors import ComebackError, InvalidInput


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="comeback")
@click.option("--verbose", "-v", is_flag=True, help="Show what happens inside, on stderr.")
def cli(verbose: bool) -> None:
    """Bring customers back: sync stores, keep segments and points right, send win-back offers."""
    logs.configure(level=logging.INFO if verbose else logging.WARNING)


for command in (*stores.COMMANDS, *people.COMMANDS, *campaigns.COMMANDS, *operations.COMMANDS, *demo.COMMANDS):
    cli.add_command(command)


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
