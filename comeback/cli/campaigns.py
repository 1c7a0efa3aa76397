"""Commands about campaigns: list, preview, start, pause."""

from __future__ import annotations

import json
from collections import Counter

import click
from rich.table import Table

from comeback.cli.session import application, console
from plugin_core.clock import from_us
from plugin_core.offers import campaigns as room
from plugin_core.offers.planning import preview as look_ahead
from plugin_core.stores.connect import find_store


@click.group()
def campaigns() -> None:
    """Campaigns: see them, see whom they would reach, start and pause them."""


@campaigns.command("list")
@click.argument("store")
@click.option("--json", "as_json", is_flag=True)
def list_(store: str, as_json: bool) -> None:
    """The campaigns of STORE."""
    with application() as app, app.database.read() as session:
        found = room.campaigns(session, find_store(session, store))
        rows = [
            {"key": item.key, "name": item.name, "state": item.state, "kind": item.kind, "holdout": item.holdout_share}
            for item in found
        ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        console.print(f"[bold]{row['key']}[/bold]  {row['state']:<8} {row['name']} ({row['holdout']:.0%} held out)")


@campaigns.command()
@click.argument("store")
@click.argument("campaign")
@click.option("--json", "as_json", is_flag=True)
def preview(store: str, campaign: str, as_json: bool) -> None:
    """Exactly whom CAMPAIGN would reach if it were planned now, and why the others are left out."""
    with application() as app, app.database.read() as session:
        found = find_store(session, store)
        chosen = room.get(session, found, campaign)
        seen = look_ahead(session, found, chosen, now=app.context.clock())
    if as_json:
        rows = [
            {
                "customer": verdict.customer_key,
                "step": verdict.step,
                "percent": verdict.percent,
                "outcome": verdict.outcome,
                "reason": verdict.reason,
                "due_at": from_us(verdict.due_at).isoformat(),
            }
            for verdict in seen.verdicts
        ]
        click.echo(json.dumps({"campaign": campaign, "maximum_cost": str(seen.maximum_cost), "people": rows}))
        return
    outcomes = Counter((verdict.outcome, verdict.step, verdict.reason) for verdict in seen.verdicts)
    table = Table(box=None, pad_edge=False)
    for heading in ("outcome", "step", "reason", "people"):
        table.add_column(heading, justify="right" if heading == "people" else "left")
    for (outcome, step, reason), count in sorted(outcomes.items()):
        table.add_row(outcome, step, reason, str(count))
    console.print(table)
    console.print(f"Costs at most {seen.maximum_cost} if every code is used.")


@campaigns.command()
@click.argument("store")
@click.argument("campaign")
def start(store: str, campaign: str) -> None:
    """Start CAMPAIGN. Its mails go out at the next run-due."""
    _move(store, campaign, "start")


@campaigns.command()
@click.argument("store")
@click.argument("campaign")
def pause(store: str, campaign: str) -> None:
    """Pause CAMPAIGN. Nothing more goes out; starting it again repeats nothing."""
    _move(store, campaign, "pause")


def _move(store: str, campaign: str, verb: str) -> None:
    with application() as app, app.database.write() as session:
        found = find_store(session, store)
        chosen = room.get(session, found, campaign)
        move = room.start if verb == "start" else room.pause
        move(session, found, chosen, actor="cli", now=app.context.clock())
        console.print(f"{found.key}: {chosen.name} is {chosen.state}.")


COMMANDS = (campaigns,)
