"""What somebody may ask for at a store's page: noted in the tables, done by whoever does the work, named in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput
from plugin_core.inbox import queue as inbox
from plugin_core.outbox import queue as outbox
from plugin_core.outbox import undo
from plugin_core.stores.connect import disconnect_store
from plugin_core.stores.models import AuditEntry, Store, SyncCursor
from plugin_core.work import standing


def sync_now(session: Session, store: Store, *, whole: bool, actor: str, now: int) -> None:
    """``whole``: everything is read again from the beginning; what is known and the same costs no more than reading it.

    Records that could not be read are asked for again, too.
    """
    _connected(store)
    if whole:
        session.execute(delete(SyncCursor).where(SyncCursor.store_id == store.id))
    standing.forgive(session, store.id)
    standing.ask(session, store.id, "sync", now=now)
    _note(session, store, "store.sync_asked", {"whole": whole}, actor=actor, now=now)


def replay(session: Session, store: Store, *, number: int | None = None, actor: str, now: int) -> None:
    """Take in once more what the store told us and could not be applied: all of it, or delivery ``number``."""
    inbox.replay(session, store_id=store.id, number=number, now=now)
    standing.ask(session, store.id, "inbox", now=now)
    _note(session, store, "store.replay_asked", {} if number is None else {"delivery": number}, actor=actor, now=now)


def write_again(session: Session, store: Store, *, actor: str, now: int) -> int:
    """Try again what was given up of what the store should show; how many rows."""
    _connected(store)
    revived = outbox.revive(session, store.id, now=now)
    standing.ask(session, store.id, "writeback", now=now)
    _note(session, store, "store.writes_asked", {"count": revived}, actor=actor, now=now)
    return revived


def leave(session: Session, store: Store, typed: str, *, actor: str, now: int) -> None:
    """Begin to take back all that was written to the store; disconnected in the end. ``typed`` has to be its name or key."""
    _meant(store, typed)
    if store.state == "disconnected":
        raise InvalidInput("The store is disconnected: nothing can be removed there.", mend="Connect it once more first.")
    undo.begin(session, store, actor=actor, now=now)
    standing.forgive(session, store.id)
    standing.ask(session, store.id, "uninstall", now=now)


def disconnect(session: Session, store: Store, typed: str, *, actor: str, now: int) -> None:
    """Forget the credentials; what is in the store stays. ``typed`` has to be its name or key."""
    _meant(store, typed)
    disconnect_store(session, store, actor=actor, now=now)


def _meant(store: Store, typed: str) -> None:
    if typed.strip().casefold() not in {store.name.strip().casefold(), store.key.casefold()} - {""}:
        raise InvalidInput("The name typed is not the store's. Nothing was done.", mend=f"Type: {store.name or store.key}")


def _connected(store: Store) -> None:
    if store.state != "connected":
        raise InvalidInput("The store is not connected, so it can't be asked.", mend="Connect it again first.")


def _note(session: Session, store: Store, action: str, after: Mapping[str, Any], *, actor: str, now: int) -> None:
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action=action,
            subject=store.key,
            before={},
            after=dict(after),
            at=now,
        )
    )
    session.flush()
