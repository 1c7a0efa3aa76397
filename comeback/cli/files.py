"""Bringing along a file of consents, suppressions or opening balances."""

from __future__ import annotations

from pathlib import Path

import click

from comeback.cli.session import application, console
from comeback.cli.tables import show
from plugin_core import uploads
from plugin_core.stores.connect import find_store

_SHOWN = 20


@click.command("import")
@click.argument("store")
@click.argument("kind", type=click.Choice(list(uploads.KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "really", is_flag=True, help="Change it; without this it is only shown.")
def import_file(store: str, kind: str, file: Path, *, really: bool) -> None:
    """Read FILE (CSV) into STORE: what it would change, and with --apply change it."""
    with file.open("rb") as opened:
        sheet = uploads.read(opened.read(uploads.MOST_BYTES + 1))
    with application() as app, app.database.write() as session:
        found = find_store(session, store)
        outcome = uploads.apply(session, found, kind, sheet, name=file.name, actor="cli", now=app.context.clock())
        if not really:
            session.rollback()
    rows = [[str(row.line), row.email, str(row.before), str(row.after)] for row in outcome.changed[:_SHOWN]]
    if rows:
        show(["line", "e-mail", "before", "after"], rows, right={"line"})
    for bad in outcome.bad[:_SHOWN]:
        console.print(f"Line {bad.line}: {bad.reason} {bad.mend}", markup=False)
    counts = f"{outcome.unchanged} already so, {len(outcome.unknown)} unknown here, {len(outcome.bad)} can't be used"
    done = "changed" if really else "would change"
    console.print(f"{len(outcome.changed)} {done}, {counts}.", markup=False)
    if outcome.changed and not really:
        console.print("Nothing was changed yet: add --apply.", markup=False)


COMMANDS = (import_file,)
