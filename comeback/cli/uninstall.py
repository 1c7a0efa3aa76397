"""The uninstall command: leave a store as it was."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.markup import escape

from comeback.cli.session import application, console, problems
from jobs.turns import turn
from jobs.uninstall import Plan, Report
from jobs.uninstall import plan as look
from jobs.uninstall import uninstall as leave
from plugin_core.stores.connect import find_store


@click.command()
@click.argument("store")
@click.option("--plan", "wanted", flag_value="plan", help="Only say what would be removed.")
@click.option("--apply", "wanted", flag_value="apply", help="Remove it, then forget the credentials.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def uninstall(store: str, wanted: str | None, yes: bool, as_json: bool) -> None:
    """Leave STORE as it was: remove our tags, fields, unused codes and webhooks, then disconnect.

    The merchant's own data is not touched. Cut off in the middle, the same command goes on.
    """
    if wanted is None:
        raise click.UsageError("Say --plan (only look) or --apply (do it).")
    with application() as app:
        with app.database.read() as session:
            found = find_store(session, store)
        planned = look(app.context, found.id)
        if wanted == "plan":
            _tell_plan(planned, as_json=as_json)
            return
        if not yes:
            _tell_plan(planned, as_json=False)
            problems.print("All work for the store ends, and its credentials are forgotten. What is known of it stays here.")
            click.confirm(f"Remove this from {found.key}?", abort=True, err=True)
        with turn(app.database, found.id) as ours:
            if not ours:
                raise click.ClickException(f"{found.key}: another process is busy with this store. Try again when it is done.")
            report = leave(app.context, found.id, actor="cli", progress=None if as_json else _said)
    if as_json:
        click.echo(json.dumps({"store": found.key, **asdict(report)}))
    else:
        _tell(report, found.key)
    if not report.finished:
        raise click.exceptions.Exit(1)


def _said(what: str, done: int, total: int) -> None:
    problems.print(f"  {what}: {done} of {total}")


def _tell_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(plan)))
        return
    console.print(f"{plan.store}: {plan.accounts} customers carry our fields, with {plan.tags} tags of ours: all are removed.")
    codes = plan.codes
    console.print(f"Codes: {codes['unused']} unused are deleted, {codes['used']} used stay, for orders refer to them.")
    if codes["gone"]:
        console.print(f"{codes['gone']} codes are gone from the store already.")
    if plan.note:
        problems.print(escape(plan.note))
    console.print("Webhooks and field definitions of ours are removed. What people said about marketing is theirs and stays.")


def _tell(report: Report, key: str) -> None:
    counts = report.counts
    console.print(f"{counts['accounts']} customers cleared, {counts['gone']} were gone; {counts['codes']} codes deleted.")
    if counts["codes_kept"]:
        console.print(f"{counts['codes_kept']} codes stay: they were used, and orders refer to them.")
    for problem in report.problems:
        problems.print(escape(problem))
    if report.finished:
        console.print(f"{key} is as it was before, and disconnected.")
    else:
        problems.print(f"{len(report.problems)} things are still there. Go on with: comeback uninstall {key} --apply")


COMMANDS = (uninstall,)
