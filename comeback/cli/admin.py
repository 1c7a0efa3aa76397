"""Commands about who may sign in to the pages of this installation."""

from __future__ import annotations

import json
import os

import click

from comeback.cli.session import application, console, secret
from comeback.cli.tables import show
from plugin_core.clock import from_us
from plugin_core.stores.connect import ensure_account
from plugin_core.team import users as team
from plugin_core.team.passwords import LEAST

_VARIABLE = "COMEBACK_ADMIN_PASSWORD"
_ROLE = click.Choice(team.ROLES)


@click.group()
def admin() -> None:
    """Who may sign in to the pages. Passwords come from a prompt, standard input or COMEBACK_ADMIN_PASSWORD."""


@admin.command()
@click.argument("email")
@click.option("--name", default="", help="How they are called in the audit log.")
@click.option("--role", type=_ROLE, default="owner", show_default=True)
@click.option("--locale", default="en", show_default=True, help="Language of the pages for them: en, tr, ru or fa.")
def create(email: str, name: str, role: str, locale: str) -> None:
    """Let somebody with EMAIL sign in."""
    password = _password(f"Password for {email} (at least {LEAST} characters)")
    with application() as app, app.database.write() as session:
        now = app.context.clock()
        account = ensure_account(session, app.vault, currency="", now=now)
        user = team.create_user(session, account, email, password, name=name, role=role, actor="cli", now=now)
        team.set_locale(user, locale)
        console.print(f"{user.email} may sign in as {user.role}.")


@admin.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_(as_json: bool) -> None:
    """Who may sign in, and when they were last here."""
    with application() as app, app.database.read() as session:
        rows = [
            {
                "email": user.email,
                "name": user.name,
                "role": user.role,
                "locale": user.locale,
                "state": "active" if user.disabled_at is None else "disabled",
                "last_seen": None if user.last_seen_at is None else from_us(user.last_seen_at).isoformat(timespec="seconds"),
            }
            for user in team.all_users(session)
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        console.print("Nobody may sign in yet. Begin with: comeback admin create EMAIL")
    else:
        headings = ("email", "name", "role", "locale", "state", "last_seen")
        show(headings, [tuple(row[name] or ("never" if name == "last_seen" else "") for name in headings) for row in rows])


@admin.command()
@click.argument("email")
@click.argument("role", type=_ROLE)
def role(email: str, role: str) -> None:
    """Give somebody another ROLE."""
    with application() as app, app.database.write() as session:
        user = team.find_user(session, email)
        team.set_role(session, user, role, actor="cli", now=app.context.clock())
        console.print(f"{user.email} is {user.role} now.")


@admin.command()
@click.argument("email")
def password(email: str) -> None:
    """Set a new password for somebody and sign them out everywhere."""
    new = _password(f"New password for {email} (at least {LEAST} characters)")
    with application() as app, app.database.write() as session:
        team.set_password(session, team.find_user(session, email), new, actor="cli", now=app.context.clock())
    console.print("The password is set. They were signed out everywhere.")


@admin.command()
@click.argument("email")
@click.option("--again", is_flag=True, help="Let them sign in again.")
def disable(email: str, again: bool) -> None:
    """Let somebody in no more and sign them out everywhere."""
    with application() as app, app.database.write() as session:
        user = team.find_user(session, email)
        change = team.enable if again else team.disable
        change(session, user, actor="cli", now=app.context.clock())
        console.print(f"{user.email} may sign in again." if again else f"{user.email} may not sign in any more.")


def _password(label: str) -> str:
    return secret(os.environ.get(_VARIABLE), label, _VARIABLE)


COMMANDS = (admin,)
