"""Counting everybody in the background: asked for at a page, done by a task, looked at when it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.errors import NotFound
from plugin_core.rehearsal.counts import Audience, Effect, Move, SegmentChange
from plugin_core.rehearsal.models import SettingsCount
from plugin_core.stores.models import Store
from plugin_core.work import standing

TASK = "counting"


def ask(session: Session, store: Store, values: Mapping[str, Any], version: int, *, now: int) -> int:
    """The number under which it can be looked at. The same change asked for again is the same count."""
    session.execute(delete(SettingsCount).where(SettingsCount.store_id == store.id, SettingsCount.asked_at < now - DAY_US))
    for known in session.scalars(select(SettingsCount).where(SettingsCount.store_id == store.id)):
        if known.version == version and known.change == dict(values):
            return known.id
    made = SettingsCount(store_id=store.id, version=version, change=dict(values), asked_at=now, done_at=None)
    session.add(made)
    session.flush()
    standing.ask(session, store.id, TASK, now=now)
    return made.id


def find(session: Session, store: Store, number: int) -> SettingsCount:
    found = session.get(SettingsCount, number)
    if found is None or found.store_id != store.id:
        raise NotFound("This count is not there any more.", mend="Change the settings again to see what would happen.")
    return found


def waiting(session: Session, store_id: int) -> list[SettingsCount]:
    chosen = select(SettingsCount).where(SettingsCount.store_id == store_id, SettingsCount.done_at.is_(None))
    return list(session.scalars(chosen.order_by(SettingsCount.id)))


def keep(session: Session, number: int, found: Effect | None, problem: str = "", *, now: int) -> None:
    row = session.get(SettingsCount, number)
    if row is not None:
        row.effect, row.problem, row.done_at = (found.as_json() if found is not None else {}), problem, now


def effect_of(row: SettingsCount) -> Effect:
    body = dict(row.effect)
    for name, kind in (("lifecycle", Move), ("tiers", Move), ("segments", SegmentChange), ("audiences", Audience)):
        body[name] = tuple(kind(*each) for each in body[name])
    for name in ("changed", "points", "points_pending", "reread"):
        body[name] = tuple(body[name])
    return Effect(**body)
