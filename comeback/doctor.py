"""What is wrong with this installation, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from comeback import settings as environment
from comeback.app import App, build
from plugin_core.db import create_engine
from plugin_core.errors import ComebackError, StoreError
from plugin_core.insights.overview import store_row
from plugin_core.migrations import current, is_current
from plugin_core.offers.campaigns import missing_settings
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store


class Finding(NamedTuple):
    kind: str  # good | note | bad
    what: str
    mend: str = ""


def examine(*, online: bool) -> Iterator[Finding]:
    """One finding after the other, the basic ones first; stops where nothing further can be known."""
    try:
        settings = environment.load()
    except ComebackError as problem:
        yield Finding("bad", problem.message, problem.mend)
        return
    yield Finding("good", "The settings in the environment can be used.")
    try:
        engine = create_engine(settings.database)
        revision = current(engine)
        behind = revision is not None and not is_current(engine)
        engine.dispose()
    except (SQLAlchemyError, ComebackError) as problem:
        reason = str(getattr(problem, "orig", problem)).strip().splitlines()[0]
        yield Finding("bad", f"The database can't be reached: {reason}", "Look at COMEBACK_DATABASE_URL and at the server.")
        return
    if behind:
        yield Finding("bad", f"The database is at {revision}, older than this program.", "Run: comeback migrate")
        return
    yield Finding(
        "good", "The database is there and up to date." if revision else "The database is empty; it is made ready at first use."
    )
    app = build(settings)
    try:
        yield from _mail(app)
        with app.database.read() as session:
            stores = list(session.scalars(select(Store).order_by(Store.id)))
        if not stores:
            yield Finding("note", "No store is connected.", "Begin with: comeback connect --help")
        for store in stores:
            yield from _store(app, store, online=online)
    finally:
        app.close()


def _mail(app: App) -> Iterator[Finding]:
    if isinstance(app.settings.mail, environment.MailFolder):
        yield Finding(
            "note",
            f"Mails are written into the folder {app.settings.mail.path} and reach nobody.",
            "For real mails set COMEBACK_SMTP_URL=smtp://user:password@host:587.",
        )
    else:
        yield Finding("good", f"Mails go through {app.settings.mail.host}.", "Try it: comeback test-mail you@example.com")
    if app.settings.public_url.startswith(("http://127.", "http://localhost")):
        yield Finding(
            "note",
            "Unsubscribe links in mails lead to this machine only.",
            "Set COMEBACK_PUBLIC_URL to the https address under which `comeback serve` can be reached.",
        )


def _store(app: App, store: Store, *, online: bool) -> Iterator[Finding]:
    with app.database.read() as session:
        row = store_row(session, store)
        settings, _ = store_settings.current(session, store)
    if store.state == "disconnected":
        yield Finding("note", f"{store.key}: disconnected.", "Connect it again with: comeback connect")
        return
    if online:
        try:
            with app.context.client(store) as client:
                client.facts()
            yield Finding("good", f"{store.key}: answers, and accepts our key.")
        except (StoreError, ComebackError) as problem:
            yield Finding("bad", f"{store.key}: {problem.message}", problem.mend)
    if row["last_sync"] is None:
        yield Finding("note", f"{store.key}: nothing has been taken in yet.", f"Run: comeback sync {store.key}")
    for need in row["needs"]:
        yield Finding("bad" if need == store.problem else "note", f"{store.key}: {need}")
    missing = missing_settings(settings)
    if missing:
        words = " ".join(f'{name}="..."' for name in missing)
        yield Finding("note", f"{store.key}: campaigns can't start yet.", f"Run: comeback settings {store.key} {words}")
