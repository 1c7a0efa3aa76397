"""One condition in SQL: whether it holds, when time last flipped it, and when time may flip it next.

Every condition that depends on time is a step: it flips at one moment of the person's own. ``Build`` collects the parameters and
those moments while a store's rules are put together; the SQL itself never changes with the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from plugin_core.clock import DAY_US
from plugin_core.segments import window
from plugin_core.segments.dialect import Dialect
from plugin_core.segments.fields import FIELDS, Field
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import Leaf, Span


class Term(NamedTuple):
    truth: str
    flip: str = ""  # SQL for the moment it flipped; "" where time plays no part
    rising: bool = True  # after the flip it holds
    falling: bool = False  # after the flip it does not hold


@dataclass
class Build:
    dialect: Dialect
    params: dict[str, Callable[[Frame], Any]] = field(default_factory=dict)
    steps: dict[str, set[int]] = field(default_factory=dict)  # moment column -> microseconds after it at which something flips
    lateness: set[tuple[float, str]] = field(default_factory=set)  # (boundary, ">" or ">=")
    candidates: list[str] = field(default_factory=list)  # other moments, NULL or past ones included
    _names: dict[Any, str] = field(default_factory=dict)

    def constant(self, value: Any) -> str:
        return self.param(lambda _: value, key=(type(value), value))

    def param(self, read: Callable[[Frame], Any], *, key: Any) -> str:
        """The placeholder of a value known only when the SQL runs; equal keys share one."""
        if key not in self._names:
            self._names[key] = f"p{len(self._names)}"
            self.params[self._names[key]] = read
        return f":{self._names[key]}"

    def step(self, column: str, offset: int) -> str:
        self.steps.setdefault(column, set()).add(offset)
        return f"({column} + {offset})"


def term(build: Build, leaf: Leaf) -> Term:
    spec = FIELDS[leaf.field]
    return _KINDS[spec.kind](build, leaf, spec)


def _number(build: Build, leaf: Leaf, spec: Field) -> Term:
    return Term(f"({spec.sql} {_sign(leaf.op)} {build.constant(leaf.value)})")


def _choice(build: Build, leaf: Leaf, spec: Field) -> Term:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    listed = ", ".join(build.constant(value) for value in values)
    truth = f"({spec.sql} {'IN' if leaf.op in ('=', 'in') else 'NOT IN'} ({listed}))"
    if leaf.field == "lifecycle":
        return Term(truth, build.dialect.stage_began, rising=True, falling=True)
    return Term(truth)


def _flag(build: Build, leaf: Leaf, spec: Field) -> Term:
    truth = spec.sql if leaf.value else f"(NOT COALESCE({spec.sql}, FALSE))"
    if leaf.field != "birthday_month":
        return Term(truth)
    cases = " ".join(
        f"WHEN '{month:02d}' THEN {build.param(lambda frame, month=month: frame.birthday_turns(month), key=('birthday', month))}"  # type: ignore[misc]
        for month in range(1, 13)
    )
    build.candidates.append(f"CASE substr(s.birthday, 1, 2) {cases} END")
    return Term(truth, build.param(lambda frame: frame.month_start(), key="month start"), rising=True, falling=True)


def _elapsed(build: Build, leaf: Leaf, spec: Field) -> Term:
    days = leaf.value * DAY_US
    edge = build.param(lambda frame: frame.now - days, key=("ago", days))
    flipped = {">=": "<=", ">": "<", "<": ">", "<=": ">="}[leaf.op]
    rising = leaf.op in (">=", ">")
    flip = build.step(spec.sql, days if leaf.op in (">=", "<") else days + 1)
    return Term(f"({spec.sql} {flipped} {edge})", flip, rising=rising, falling=not rising)


def _lateness(build: Build, leaf: Leaf, spec: Field) -> Term:
    rising = leaf.op in (">=", ">")
    sign = leaf.op if rising else {"<": ">=", "<=": ">"}[leaf.op]
    boundary = float(leaf.value)
    build.lateness.add((boundary, sign))
    flip = build.dialect.late_from(build.constant(boundary), sign)
    truth = f"(s.elapsed {leaf.op} {spec.sql} * {build.constant(boundary)})"
    return Term(truth, flip, rising=rising, falling=not rising)


def _orders(build: Build, leaf: Leaf, spec: Field) -> Term:
    if leaf.within is None:
        return _number(build, leaf, spec)
    if leaf.op in (">=", ">", "<", "<="):
        edge = _at_least(build, leaf.value + (leaf.op in (">", "<=")), leaf.within)
        reached = f"COALESCE({edge.truth}, FALSE)"
        return Term(reached if leaf.op in (">=", ">") else f"(NOT {reached})", edge.flip, rising=True, falling=True)
    enough, more = (_at_least(build, leaf.value + extra, leaf.within) for extra in (0, 1))
    reached, passed = f"COALESCE({enough.truth}, FALSE)", f"COALESCE({more.truth}, FALSE)"
    truth = f"({reached} AND NOT {passed})" if leaf.op == "=" else f"(NOT {reached} OR {passed})"
    # Both edges matter: somebody who still has enough has lost one too many, anybody else too few.
    flip = f"(CASE WHEN {reached} THEN {more.flip} ELSE {enough.flip or more.flip} END)"
    return Term(truth, flip, rising=True, falling=True)


def _at_least(build: Build, count: int, span: Span) -> Term:
    if count == 0:
        return Term("TRUE")
    known = {1: "s.last_order_at", 2: "s.previous_order_at"}
    older = (
        "(SELECT o.placed_at FROM orders o WHERE o.customer_id = s.customer_id AND o.store_id = :store AND o.counted "
        f"ORDER BY o.placed_at DESC LIMIT 1 OFFSET {count - 1})"
    )
    return _inside(build, known.get(count, older), span)


def _inside(build: Build, moment: str, span: Span) -> Term:
    """``moment`` lies within ``span``: it leaves by time alone."""
    start = build.param(lambda frame: frame.start_of(span), key=span)
    truth = f"({moment} >= {start})"
    if span.unit == "days":
        return Term(truth, build.step(moment, span.amount * DAY_US + 1), rising=False, falling=True)

    def look(frame: Frame) -> window.Outlook:
        return window.outlook(frame.now, span.amount, frame.zone)

    length = build.param(lambda frame: look(frame).length + 1, key=(span, "length"))
    steady = build.param(lambda frame: look(frame).steady_until, key=(span, "steady"))
    shortest = build.param(lambda frame: look(frame).shortest + 1, key=(span, "shortest"))
    nearly = build.param(lambda frame: frame.start_of(span) - window.WOBBLE_US, key=(span, "nearly"))
    build.candidates.append(
        f"CASE WHEN {moment} >= {start} THEN CASE WHEN {moment} + {length} < {steady} THEN {moment} + {length} "
        f"ELSE {build.dialect.greatest}({steady}, {moment} + {shortest}) END WHEN {moment} >= {nearly} THEN {steady} END"
    )
    since = build.param(lambda frame: look(frame).steady_since, key=(span, "since"))
    return Term(truth, f"{build.dialect.greatest}({moment} + {length}, {since})", rising=True, falling=True)


def _bought(build: Build, leaf: Leaf, spec: Field) -> Term:
    listed = ", ".join(build.constant(value) for value in leaf.value)
    join = " JOIN product_categories pc ON pc.store_id = o.store_id AND pc.product_id = l.product_id"
    last = (
        "(SELECT MAX(o.placed_at) FROM orders o JOIN order_lines l ON l.order_id = o.id"
        f"{join if leaf.field == 'category' else ''} WHERE o.customer_id = s.customer_id AND o.store_id = :store "
        f"AND o.counted AND {spec.sql} IN ({listed}))"
    )
    inside = Term(f"({last} IS NOT NULL)") if leaf.within is None else _inside(build, last, leaf.within)
    if leaf.op == "in":
        return inside
    return Term(f"(NOT COALESCE({inside.truth}, FALSE))", inside.flip, rising=inside.falling, falling=inside.rising)


def _tags(build: Build, leaf: Leaf, _spec: Field) -> Term:
    listed = ", ".join(build.constant(value) for value in leaf.value)
    found = (
        f"EXISTS (SELECT 1 FROM store_customers sc, {build.dialect.tags} WHERE sc.customer_id = s.customer_id "
        f"AND sc.store_id = :store AND sc.deleted_at IS NULL AND tag.value IN ({listed}))"
    )
    return Term(found if leaf.op == "in" else f"(NOT {found})")


def _dates(build: Build, leaf: Leaf, spec: Field) -> Term:
    first, last = (date.fromisoformat(day) for day in leaf.value)
    begin = build.param(lambda frame: frame.day_start(first), key=("day", first))
    end = build.param(lambda frame: frame.day_start(last + timedelta(days=1)), key=("day", last + timedelta(days=1)))
    inside = f"{spec.sql} >= {begin} AND {spec.sql} < {end}"
    if leaf.field != "ordered":
        return Term(f"({inside})")
    mine = "o.customer_id = s.customer_id AND o.store_id = :store AND o.counted"
    return Term(f"EXISTS (SELECT 1 FROM orders o WHERE {mine} AND {inside})")


def _sign(op: str) -> str:
    return "<>" if op == "!=" else op


_KINDS: dict[str, Callable[[Build, Leaf, Field], Term]] = {
    "number": _number,
    "orders": _orders,
    "elapsed": _elapsed,
    "lateness": _lateness,
    "choice": _choice,
    "flag": _flag,
    "bought": _bought,
    "tags": _tags,
    "dates": _dates,
}
