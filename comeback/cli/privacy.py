"""Commands about people's data: show all that is kept, erase it, and what was asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from comeback.app import App
from comeback.cli.session import application, console, problems
from comeback.cli.tables import show
from jobs.erasing import carry_out_effects
from jobs.privacy import Busy, erase_now, finish_erasures
from plugin_core.clock import from_us
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.lookup import find_person
from plugin_core.customers.privacy import requests
from plugin_core.customers.privacy.export import export_person
from plugin_core.customers.privacy.models import PrivacyRequest
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.connect import find_store
from plugin_core.stores.models import Account, Store

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def privacy() -> None:
    """What is kept about people: show it, erase it, see what they asked for."""


@privacy.command()
@click.argument("store")
@click.argument("email")
@click.option("--html", type=_FILE, help="Write a page for the person to this file.")
@click.option("--json", "json_file", type=_FILE, help="Write JSON to this file ('-': standard output, the default).")
def export(store: str, email: str, html: Path | None, json_file: Path | None) -> None:
    """Everything kept about the person with EMAIL, in STORE and in the account's other stores."""
    with application() as app:
        with app.database.read() as session:
            found = find_store(session, store)
            person = _person(session, found, email)
            body = export_person(session, session.get_one(Account, found.account_id), person)
        if html is not None:
            from admin.person_page import render

            _write(html, render(body, shop=found.name or found.key, at=_day(app.context.clock())))
        if json_file is not None or html is None:
            text = json.dumps(body, ensure_ascii=False, indent=2)
            if json_file is None or str(json_file) == "-":
                click.echo(text)
            else:
                _write(json_file, text + "\n")


@privacy.command()
@click.argument("store")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def erase(store: str, email: str, yes: bool, as_json: bool) -> None:
    """Erase the person with EMAIL from STORE and the account's other stores. It can't be undone."""
    with application() as app:
        with app.database.read() as session:
            found = find_store(session, store)
            person = _person(session, found, email)
            stores = [each.key for each in session.query(Store).filter(Store.account_id == found.account_id).order_by(Store.id)]
        if not yes:
            problems.print(
                f"This erases the person's name, addresses, consent and history here, for {', '.join(stores)}, takes our tags "
                "and fields off their account in the store and deletes their unused codes there. Orders and points stay as "
                "figures that lead to nobody. What the store itself knows of them stays there. It can't be undone."
            )
            click.confirm("Erase?", abort=True, err=True)
        body = _erase(app, found, person, stores)
    if as_json:
        click.echo(json.dumps(body))
        return
    console.print(f"Erased. {body['orders']} orders are kept under {body['key']}, without anything that leads to the person.")
    if body["waiting"]:
        problems.print(f"{body['waiting']} things in stores or mail copies are left; run-due goes on with them.")
    if not body["files_clean"]:
        problems.print("The database file is in use: what was erased is cleared from its free space at the next run-due.")


@privacy.command("requests")
@click.option("--show", "number", type=int, help="Print the export that was made ready for this request, as JSON.")
@click.option("--html", type=_FILE, help="With --show: write it as a page for the person to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def requests_(number: int | None, html: Path | None, as_json: bool) -> None:
    """What people asked for through their store, and by when it must be done."""
    with application() as app:
        if number is not None:
            _show(app, number, html)
            return
        now = app.context.clock()
        with app.database.read() as session:
            rows = [_row(each, now) for each in requests.listed(session)]
    if as_json:
        click.echo(json.dumps(rows))
        return
    show(
        ("no.", "store", "asked for", "received", "by", "state", "outcome"),
        [
            (
                *(str(row["id"]), row["store"], row["kind"].replace("_", " "), row["received_at"], row["deadline_at"]),
                *(row["state"] + (" (LATE)" if row["late"] else ""), row["outcome"]),
            )
            for row in rows
        ],
        right=("no.",),
        spare=("received",),
    )
    if not rows:
        console.print("Nobody has asked for anything.")


def _erase(app: App, store: Store, person: int, stores: list[str]) -> dict[str, Any]:
    now = app.context.clock()
    with app.database.write() as session:
        asked = requests.Asked("redact", requests.Subject(external_id=str(person)), now, "cli")
        request_id = requests.receive(session, app.vault, session.get_one(Store, store.id), asked, now=now).id
        session.get_one(PrivacyRequest, request_id).state = "erasing"
    try:
        done = erase_now(app.context, store.account_id, person, reason="cli")
    except Busy:
        with app.database.write() as session:
            requests.close(session.get_one(PrivacyRequest, request_id), "Not begun.", state="cancelled", now=now)
        raise click.ClickException("Another process is busy with one of these stores. Try again when it is done.") from None
    with app.database.write() as session:
        requests.close(session.get_one(PrivacyRequest, request_id), "Erased.", state="erasing", now=now)
    waiting = 0
    for key in stores:
        with app.database.read() as session:
            one = find_store(session, key)
        waiting += carry_out_effects(app.context, one.id)["waiting"]
    finished = finish_erasures(app.context)
    return {
        "key": done.customer_key,
        "accounts": done.accounts,
        "orders": done.orders,
        "waiting": waiting,
        "files_clean": bool(finished) or bool(waiting),
        "request": request_id,
    }


def _person(session: Any, store: Store, email: str) -> int:
    person = find_person(session, store.account_id, normalise_email(email))
    if person is None:
        raise NotFound(f"{store.key}: nobody with this address is known.", mend=f"See: comeback customers {store.key}")
    return person


def _show(app: App, number: int, html: Path | None) -> None:
    with app.database.read() as session:
        request = session.get(PrivacyRequest, number)
        body = requests.result(app.vault, request) if request else None
    if request is None or body is None:
        raise InvalidInput(f"There is no export for request {number}.", mend="See: comeback privacy requests")
    if html is None:
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    from admin.person_page import render

    _write(html, render(body, shop=request.store_key, at=_day(request.done_at or 0)))


def _row(request: PrivacyRequest, now: int) -> dict[str, Any]:
    return {
        "id": request.id,
        "store": request.store_key,
        "kind": request.kind,
        "source": request.source,
        "received_at": _day(request.received_at),
        "deadline_at": _day(request.deadline_at),
        "state": request.state,
        "outcome": request.outcome,
        "late": request.state in {"open", "erasing"} and now > request.deadline_at,
    }


def _day(us: int) -> str:
    return from_us(us).date().isoformat()


def _write(path: Path, text: str) -> None:
    """For the owner's eyes only."""
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    problems.print(f"Written to {path}.")


COMMANDS = (privacy,)
