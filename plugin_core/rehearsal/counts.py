"""How many people a change of settings would move, and where to: counted on everybody, or estimated from a sample and said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.offers import campaigns, planning
from plugin_core.outbox.planning import plan_profiles
from plugin_core.rehearsal import slices
from plugin_core.rehearsal.stage import Stage, stage
from plugin_core.segments import plan as plans
from plugin_core.settings_effects import ASKED_BY_CAMPAIGNS, READ_BY, SHOWN, WHOLE_STORE, reread
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

EXACT = 20_000  # people up to which counting all of them is quick enough to wait for
SAMPLE = 10_000
AT_ONCE = 100_000  # people up to which counting all of them may be asked of a page; more are counted in the background

DIFFERS = " OR ".join(f"n.{name} <> o.{name}" for name in ("lifecycle", "segment_bits", "tier", "points", "points_pending"))
BESIDE = "customer_stats n JOIN {real}.customer_stats o ON o.store_id = n.store_id AND o.customer_id = n.customer_id"
_GROUPS = f"""SELECT o.lifecycle, n.lifecycle, o.segment_bits, n.segment_bits, o.tier, n.tier, COUNT(*),
SUM(CASE WHEN {DIFFERS} THEN 1 ELSE 0 END), SUM(o.points), SUM(n.points), SUM(o.points_pending), SUM(n.points_pending)
FROM {BESIDE} GROUP BY o.lifecycle, n.lifecycle, o.segment_bits, n.segment_bits, o.tier, n.tier"""
_MOVED = f"SELECT n.customer_id FROM {BESIDE} WHERE {DIFFERS}"


class Move(NamedTuple):
    before: str
    after: str
    people: int


class SegmentChange(NamedTuple):
    slug: str
    joined: int
    left: int


class Audience(NamedTuple):
    """People a campaign would write to, or hold out, at this moment."""

    key: str
    name: str
    before: int
    after: int


@dataclass(frozen=True)
class Effect:
    """``looked_at`` of ``people``; where these differ every count is an estimate for all."""

    version: int  # of the settings in force when it was counted
    changed: tuple[str, ...]
    people: int
    looked_at: int
    moved: int = 0  # whose lifecycle, segments, tier or points would be others
    lifecycle: tuple[Move, ...] = ()  # only where somebody moves
    segments: tuple[SegmentChange, ...] = ()
    tiers: tuple[Move, ...] = ()
    tiers_up: int = 0
    tiers_down: int = 0
    points: tuple[int, int] = (0, 0)  # all together, before and after
    points_pending: tuple[int, int] = (0, 0)
    writes: int = 0  # accounts that would be shown otherwise in the store
    audiences: tuple[Audience, ...] = ()
    reread: tuple[str, ...] = ()  # kinds of records to be read from the store again: only then it is known whom that moves

    @property
    def estimated(self) -> bool:
        return self.looked_at < self.people

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Tally:
    people: int = 0
    moved: int = 0
    lifecycle: Counter[tuple[str, str]] = field(default_factory=Counter)
    bits: Counter[tuple[int, int]] = field(default_factory=Counter)
    tiers: Counter[tuple[str, str]] = field(default_factory=Counter)
    sums: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    writes: int = 0
    before: Counter[str] = field(default_factory=Counter)  # campaign -> people
    after: Counter[str] = field(default_factory=Counter)


def effect(session: Session, store: Store, values: Mapping[str, Any], *, now: int, whole: bool = False) -> Effect:
    """What saving ``values`` and running what is due would do. ``whole``: everybody is looked at, however many they are.

    Only copies are written. InvalidInput where a value can't be used.
    """
    before, version = store_settings.current(session, store)
    after = store_settings.candidate(before, values)
    changed = tuple(store_settings.differing(before, after))
    people = slices.total(session, store.id)
    reread_ = tuple(reread(changed))
    moving = bool((WHOLE_STORE - READ_BY.keys()) & set(changed))
    if not people or not (moving or ASKED_BY_CAMPAIGNS & set(changed)):
        return Effect(version, changed, people, people, reread=reread_)
    tally = _Tally()
    every = whole or people <= EXACT
    if every:
        tally.before.update(_audiences(session, store, now, None))
    with stage(session, store, values, now=now) as played:
        for group in _groups(played, people, every=every):
            chosen = set(group)
            played.play(group, _before(tally, played, chosen, every=every))
            _add(tally, played, len(group))
            tally.after.update(_audiences(session, store, now, chosen))
    return _scaled(session, store, tally, people, version, changed, reread_, after.tiers)


def _groups(played: Stage, people: int, *, every: bool) -> Iterable[Sequence[int]]:
    if not every:
        return [slices.sample(played.session, played.store.id, SAMPLE)]
    size = people + 1 if played.whole else slices.SLICE
    return slices.slices(played.session, played.store.id, real=played.shadows.real, size=size)


def _before(tally: _Tally, played: Stage, chosen: set[int], *, every: bool) -> Any:
    def count() -> None:
        if not every:
            tally.before.update(_audiences(played.session, played.store, played.now, chosen))

    return count


def _add(tally: _Tally, played: Stage, people: int) -> None:
    session, real = played.session, played.shadows.real
    tally.people += people
    for row in bulk.select(session, _GROUPS.format(real=real)):
        count = int(row[6])
        tally.moved += int(row[7])
        tally.lifecycle[row[0], row[1]] += count
        tally.bits[row[2], row[3]] += count
        tally.tiers[row[4], row[5]] += count
        tally.sums = [total + int(more) for total, more in zip(tally.sums, row[8:12], strict=True)]
    whom = "SELECT customer_id FROM customer_stats" if played.changed & SHOWN else _MOVED.format(real=real)
    ids = [row[0] for row in bulk.select(session, whom)]
    tally.writes += plan_profiles(session, played.store, played.after, customer_ids=ids, now=played.now)


def _audiences(session: Session, store: Store, now: int, chosen: set[int] | None) -> Iterator[str]:
    """The key of each running campaign once for each person (of those ``chosen``) it would write to or hold out."""
    for campaign in campaigns.campaigns(session, store):
        if campaign.state == "running":
            verdicts, _ = planning.judge(session, store, campaign, now=now, again=False)
            found = {each.customer_id for each in verdicts if each.outcome != planning.SKIPPED}
            yield from [campaign.key] * len(found if chosen is None else found & chosen)


def _scaled(
    session: Session,
    store: Store,
    tally: _Tally,
    people: int,
    version: int,
    changed: tuple[str, ...],
    reread_: tuple[str, ...],
    tiers: Sequence[Any],
) -> Effect:
    def all_of(count: int) -> int:
        return count if tally.people == people else round(count * people / max(1, tally.people))

    names = [tier.name for tier in tiers]
    rank = {name: place for place, name in enumerate(["", *names])}
    ups = sum(count for (old, new), count in tally.tiers.items() if rank.get(new, 0) > rank.get(old, 0))
    downs = sum(count for (old, new), count in tally.tiers.items() if rank.get(new, 0) < rank.get(old, 0))
    titles = {campaign.key: campaign.name for campaign in campaigns.campaigns(session, store)}
    sums = [all_of(each) for each in tally.sums]
    return Effect(
        version,
        changed,
        people,
        tally.people,
        moved=all_of(tally.moved),
        lifecycle=_moves(tally.lifecycle, all_of),
        segments=tuple(_segments(session, store, tally.bits, all_of)),
        tiers=_moves(tally.tiers, all_of),
        tiers_up=all_of(ups),
        tiers_down=all_of(downs),
        points=(sums[0], sums[1]),
        points_pending=(sums[2], sums[3]),
        writes=all_of(tally.writes),
        audiences=tuple(
            Audience(key, titles[key], all_of(tally.before[key]), all_of(tally.after[key]))
            for key in sorted(tally.before.keys() | tally.after.keys())
        ),
        reread=reread_,
    )


def _moves(counted: Counter[tuple[str, str]], all_of: Any) -> tuple[Move, ...]:
    return tuple(Move(old, new, all_of(count)) for (old, new), count in sorted(counted.items()) if old != new)


def _segments(session: Session, store: Store, bits: Counter[tuple[int, int]], all_of: Any) -> Iterator[SegmentChange]:
    for segment in plans.kept(session, store.id):
        mask = 1 << segment.bit
        joined = sum(count for (old, new), count in bits.items() if new & mask and not old & mask)
        left = sum(count for (old, new), count in bits.items() if old & mask and not new & mask)
        if joined or left:
            yield SegmentChange(segment.slug, all_of(joined), all_of(left))
