"""Commands about stores: connect, disconnect, sync, run-due, status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from comeback.app import App
from comeback.cli.session import application, console, problems, secret
from comeback.cli.tables import show
from comeback.connecting import connect as connect_to
from comeback.connecting import offer_link
from jobs.due import run_due as due
from jobs.refresh import refresh_store
from jobs.sync import Progress as Report
from jobs.sync import sync_store
from jobs.turns import turn
from plugin_core.insights.overview import overview
from plugin_core.stores.connect import disconnect_store, find_store


@click.group()
def connect() -> None:
    """Connect a store. Secrets may come from the option, the environment or a prompt."""


@connect.command()
@click.option("--shop", required=True, help="The shop's myshopify.com domain.")
@click.option("--token", envvar="COMEBACK_SHOPIFY_TOKEN", help="Admin API access token [or COMEBACK_SHOPIFY_TOKEN, or a prompt].")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def shopify(shop: str, token: str | None, as_json: bool) -> None:
    """Connect a Shopify store by an Admin API access token."""
    token = secret(token, "Admin API access token", "COMEBACK_SHOPIFY_TOKEN")
    _connect("shopify", shop, {"access_token": token}, as_json)


@connect.command()
@click.option("--url", required=True, help="The site's address, as shown in WordPress > Settings > General.")
@click.option("--key", envvar="COMEBACK_WOOCOMMERCE_KEY", help="Consumer key, ck_... [or COMEBACK_WOOCOMMERCE_KEY, or a prompt].")
@click.option(
    "--secret", "password", envvar="COMEBACK_WOOCOMMERCE_SECRET", help="Consumer secret, cs_... [or ..._SECRET, or a prompt]."
)
@click.option("--link", is_flag=True, help="Print a link instead: whoever opens it agrees in the store, without any key to copy.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def woocommerce(url: str, key: str | None, password: str | None, link: bool, as_json: bool) -> None:
    """Connect a WooCommerce store by a REST API key with Read/Write permission, or by a link."""
    if link:
        _link("woocommerce", url, as_json)
        return
    key = secret(key, "Consumer key (ck_...)", "COMEBACK_WOOCOMMERCE_KEY")
    password = secret(password, "Consumer secret (cs_...)", "COMEBACK_WOOCOMMERCE_SECRET")
    _connect("woocommerce", url, {"consumer_key": key, "consumer_secret": password}, as_json)


def _link(platform: str, address: str, as_json: bool) -> None:
    with application() as app:
        made = offer_link(app, platform, address, actor="cli")
    if as_json:
        click.echo(json.dumps({"link": made}))
        return
    click.echo(made)
    problems.print("Good once, for ten minutes. Open it while `comeback serve` runs; the import begins by itself.")


def _connect(platform: str, address: str, credentials: dict[str, str], as_json: bool) -> None:
    with application() as app:
        key, facts = connect_to(app, platform, address, credentials, actor="cli")
        if as_json:
            body = {"store": key, "name": facts.name, "currency": facts.currency, "zone": facts.zone, "notes": list(facts.notes)}
            click.echo(json.dumps(body, ensure_ascii=False))
            return
        console.print(f"Connected [bold]{key}[/bold]: {escape(facts.name)}, {facts.currency}, {escape(facts.zone)}.")
        for note in facts.notes:
            console.print(f"  note: {escape(note)}")
        console.print(f"Next: comeback sync {key}")


@click.command()
@click.argument("store")
def disconnect(store: str) -> None:
    """Forget a store's credentials and stop all work for it. Its data stays."""
    with application() as app, app.database.write() as session:
        found = find_store(session, store)
        disconnect_store(session, found, actor="cli", now=app.context.clock())
        console.print(f"Disconnected {found.key}. Nothing was changed in the store itself.")


@click.command()
@click.argument("store")
@click.option("--full", is_flag=True, help="Take in everything again, not only what is new.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def sync(store: str, full: bool, as_json: bool) -> None:
    """Take in what is new in STORE and work out everybody's numbers."""
    with application() as app:
        with app.database.read() as session:
            found = find_store(session, store)
        with turn(app.database, found.id) as ours:
            if not ours:
                raise click.ClickException(f"{found.key}: another process is busy with this store. Try again when it is done.")
            with _bar(quiet=as_json) as progress:
                synced = sync_store(app.context, found.id, full=full, progress=progress)
            refreshed = refresh_store(app.context, found.id)
        result = {
            "store": found.key,
            "received": dict(synced.received),
            "changed": synced.changed,
            "rejected": synced.rejected,
            "people": refreshed.people,
            "queued_writes": refreshed.queued,
        }
        if as_json:
            click.echo(json.dumps(result))
            return
        console.print(
            f"{found.key}: {synced.received['customers']} accounts, {synced.received['orders']} orders, "
            f"{synced.received['products']} products read; {synced.changed} changed, {refreshed.people} people worked out."
        )
        if synced.rejected:
            problems.print(f"{synced.rejected} records could not be read; they are kept and tried again: comeback status")


@click.command("run-due")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run_due(as_json: bool) -> None:
    """Do all that is due now, for all stores, then exit."""
    with application() as app:
        reports = due(app.context)
        rows = [{"store": report.store, **report.counts, "problem": report.problem} for report in reports]
        if as_json:
            click.echo(json.dumps({"stores": rows}))
        else:
            if not reports:
                console.print("No store is connected, so nothing was due. Begin with: comeback connect --help")
            for report in reports:
                done = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.counts.items() if count)
                console.print(f"{report.store}: {done or 'nothing was due'}.")
                if report.problem:
                    problems.print(f"  {escape(report.problem)}")
        if any(report.problem for report in reports):
            raise click.exceptions.Exit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def status(as_json: bool) -> None:
    """How each store stands: people, orders, queue, what needs you."""
    with application() as app:
        rows = _overview(app)
    if as_json:
        click.echo(json.dumps(rows))
        return
    if not rows["stores"]:
        console.print("No store is connected yet. Begin with: comeback connect --help")
        return
    show(
        ("store", "state", "people", "orders", "net spent", "queue", "mails sent", "points", "last sync"),
        [
            (
                *(row["store"], row["state"], str(row["people"]), str(row["orders"]), f"{row['net_spent']} {row['currency']}"),
                *(str(row["queue"]), str(row["mails_sent"]), str(row["points"]), (row["last_sync"] or "never")[:16]),
            )
            for row in rows["stores"]
        ],
        right=("people", "orders", "net spent", "queue", "mails sent", "points"),
        spare=("points", "mails sent", "orders", "queue", "last sync", "people"),
    )
    for row in rows["stores"]:
        for need in row["needs"]:
            problems.print(f"{row['store']}: {escape(need)}")


def _overview(app: App) -> dict[str, Any]:
    with app.database.read() as session:
        return overview(session)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=problems, disable=quiet or not problems.is_terminal, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(resource: str, done: int, total: int | None) -> None:
            if resource not in tasks:
                tasks[resource] = bars.add_task(resource, total=total, rate="")
            task = tasks[resource]
            speed = bars.tasks[task].speed
            bars.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield report


COMMANDS = (connect, disconnect, sync, run_due, status)
