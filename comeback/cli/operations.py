"""Commands for whoever runs the installation: settings, migrate, doctor, serve, test-mail."""

from __future__ import annotations

import json
import sys

import click
from rich.markup import escape
from rich.table import Table

from comeback import settings as environment
from comeback.cli.session import application, console, plain_database_errors
from plugin_core.db import create_engine
from plugin_core.migrations import current
from plugin_core.migrations import migrate as bring_up
from plugin_core.settings_effects import follow_up
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import find_store


@click.command("settings")
@click.argument("store")
@click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="Print the settings as JSON.")
def settings(store: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """Show STORE's settings, or change some: comeback settings STORE sender_name="Ada's Shop"."""
    pairs = []
    for item in assignments:
        name, mark, value = item.partition("=")
        if not mark:
            raise click.UsageError(f"{item!r} is not NAME=VALUE.")
        pairs.append((name.strip(), value))
    with application() as app, app.database.write() as session:
        found = find_store(session, store)
        before = store_settings.as_json(store_settings.current(session, found)[0])
        after, _ = store_settings.change(session, found, dict(pairs), actor="cli", now=app.context.clock())
        body = store_settings.as_json(after)
        follow_up(session, found, {name for name in body if body[name] != before[name]})
    if as_json:
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    shown = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in body.items()}
    if pairs:
        for name in dict.fromkeys(name for name, _ in pairs):
            console.print(f"{name} = {escape(shown[name]) or '(not set)'}")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in shown.items():
        table.add_row(name, escape(value) or "(not set)", f"[dim]{store_settings.describe(name)}[/dim]")
    console.print(table, soft_wrap=False)


@click.command()
def migrate() -> None:
    """Bring the database to the tables of this version."""
    engine = create_engine(environment.load().database)
    with plain_database_errors():
        before = current(engine)
        bring_up(engine)
        after = current(engine)
    engine.dispose()
    console.print(f"The database is at {after}." if before == after else f"Migrated from {before or 'empty'} to {after}.")


@click.command()
@click.option("--offline", is_flag=True, help="Do not talk to the stores or the mail server.")
def doctor(offline: bool) -> None:
    """Say what is wrong and how to mend it. Exits 1 where something is."""
    from comeback import doctor as checks

    findings = list(checks.examine(online=not offline))
    for finding in findings:
        mark = {"good": "[green]ok  [/green]", "note": "[yellow]note[/yellow]", "bad": "[red]bad [/red]"}[finding.kind]
        console.print(f"{mark} {escape(finding.what)}")
        if finding.mend:
            console.print(f"     {escape(finding.mend)}")
    if any(finding.kind == "bad" for finding in findings):
        sys.exit(1)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--web-only", is_flag=True, help="Answer requests only: workers and a scheduler run elsewhere.")
def serve(host: str, port: int, web_only: bool) -> None:
    """Serve pages, links and webhooks, and do all that is due."""
    from comeback.serving import refuse_unusable
    from comeback.serving import serve as serve_app

    refuse_unusable(host, port)
    with application() as app:
        console.print(f"Listening on http://{host}:{port} (stop with Ctrl-C).")
        serve_app(app, host, port, web_only=web_only)


@click.command()
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Stores worked for at the same time.")
def worker(threads: int) -> None:
    """Do the work that other processes nudge for through Redis (COMEBACK_REDIS_URL), until stopped."""
    from comeback.working import work

    with application() as app:
        work(app, threads=threads)


@click.command()
def scheduler() -> None:
    """Nudge for what is due, until stopped. Of several one leads; the others wait for its end."""
    from comeback.working import keep_time

    with application() as app:
        keep_time(app)


@click.command("test-mail")
@click.argument("address")
@click.option("--store", help="Send it as this store would (default: the only one).")
def test_mail(address: str, store: str | None) -> None:
    """Send a test mail to ADDRESS with the sender of the store's settings."""
    from comeback.testmail import send_test_mail

    with application() as app:
        where = send_test_mail(app, address, store)
    console.print(escape(f"Sent to {address} {where}."))


COMMANDS = (settings, migrate, doctor, serve, worker, scheduler, test_mail)
