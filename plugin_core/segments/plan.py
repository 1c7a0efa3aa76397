"""A store's rules compiled once: the statement that finds who changed, and those that move memberships."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.segments import compile as compiler
from plugin_core.segments import dialect as dialects
from plugin_core.segments import source
from plugin_core.segments.dialect import Dialect
from plugin_core.segments.frame import Frame
from plugin_core.segments.models import Segment
from plugin_core.segments.rules import Rule, parse
from plugin_core.segments.terms import Build

CREATE = """CREATE TEMPORARY TABLE IF NOT EXISTS segment_changes (
customer_id {id} PRIMARY KEY, gap_days DOUBLE PRECISION, lifecycle TEXT,
bits BIGINT, crossing BIGINT, old_bits BIGINT, old_crossing BIGINT, old_lifecycle TEXT)"""


class Kept(NamedTuple):
    """A segment as the plan knows it."""

    id: int
    slug: str
    bit: int
    rule: str  # JSON


@dataclass(frozen=True)
class Plan:
    dialect: Dialect
    params: dict[str, Any]
    _bits: str
    _crossing: str
    _since: dict[int, tuple[str, str]]  # segment id -> (moment it began to hold, moment it ceased to)

    def find(self, scope: str, *, drifting: bool = False) -> str:
        """Fills segment_changes with everybody in ``scope`` whose stored values differ from those due now.

        ``drifting``: a moment and an expected gap that differ count only where the moment is not later than ``:soon``.
        """
        judged = source.people(self.dialect, scope, f"{self._bits} {self._crossing}", stored=True)
        level = f"SELECT s.*, {self._bits} AS bits, {self._crossing} AS crossing FROM ({judged}) AS s {self.dialect.barrier}"
        other = "{0} IS DISTINCT FROM {1}" if self.dialect is dialects.POSTGRESQL else "{0} IS NOT {1}"
        differs = f"{other.format('bits', 'old_bits')} OR {other.format('lifecycle', 'old_lifecycle')}"
        moment = other.format("crossing", "old_crossing")
        if drifting:
            one = other.format("(crossing IS NULL)", "(old_crossing IS NULL)")
            differs += f" OR ({moment} AND (crossing <= :soon OR old_crossing <= :soon OR {one}))"
        else:
            differs += f" OR {moment} OR {other.format('gap_days', 'old_gap_days')}"
        return (
            "INSERT INTO segment_changes SELECT customer_id, gap_days, lifecycle, bits, crossing, "
            f"old_bits, old_crossing, old_lifecycle FROM ({level}) AS judged WHERE {differs}"
        )

    def began(self, segment_id: int) -> str:
        """Opens a stay for everybody who entered by time alone."""
        moment, _ = self._since[segment_id]
        scope = f"k.store_id = :store AND k.customer_id IN ({_MOVED.format(new='bits', old='old_bits')} AND old_crossing <= :now)"
        people = source.people(self.dialect, scope, moment)
        return (
            "INSERT INTO memberships (segment_id, customer_id, entered_at, left_at, settings_version) "
            f"SELECT :segment, s.customer_id, {_EXACT.format(moment=moment)}, NULL, :version "
            f"FROM ({people}) AS s JOIN segment_changes c ON c.customer_id = s.customer_id"
        )

    def ceased(self, segment_id: int) -> str:
        """Closes the stay of everybody who left by time alone."""
        _, moment = self._since[segment_id]
        people = source.people(self.dialect, "k.store_id = :store AND k.customer_id = memberships.customer_id", moment)
        exact = (
            f"SELECT {_EXACT.format(moment=moment)} FROM ({people}) AS s JOIN segment_changes c ON c.customer_id = s.customer_id"
        )
        return f"UPDATE memberships SET left_at = ({exact}) WHERE {LEAVING} AND old_crossing <= :now)"


_MOVED = "SELECT customer_id FROM segment_changes WHERE ({new} & :mask) <> 0 AND ({old} & :mask) = 0"
_EXACT = "CASE WHEN {moment} >= c.old_crossing AND {moment} <= :now THEN {moment} ELSE :now END"
# The unary plus keeps SQLite on the person's own memberships: those of the segment are many more.
LEAVING = f"segment_id = :segment AND +left_at IS NULL AND customer_id IN ({_MOVED.format(new='old_bits', old='bits')}"
LEAVE_NOW = f"UPDATE memberships SET left_at = :now WHERE {LEAVING} AND (old_crossing IS NULL OR old_crossing > :now))"
ENTER_NOW = (
    "INSERT INTO memberships (segment_id, customer_id, entered_at, left_at, settings_version) "
    f"SELECT :segment, customer_id, :now, NULL, :version FROM ({_MOVED.format(new='bits', old='old_bits')} "
    "AND (old_crossing IS NULL OR old_crossing > :now) ORDER BY customer_id) AS entering"
)
_WRITTEN = (
    *(("expected_gap_days", "gap_days"), ("lifecycle", "lifecycle"), ("segment_bits", "bits")),
    ("next_crossing_at", "crossing"),
)
# Above this many changes the whole table is written through as it lies, not person by person.
MANY = 20_000
WRITE = (
    f"UPDATE customer_stats SET ({', '.join(column for column, _ in _WRITTEN)}) = "
    f"(SELECT {', '.join(f'c.{name}' for _, name in _WRITTEN)} FROM segment_changes c "
    "WHERE c.customer_id = customer_stats.customer_id) "
    "WHERE store_id = :store AND customer_id IN (SELECT customer_id FROM segment_changes)"
)
WRITE_MANY = WRITE.replace("WHERE store_id", "WHERE +store_id").replace("AND customer_id IN", "AND +customer_id IN")


# Holds for no person there can be.
NOBODY = {"field": "visits", "op": "<", "value": 0}


def kept(session: Session, store_id: int) -> tuple[Kept, ...]:
    """Every segment that has a bit. One that was removed holds for nobody: the next judging of everybody empties it."""
    columns = (
        select(Segment.id, Segment.slug, Segment.bit, Segment.rule, Segment.archived_at)
        .where(Segment.store_id == store_id, Segment.bit.is_not(None))
        .order_by(Segment.bit)
    )
    return tuple(
        Kept(row.id, row.slug, row.bit, json.dumps(row.rule if row.archived_at is None else NOBODY))
        for row in session.execute(columns)
    )


def plan(session: Session, segments: Sequence[Kept], frame: Frame) -> Plan:
    return _plan(dialects.of(session), tuple(segments), frame.boundaries)


@lru_cache(maxsize=128)
def _plan(dialect: Dialect, segments: tuple[Kept, ...], boundaries: tuple[float, ...]) -> Plan:
    build = Build(dialect)
    build.lateness |= {(float(boundary), ">") for boundary in boundaries}
    rules: dict[int, Rule] = {segment.id: parse(json.loads(segment.rule)) for segment in segments}
    bits = [
        f"CASE WHEN {compiler.truth(build, rules[segment.id])} THEN CAST({1 << segment.bit} AS BIGINT) ELSE 0 END"
        for segment in segments
    ]
    since = {key: (compiler.since(build, rule), compiler.since(build, rule, negated=True)) for key, rule in rules.items()}
    return Plan(dialect, build.params, f"({' + '.join(bits) or '0'})", compiler.next_moment(build), since)
