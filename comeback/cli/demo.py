"""The demo command."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from comeback.cli.session import console, problems


@click.command()
@click.option("--once", is_flag=True, help="Exit when the story is told instead of serving the page.")
@click.option("--json", "as_json", is_flag=True, help="Print the story as JSON.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the page (default: 8000, or a free one).")
@click.option("--people", type=click.IntRange(20), hidden=True, help="Size of the made-up stores.")
def demo(once: bool, as_json: bool, port: int | None, people: int | None) -> None:
    """Show the main job on two made-up stores: no account, no server, nothing to set up."""
    from comeback.demo import demo_app, play
    from comeback.serving import serve

    began = time.monotonic()
    chosen = port or _free_port()
    with (
        tempfile.TemporaryDirectory(prefix="comeback-demo-") as folder,
        demo_app(Path(folder), port=chosen, people=people) as (app, twins),
    ):
        story = play(app, twins, lambda line: problems.print(f"[dim]{time.monotonic() - began:5.1f} s[/dim]  {line}"))
        story["seconds"] = round(time.monotonic() - began, 1)
        if as_json:
            click.echo(json.dumps(story))
        else:
            _tell(story)
        wrong = [what for what, same in story["agreement"].items() if not same]
        if wrong:
            problems.print(f"The stores hold something else: {', '.join(wrong)}.")
            sys.exit(1)
        if not once:
            problems.print(f"The page: http://127.0.0.1:{chosen}/   the mails: {folder}/mail   (stop with Ctrl-C)")
            serve(app, "127.0.0.1", chosen, open_to_all=True)


def _tell(story: dict[str, Any]) -> None:
    stores = story["stores"]
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for store in stores:
        table.add_column(store["name"], justify="right")
    table.add_row("[bold]imported[/bold]: orders", *(f"{store['orders']:,}" for store in stores))
    table.add_row("net spent", *(f"{store['net_spent']} {store['currency']}" for store in stores))
    table.add_row("[bold]unified[/bold]: people", *(f"{store['people']:,}" for store in stores))
    for slug in stores[0]["segments"]:
        table.add_row(
            f"[bold]segment[/bold]: {slug.replace('_', ' ')}", *(f"{store['segments'].get(slug, 0):,}" for store in stores)
        )
    table.add_row(
        "[bold]tags written[/bold]", *(f"{sum(store['tagged'].values()):,}" if store["tagged"] else "-" for store in stores)
    )
    table.add_row("profiles written", *(f"{store['profiles_written']:,}" for store in stores))
    table.add_row("[bold]codes created[/bold]", *(f"{store['codes_created']:,}" for store in stores))
    table.add_row("held out (measured against)", *(f"{store['offers'].get('held_out', 0):,}" for store in stores))
    table.add_row("[bold]mails sent[/bold]", *(f"{store['mails_sent']:,}" for store in stores))
    table.add_row("[bold]points[/bold] available", *(f"{store['points']:,}" for store in stores))
    table.add_row("points pending", *(f"{store['points_pending']:,}" for store in stores))
    table.add_row("referral codes", *(f"{store['referral_codes']:,}" for store in stores))
    console.print(table)
    account = story["accounts"][0]
    console.print(f"{account['people']:,} people in all; {account['people_in_several_stores']:,} of them shop in both stores.")
    again = story["second_run"]
    console.print(f"A second run wrote {again['store_writes']} times to the stores and sent {again['mails']} mails.")
    console.print(f"Every figure equals what the stores themselves hold. {story['seconds']} s.")


def _free_port() -> int:
    for candidate in (8000, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("No free port can be had on this machine.")


COMMANDS = (demo,)
