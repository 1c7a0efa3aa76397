"""The command about what stores have told us: replay."""

from __future__ import annotations

import json
from typing import Any

import click

from comeback.app import App
from comeback.cli.session import application, console, problems
from jobs.watch import take_in
from plugin_core.errors import NotFound
from plugin_core.inbox import overview, queue
from plugin_core.stores.connect import find_store
from plugin_core.stores.models import Store


@click.command()
@click.argument("store", required=False)
@click.option("--failed", is_flag=True, help="All that failed or were given up, of every store where none is named.")
@click.option("--id", "number", type=click.IntRange(min=1), help="Only this one; comeback status names them.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def replay(store: str | None, failed: bool, number: int | None, as_json: bool) -> None:
    """Take in once more what STORE has told us and could not be applied, after whatever was wrong has been mended."""
    if failed and number is not None:
        raise click.UsageError("Choose --failed or --id.")
    if not (store or failed or number is not None):
        raise click.UsageError("Say what: a store, --failed for all stores, or --id of one delivery.")
    with application() as app:
        rows = [_replayed(app, each) for each in _due_again(app, store, number)]
    if as_json:
        click.echo(json.dumps({"stores": rows}))
    elif not rows:
        console.print("Nothing had failed.")
    for row in rows if not as_json else ():
        if row["busy"]:
            problems.print(f"{row['store']}: another process is busy with this store and takes them in.")
        else:
            console.print(f"{row['store']}: {row['failed'] + row['dead']} still fail.")
        for trouble in row["troubles"]:
            problems.print(f"  {trouble['id']} {trouble['topic']}: {trouble['problem']}")
    if any(row["failed"] or row["dead"] for row in rows):
        raise click.exceptions.Exit(1)


def _due_again(app: App, store: str | None, number: int | None) -> list[int]:
    with app.database.write() as session:
        store_id = find_store(session, store).id if store else None
        found = queue.replay(session, store_id=store_id, number=number, now=app.context.clock())
    if number is not None and not found:
        raise NotFound(f"There is no delivery {number} that could be replayed.", mend="See: comeback status")
    return found


def _replayed(app: App, store_id: int) -> dict[str, Any]:
    ours = take_in(app.context, store_id)
    with app.database.read() as session:
        states = overview.states(session, store_id)
        troubles = [each._asdict() for each in overview.troubles(session, store_id)]
        key = session.get_one(Store, store_id).key
    return {
        "store": key,
        "busy": not ours,
        "pending": states.get("pending", 0),
        "failed": states.get("failed", 0),
        "dead": states.get("dead", 0),
        "troubles": troubles,
    }


COMMANDS = (replay,)
