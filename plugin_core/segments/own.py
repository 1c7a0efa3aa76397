"""Segments of the merchant's own: made, changed, duplicated, removed and brought back; every state of them is kept.

Members follow in the background: a change marks the store, and everybody is judged anew at the next pass.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput, NotFound
from plugin_core.segments import naming
from plugin_core.segments.members import find
from plugin_core.segments.models import Segment, SegmentVersion
from plugin_core.segments.rules import Rule, dump, parse
from plugin_core.segments.stock import MAX_SEGMENTS, free_bit
from plugin_core.stores.models import AuditEntry, Store


class Wanted(NamedTuple):
    """How a segment should be; what is None stays."""

    name: str | None = None
    rule: Rule | None = None
    description: str | None = None


class Room(NamedTuple):
    used: int
    most: int

    @property
    def left(self) -> int:
        return self.most - self.used


def room(session: Session, store: Store) -> Room:
    """How many segments a store has and can have; one that was removed counts until nobody carries it any more."""
    return Room(sum(segment.bit is not None for segment in _all(session, store)), MAX_SEGMENTS)


def create(
    session: Session, store: Store, name: str, rule: Rule, *, description: str = "", slug: str = "", actor: str, now: int
) -> Segment:
    """``slug``: its short name for ever, made from the name where none is given."""
    present = _all(session, store)
    taken = {other.slug for other in present}
    body = dump(parse(dump(rule)))
    segment = Segment(
        store_id=store.id,
        slug=naming.given_slug(slug, taken) if slug else naming.free_slug(name, taken),
        name=naming.name(name, present),
        description=naming.description(description),
        rule=body,
        bit=free_bit(present, store),
        stock=False,
        rule_changed_at=now,
        version=1,
        archived_at=None,
    )
    session.add(segment)
    session.flush()
    _keep(session, segment, actor, now)
    store.yardsticks_due = True
    _audit(session, store, segment, "created", {}, _state(segment), actor, now)
    return segment


def change(
    session: Session, store: Store, slug: str, wanted: Wanted, *, seen: int | None = None, actor: str, now: int
) -> Segment:
    """``seen``: the version the change was made from; a newer one by somebody else is not overwritten."""
    segment = _owned(session, store, slug)
    if seen is not None and seen != segment.version:
        raise InvalidInput(
            f"{segment.name} was changed by somebody else meanwhile.", mend="Look at it again and repeat your change."
        )
    before = _state(segment)
    if wanted.name is not None:
        segment.name = naming.name(wanted.name, _others(session, store, segment))
    if wanted.description is not None:
        segment.description = naming.description(wanted.description)
    if wanted.rule is not None:
        segment.rule = dump(parse(dump(wanted.rule)))
    return _saved(session, store, segment, before, "changed", actor, now)


def undo(session: Session, store: Store, slug: str, version: int, *, actor: str, now: int) -> Segment:
    """Back to how it was in ``version``; that is a new version, so undoing can be undone."""
    segment = _owned(session, store, slug)
    kept = session.get(SegmentVersion, (segment.id, version))
    if kept is None:
        raise NotFound(f"{segment.name} has no version {version}.", mend=f"It has 1 to {segment.version}.")
    before = _state(segment)
    segment.name = naming.name(kept.name, _others(session, store, segment))
    segment.description, segment.rule = kept.description, dict(kept.rule)
    return _saved(session, store, segment, before, "undone", actor, now)


def duplicate(session: Session, store: Store, slug: str, name: str, *, actor: str, now: int) -> Segment:
    """A segment of the merchant's own with the rule of another, a stock one included."""
    origin = find(session, store, slug)
    return create(session, store, name, parse(origin.rule), description=origin.description, actor=actor, now=now)


def archive(session: Session, store: Store, slug: str, *, actor: str, now: int) -> Segment:
    """Removed from every list; everybody in it leaves at the next judging. Its history stays, and it can be brought back."""
    segment = _owned(session, store, slug)
    segment.archived_at = now
    store.yardsticks_due = True
    session.flush()
    _audit(session, store, segment, "removed", {"archived": False}, {"archived": True}, actor, now)
    return segment


def restore(session: Session, store: Store, slug: str, *, actor: str, now: int) -> Segment:
    present = _all(session, store)
    segment = next((one for one in present if one.slug == slug and one.archived_at is not None), None)
    if segment is None:
        raise NotFound(f"{store.key}: no segment {slug!r} was removed.")
    if segment.bit is None:
        segment.bit = free_bit(present, store)
    segment.name = naming.name(segment.name, _others(session, store, segment))
    segment.archived_at = None
    store.yardsticks_due = True
    session.flush()
    _audit(session, store, segment, "restored", {"archived": True}, {"archived": False}, actor, now)
    return segment


def archived(session: Session, store: Store) -> list[Segment]:
    """Those that were removed, the last one first."""
    gone = [segment for segment in _all(session, store) if segment.archived_at is not None]
    return sorted(gone, key=lambda segment: (-(segment.archived_at or 0), segment.id))


def versions(session: Session, segment: Segment) -> list[SegmentVersion]:
    """Every saved state, newest first."""
    chosen = select(SegmentVersion).where(SegmentVersion.segment_id == segment.id).order_by(SegmentVersion.version.desc())
    return list(session.scalars(chosen))


def _all(session: Session, store: Store) -> list[Segment]:
    return list(session.scalars(select(Segment).where(Segment.store_id == store.id).order_by(Segment.id)))


def _others(session: Session, store: Store, segment: Segment) -> list[Segment]:
    return [other for other in _all(session, store) if other.id != segment.id]


def _owned(session: Session, store: Store, slug: str) -> Segment:
    segment = find(session, store, slug)
    if segment.stock:
        raise InvalidInput(f"{segment.name} is one of the stock segments.", mend="Duplicate it and change the copy.")
    return segment


def _saved(
    session: Session, store: Store, segment: Segment, before: dict[str, Any], action: str, actor: str, now: int
) -> Segment:
    after = _state(segment)
    if after == before:
        return segment
    segment.version += 1
    if after["rule"] != before["rule"]:
        segment.rule_changed_at = now
        store.yardsticks_due = True
    session.flush()
    _keep(session, segment, actor, now)
    changed = [name for name in after if after[name] != before[name]]
    old, new = ({name: state[name] for name in changed} for state in (before, after))
    _audit(session, store, segment, action, old, new, actor, now)
    return segment


def _keep(session: Session, segment: Segment, actor: str, now: int) -> None:
    session.add(
        SegmentVersion(segment_id=segment.id, version=segment.version, **_state(segment), changed_by=actor, changed_at=now)
    )
    session.flush()


def _state(segment: Segment) -> dict[str, Any]:
    return {"name": segment.name, "description": segment.description, "rule": segment.rule}


def _audit(
    session: Session,
    store: Store,
    segment: Segment,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: str,
    now: int,
) -> None:
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action=f"segment.{action}",
            subject=segment.slug,
            before=before,
            after=after,
            at=now,
        )
    )
    session.flush()
