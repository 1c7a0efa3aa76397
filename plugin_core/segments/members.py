"""Who is in a segment, now or at an earlier moment; how many; and who would be, before a rule is saved."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.errors import NotFound
from plugin_core.segments import compile as compiler
from plugin_core.segments import dialect, source
from plugin_core.segments.frame import Frame
from plugin_core.segments.models import Segment
from plugin_core.segments.rules import Rule
from plugin_core.segments.terms import Build
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store


class Size(NamedTuple):
    slug: str
    people: int
    change: int  # against `days` earlier


def find(session: Session, store: Store, slug: str) -> Segment:
    """One that was removed is not found."""
    segment = session.scalars(select(Segment).where(_here(store), Segment.slug == slug)).first()
    if segment is None:
        known = ", ".join(session.scalars(select(Segment.slug).where(_here(store)).order_by(Segment.bit)))
        raise NotFound(f"{store.key}: there is no segment {slug!r}.", mend=f"Known segments: {known}.")
    return segment


def every(session: Session, store: Store) -> list[Segment]:
    """All segments of the store, stock ones first."""
    chosen = select(Segment).where(_here(store)).order_by(Segment.stock.desc(), Segment.id)
    return list(session.scalars(chosen))


def _here(store: Store) -> ColumnElement[bool]:
    return (Segment.store_id == store.id) & Segment.archived_at.is_(None)


def members(session: Session, segment: Segment, *, at: int | None = None) -> list[int]:
    """Customer ids, ascending: those in it now, or those who were at ``at``."""
    if at is None:
        sql = "SELECT customer_id FROM memberships WHERE segment_id = ? AND left_at IS NULL ORDER BY customer_id"
        return [row[0] for row in bulk.select(session, sql, segment.id)]
    sql = (
        "SELECT DISTINCT customer_id FROM memberships WHERE segment_id = ? AND entered_at <= ? "
        "AND (left_at IS NULL OR left_at > ?) ORDER BY customer_id"
    )
    return [row[0] for row in bulk.select(session, sql, segment.id, at, at)]


def sizes(session: Session, store: Store, *, now: int, days: int = 30) -> list[Size]:
    """Every segment of the store, largest first."""
    before = now - days * DAY_US
    sql = """SELECT g.slug, COUNT(CASE WHEN m.entered_at <= ? AND (m.left_at IS NULL OR m.left_at > ?) THEN 1 END),
    COUNT(CASE WHEN m.entered_at <= ? AND (m.left_at IS NULL OR m.left_at > ?) THEN 1 END)
    FROM segments g LEFT JOIN memberships m ON m.segment_id = g.id WHERE g.store_id = ?
    AND g.archived_at IS NULL GROUP BY g.slug"""
    rows = bulk.select(session, sql, now, now, before, before, store.id)
    return sorted(
        (Size(slug, people, people - earlier) for slug, people, earlier in rows), key=lambda size: (-size.people, size.slug)
    )


def matching(session: Session, store: Store, rule: Rule, *, now: int) -> list[int]:
    """Everybody ``rule`` holds for at ``now``, by customer id."""
    people, params = _matching(session, store, rule, now=now)
    return [row[0] for row in dialect.run(session, f"{people} ORDER BY s.customer_id", params)]


def _matching(session: Session, store: Store, rule: Rule, *, now: int) -> tuple[str, dict[str, Any]]:
    settings, _ = store_settings.current(session, store)
    frame = Frame.of(store, settings, now=now)
    spelling = dialect.of(session)
    build = Build(spelling)
    truth = compiler.truth(build, rule)
    people = source.people(spelling, source.EVERYBODY, truth)
    return f"SELECT s.customer_id FROM ({people}) AS s WHERE {truth}", source.bound(frame, build.params)
