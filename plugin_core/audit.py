"""Who changed what: the log of an account or of one store, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plugin_core.stores.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Wanted:
    """``store_id`` None: all of the account. ``room``: the beginning of the action, as "settings" of "settings.changed"."""

    account_id: int
    store_id: int | None
    room: str = ""
    actor: str = ""
    since: int | None = None
    until: int | None = None


def entries(session: Session, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """Those older than entry ``before``."""
    chosen = sa.select(AuditEntry).where(*_conditions(wanted))
    if before is not None:
        chosen = chosen.where(AuditEntry.id < before)
    return list(session.scalars(chosen.order_by(AuditEntry.id.desc()).limit(limit)))


def all_entries(session: Session, wanted: Wanted, *, most: int) -> Iterator[AuditEntry]:
    """The newest ``most``, read a thousand at a time."""
    before, left = None, most
    while left > 0 and (found := entries(session, wanted, before=before, limit=min(left, 1_000))):
        yield from found
        before, left = found[-1].id, left - len(found)
        session.expunge_all()


def rooms(session: Session, wanted: Wanted) -> list[str]:
    """The beginnings of actions there are, for a filter."""
    chosen = sa.select(AuditEntry.action).where(*_conditions(Wanted(wanted.account_id, wanted.store_id))).distinct()
    return sorted({action.partition(".")[0] for action in session.scalars(chosen)})


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = [AuditEntry.account_id == wanted.account_id]
    if wanted.store_id is not None:
        found.append(AuditEntry.store_id == wanted.store_id)
    if wanted.room:
        found.append(AuditEntry.action.startswith(f"{wanted.room}.", autoescape=True))
    if wanted.actor:
        found.append(AuditEntry.actor == wanted.actor)
    if wanted.since is not None:
        found.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditEntry.at < wanted.until)
    return found
