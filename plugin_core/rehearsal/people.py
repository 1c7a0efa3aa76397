"""Who exactly would be moved by a change of settings, a page at a time: found by playing on, not by keeping a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.rehearsal import slices
from plugin_core.rehearsal.counts import BESIDE, DIFFERS, EXACT, SAMPLE
from plugin_core.rehearsal.stage import Stage, stage
from plugin_core.segments import plan as plans
from plugin_core.settings_effects import READ_BY, WHOLE_STORE
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

LOOK = 20_000  # people looked at for one page at most
_GROUP = 5_000

_ROWS = f"""SELECT n.customer_id, c.key, c.first_name, c.last_name, c.email, o.lifecycle, n.lifecycle, o.tier, n.tier,
o.points, n.points, o.points_pending, n.points_pending, o.segment_bits, n.segment_bits
FROM {BESIDE} JOIN customers c ON c.id = n.customer_id WHERE {DIFFERS} ORDER BY n.customer_id"""


class Moved(NamedTuple):
    """One person as they are and as they would be."""

    customer_id: int
    key: str
    first_name: str
    last_name: str
    email: str
    lifecycle: tuple[str, str]
    tier: tuple[str, str]
    points: tuple[int, int]
    points_pending: tuple[int, int]
    joined: tuple[str, ...]
    left: tuple[str, ...]


class MovedPage(NamedTuple):
    """``next_after`` is where to go on; None at the end. There may be more even where this page is short."""

    people: tuple[Moved, ...]
    next_after: int | None
    sampled: bool  # only some of all people are looked at, however far one goes on


def moved(session: Session, store: Store, values: Mapping[str, Any], *, now: int, after: int = -1, limit: int = 50) -> MovedPage:
    """In the order of customer ids, above ``after``. Only copies are written."""
    before, _ = store_settings.current(session, store)
    changed = set(store_settings.differing(before, store_settings.candidate(before, values)))
    if not (WHOLE_STORE - READ_BY.keys()) & changed:
        return MovedPage((), None, sampled=False)
    with stage(session, store, values, now=now) as played:
        if played.whole:
            return _all_at_once(played, after, limit)
        found: list[Moved] = []
        looked_at, last = 0, after
        for group in slices.slices(session, store.id, real=played.shadows.real, after=after, size=_GROUP):
            played.play(group)
            found += _rows(played)
            looked_at, last = looked_at + len(group), group[-1]
            if len(found) >= limit or looked_at >= LOOK:
                break
        else:
            last = -1
        if len(found) > limit:
            return MovedPage(tuple(found[:limit]), found[limit - 1].customer_id, sampled=False)
        return MovedPage(tuple(found), last if last >= 0 else None, sampled=False)


def _all_at_once(played: Stage, after: int, limit: int) -> MovedPage:
    """Everybody's figures are others: whom that moves is known only once all are worked out."""
    session, store = played.session, played.store
    people = slices.total(session, store.id)
    group = slices.sample(session, store.id, SAMPLE) if people > EXACT else next(_everybody(played, people), [])
    played.play(group)
    found = [row for row in _rows(played) if row.customer_id > after]
    going_on = found[limit - 1].customer_id if len(found) > limit else None
    return MovedPage(tuple(found[:limit]), going_on, sampled=len(group) < people)


def _everybody(played: Stage, people: int) -> Any:
    return slices.slices(played.session, played.store.id, real=played.shadows.real, size=people + 1)


def _rows(played: Stage) -> list[Moved]:
    segments = plans.kept(played.session, played.store.id)

    def named(bits: int) -> tuple[str, ...]:
        return tuple(segment.slug for segment in segments if bits >> segment.bit & 1)

    return [
        Moved(
            customer_id=row[0],
            key=row[1],
            first_name=row[2],
            last_name=row[3],
            email=row[4],
            lifecycle=(row[5], row[6]),
            tier=(row[7], row[8]),
            points=(row[9], row[10]),
            points_pending=(row[11], row[12]),
            joined=named(row[14] & ~row[13]),
            left=named(row[13] & ~row[14]),
        )
        for row in bulk.select(played.session, _ROWS.format(real=played.shadows.real))
    ]
