"""Commands about what a campaign says: show, set (looked at first), history, undo."""

from __future__ import annotations

import json
import re
from typing import Any

import click
from rich.markup import escape

from comeback.cli.choosing import chosen
from comeback.cli.session import application, console
from comeback.cli.tables import show as table
from plugin_core.clock import from_us
from plugin_core.errors import InvalidInput
from plugin_core.offers import campaigns as room
from plugin_core.offers import editing
from plugin_core.offers.definitions import Definition, Step
from plugin_core.offers.models import Campaign
from plugin_core.offers.planning import Preview

_SIGNS = {"d": "days", "x": "gaps", "h": "hours"}
_STEP = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)([dxh])=(\d{1,3})")
_TYPED = "60d=10 is 10 % after 60 days, 2x=15 at twice the person's own gap, 24h=5 after 24 hours."


@click.command("show")
@click.argument("store")
@click.argument("campaign", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show_campaign(store: str, campaign: str | None, as_json: bool) -> None:
    """What CAMPAIGN of STORE says: its steps, its pauses, and the share held out."""
    with application() as app, app.database.read() as session:
        found, one = chosen(session, store, campaign)
        says = room.definition(one)
        body = {
            "store": found.key, "campaign": one.key, "name": one.name, "state": one.state, "version": one.version,
            "holdout": one.holdout_share, "definition": dict(one.definition),
        }  # fmt: skip
    if as_json:
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    console.print(f"{found.key}  [bold]{one.key}[/bold]  {one.state}, version {one.version}  {escape(one.name)}")
    _told(one, says)


@click.command("set")
@click.argument("store")
@click.argument("campaign", required=False)
@click.option("--name", help="What the campaign is called.")
@click.option("--steps", help="All its steps with their discounts, as 60d=10,90d=15 (d days, x own gaps, h hours).")
@click.option("--cooldown", help="Days between two steps for the same person, or settings: as the store's settings say.")
@click.option("--entry-hours", type=int, help="Hours after which a checkout is too old to begin with.")
@click.option("--held-out", type=float, help="Share of people who get nothing, to compare with, in percent.")
@click.option("--apply", "apply_", is_flag=True, help="Save it; without this it is only shown whom it would reach.")
def set_campaign(
    store: str,
    campaign: str | None,
    name: str | None,
    steps: str | None,
    cooldown: str | None,
    entry_hours: int | None,
    held_out: float | None,
    apply_: bool,
) -> None:
    """Change CAMPAIGN of STORE. Whom it would reach is shown, and nothing is saved without --apply."""
    with application() as app:
        with app.database.read() as session:
            found, one = chosen(session, store, campaign)
            body = _body(one, steps, cooldown, entry_hours)
            share = one.holdout_share if held_out is None else held_out / 100
            wanted = editing.checked(one, one.name if name is None else name, body, share)
            version, now = one.version, app.context.clock()
            before = editing.look(session, found, one, now=now)
            after = editing.look(session, found, wanted, now=now)
        _told(wanted, room.definition(wanted))
        _compared(before, after)
        if not apply_:
            console.print("Nothing was saved. Add --apply to save it.")
            return
        with app.database.write() as session:
            found, one = chosen(session, store, campaign)
            changed = editing.save(session, found, one, wanted, version=version, actor="cli", now=app.context.clock())
            console.print(f"{found.key}: {one.key} is at version {one.version}." if changed else "It said so already.")


@click.command()
@click.argument("store")
@click.argument("campaign", required=False)
def history(store: str, campaign: str | None) -> None:
    """Every version of CAMPAIGN of STORE, the newest first."""
    with application() as app, app.database.read() as session:
        _found, one = chosen(session, store, campaign)
        rows = [
            (
                str(kept.version), from_us(kept.changed_at).isoformat(timespec="seconds"), kept.changed_by or "-", kept.name,
                _line(room.definition(editing.checked(one, kept.name, kept.definition, kept.holdout_share))),
                f"{kept.holdout_share:.0%}",
            )
            for kept in editing.versions(session, one)
        ]  # fmt: skip
    if not rows:
        console.print("It was never changed.")
        return
    table(("version", "at", "by", "name", "steps", "held out"), rows, right=("version", "held out"))


@click.command()
@click.argument("store")
@click.argument("campaign", required=False)
@click.option("--to", "version", type=int, required=True, help="The version to go back to; campaigns history lists them.")
def undo(store: str, campaign: str | None, version: int) -> None:
    """Let CAMPAIGN of STORE say again what an earlier version said. That is a new version."""
    with application() as app, app.database.write() as session:
        found, one = chosen(session, store, campaign)
        changed = editing.take_back(session, found, one, version, actor="cli", now=app.context.clock())
        console.print(f"{found.key}: {one.key} is at version {one.version}." if changed else "It said so already.")


def _body(one: Campaign, steps: str | None, cooldown: str | None, entry_hours: int | None) -> dict[str, Any]:
    body = dict(one.definition)
    if steps is not None:
        body["steps"] = [_step(text.strip()) for text in steps.split(",") if text.strip()]
    if cooldown == "settings":
        body.pop("cooldown_days", None)
    elif cooldown is not None:
        if not (cooldown.isascii() and cooldown.isdecimal() and len(cooldown) < 6):
            raise InvalidInput("The cooldown can't be read.", mend="Write a number of days, or settings.")
        body["cooldown_days"] = int(cooldown)
    if entry_hours is not None:
        body["entry_hours"] = entry_hours
    return body


def _step(text: str) -> dict[str, Any]:
    read = _STEP.fullmatch(text)
    if read is None:
        raise InvalidInput(f"{text!r} is no step.", mend=_TYPED)
    after, sign, percent = read.groups()
    return {_SIGNS[sign]: float(after) if "." in after else int(after), "percent": int(percent)}


def _line(says: Definition) -> str:
    return ",".join(f"{step.after:g}{_sign(step)}={step.percent}" for step in says.steps)


def _sign(step: Step) -> str:
    return next(sign for sign, unit in _SIGNS.items() if unit == step.unit)


def _told(one: Campaign, says: Definition) -> None:
    cooldown = "as in the settings" if says.cooldown_days is None else f"{says.cooldown_days} days"
    entry = f", a checkout enters for {says.entry_hours} hours" if any(step.unit == "hours" for step in says.steps) else ""
    console.print(f"Steps {_line(says)}; between two steps {cooldown}{entry}; {one.holdout_share:.0%} held out.")


def _compared(before: Preview, after: Preview) -> None:
    rows = [
        ("written to", str(len(before.chosen)), str(len(after.chosen))),
        ("held out", str(len(before.held_out)), str(len(after.held_out))),
        ("costs at most", str(before.maximum_cost), str(after.maximum_cost)),
    ]
    table(("at this moment", "now", "then"), rows, right=("now", "then"))


COMMANDS = (show_campaign, set_campaign, history, undo)
