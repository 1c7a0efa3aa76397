"""Commands about campaigns: list, preview, start, pause."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import click
from rich.markup import escape

from comeback.cli.campaign_changes import COMMANDS as CHANGES
from comeback.cli.choosing import chosen
from comeback.cli.session import application, console
from comeback.cli.tables import show
from plugin_core.clock import from_us
from plugin_core.customers.lookup import addresses
from plugin_core.offers import campaigns as room
from plugin_core.offers.planning import preview as look_ahead
from plugin_core.stores.connect import connected_stores, find_store


@click.group()
def campaigns() -> None:
    """Campaigns: see them, see whom they would reach, change, start and pause them."""


@campaigns.command("list")
@click.argument("store", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_(store: str | None, as_json: bool) -> None:
    """The campaigns of STORE, or of all stores."""
    with application() as app, app.database.read() as session:
        stores = [find_store(session, store)] if store else connected_stores(session)
        rows = [
            {
                "store": found.key,
                "campaign": item.key,
                "name": item.name,
                "state": item.state,
                "kind": item.kind,
                "holdout": item.holdout_share,
                "started_at": from_us(item.started_at).isoformat(timespec="seconds") if item.started_at else None,
            }
            for found in stores
            for item in room.campaigns(session, found)
        ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        shown = f"{row['name']} ({row['holdout']:.0%} held out)"
        console.print(f"{row['store']}  [bold]{row['campaign']}[/bold]  {row['state']:<8} {escape(shown)}")
    if not rows:
        console.print("No store is connected yet. Begin with: comeback connect --help")


@campaigns.command()
@click.argument("store")
@click.argument("campaign", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print everybody as JSON.")
def preview(store: str, campaign: str | None, as_json: bool) -> None:
    """Exactly whom CAMPAIGN of STORE would reach if it were planned now, and why the others are left out.

    With one store connected, STORE may be left away.
    """
    with application() as app, app.database.read() as session:
        found, one = chosen(session, store, campaign)
        seen = look_ahead(session, found, one, now=app.context.clock())
        emails = addresses(session, [verdict.customer_id for verdict in seen.verdicts])
    if as_json:
        rows = [
            {
                "customer": verdict.customer_key,
                "email": emails.get(verdict.customer_id, ""),
                "step": verdict.step,
                "percent": verdict.percent,
                "outcome": verdict.outcome,
                "reason": verdict.reason,
                "due_at": from_us(verdict.due_at).isoformat(),
            }
            for verdict in seen.verdicts
        ]
        body = {"store": found.key, "campaign": one.key, "maximum_cost": str(seen.maximum_cost), "people": rows}
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    outcomes = Counter((verdict.outcome, verdict.step, verdict.reason) for verdict in seen.verdicts)
    summed = [(outcome, step, reason, str(count)) for (outcome, step, reason), count in sorted(outcomes.items())]
    show(("outcome", "step", "reason", "people"), summed, right=("people",))
    console.print(f"Costs at most {seen.maximum_cost} if every code is used.")


@campaigns.command()
@click.argument("store")
@click.argument("campaign", required=False)
def start(store: str, campaign: str | None) -> None:
    """Start CAMPAIGN of STORE. Its mails go out at the next run-due."""
    _move(store, campaign, room.start)


@campaigns.command()
@click.argument("store")
@click.argument("campaign", required=False)
def pause(store: str, campaign: str | None) -> None:
    """Pause CAMPAIGN of STORE. Nothing more goes out; starting it again repeats nothing."""
    _move(store, campaign, room.pause)


def _move(store: str, campaign: str | None, move: Callable[..., None]) -> None:
    with application() as app, app.database.write() as session:
        found, one = chosen(session, store, campaign)
        move(session, found, one, actor="cli", now=app.context.clock())
        console.print(f"{found.key}: {escape(one.name)} is {one.state}.")


for _command in CHANGES:
    campaigns.add_command(_command)

COMMANDS = (campaigns,)
