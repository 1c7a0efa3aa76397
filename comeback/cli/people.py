"""Commands about people: the list of customers, and why somebody is (or isn't) in a segment."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.markup import escape
from rich.tree import Tree

from comeback.cli.session import application, console
from comeback.cli.tables import show
from plugin_core.csv_text import line
from plugin_core.customers import export
from plugin_core.customers.directory import Person, people
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.lookup import find_person
from plugin_core.errors import NotFound
from plugin_core.money import major
from plugin_core.segments.explain import Explanation, explain
from plugin_core.segments.members import find as find_segment
from plugin_core.segments.rules import parse
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import find_store
from plugin_core.stores.models import Store


@click.command("customers")
@click.argument("store")
@click.option("--format", "shape", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def customers(store: str, shape: str) -> None:
    """Everybody STORE knows, one row a person."""
    with application() as app, app.database.read() as session:
        found = find_store(session, store)
        if shape == "csv":
            sys.stdout.write(line(export.COLUMNS, end="\n"))
            sys.stdout.writelines(line(export.cells(person, found.currency), end="\n") for person in people(session, found))
            return
        rows = [_row(person, found) for person in people(session, found)]
    if shape == "json":
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        _print_table(rows)


def _row(person: Person, store: Store) -> dict[str, Any]:
    return {
        "email": person.email,
        "external_ids": list(person.external_ids),
        "orders_count": person.orders_count,
        "net_spent": str(major(person.net_spent, store.currency)),
        "currency": store.currency,
        "foreign_orders": person.foreign_orders,
        "first_order_at": export.moment(person.first_order_at) or None,
        "last_order_at": export.moment(person.last_order_at) or None,
        "rfm": person.rfm,
        "rfm_scores": person.rfm_scores,
        "lifecycle": person.lifecycle,
        "segments": list(person.segments),
        "points": person.points,
        "points_pending": person.points_pending,
        "tier": person.tier,
        "referral_code": person.referral_code,
        "consent": person.consent,
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    show(
        ("email", "orders", "net spent", "last order", "rfm", "lifecycle", "segments", "points", "tier"),
        [
            (
                *(
                    row["email"] or "(no e-mail)",
                    str(row["orders_count"]),
                    f"{row['net_spent']} {row['currency']}{_foreign(row)}",
                ),
                *((row["last_order_at"] or "")[:10], f"{row['rfm']} {row['rfm_scores']}".strip(), row["lifecycle"]),
                ", ".join(row["segments"]),
                f"{row['points']} (+{row['points_pending']})" if row["points_pending"] else str(row["points"]),
                row["tier"],
            )
            for row in rows
        ],
        right=("orders", "net spent", "points"),
        spare=("segments", "rfm", "tier", "points", "last order", "orders"),
    )
    console.print(f"{len(rows)} people")


def _foreign(row: dict[str, Any]) -> str:
    return "".join(f" plus {count} in {code}" for code, count in row["foreign_orders"].items())


@click.command()
@click.argument("store")
@click.argument("email")
@click.argument("segment")
def why(store: str, email: str, segment: str) -> None:
    """Why the person with EMAIL is, or is not, in SEGMENT."""
    with application() as app, app.database.read() as session:
        found = find_store(session, store)
        person = find_person(session, found.account_id, normalise_email(email))
        if person is None:
            raise NotFound(f"{found.key}: nobody with this address is known.", mend=f"See: comeback customers {found.key}")
        chosen = find_segment(session, found, segment.replace("-", "_"))
        settings, _ = store_settings.current(session, found)
        explanation = explain(session, found, settings, person, parse(chosen.rule), now=app.context.clock())
        name = chosen.name
    tree = Tree(f"{'[green]yes[/green]' if explanation.truth else '[red]no[/red]'}: {escape(name)}")
    _grow(tree, explanation)
    console.print(tree)


def _grow(tree: Tree, explanation: Explanation) -> None:
    mark = "[green]yes[/green]" if explanation.truth else "[red]no[/red]"
    own = {"all": "all of these:", "any": "any of these:", "not": "not this:"}.get(explanation.joined_by)
    branch = tree.add(f"{mark} {own}" if own else f"{mark} {escape(explanation.words)} (found: {escape(explanation.found)})")
    for part in explanation.parts:
        _grow(branch, part)


COMMANDS = (customers, why)
