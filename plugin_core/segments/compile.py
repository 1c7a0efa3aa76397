"""A rule as SQL over one person ``s``: does it hold, and since when, as far as time alone decides."""

from __future__ import annotations

from plugin_core.segments.dialect import NEVER
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule
from plugin_core.segments.terms import Build, term


def truth(build: Build, rule: Rule) -> str:
    """A boolean expression; NULL stands for false, except under NOT, where it is made false first."""
    match rule:
        case Leaf():
            return term(build, rule).truth
        case Not(child):
            return f"(NOT COALESCE({truth(build, child)}, FALSE))"
        case AllOf(rules):
            return "(" + " AND ".join(truth(build, child) for child in rules) + ")"
        case AnyOf(rules):
            return "(" + " OR ".join(truth(build, child) for child in rules) + ")"


def since(build: Build, rule: Rule, *, negated: bool = False) -> str:
    """For whom the rule holds (``negated``: fails): the moment from which on time let it; "0" where time has no part."""
    match rule:
        case Leaf():
            leaf = term(build, rule)
            return f"COALESCE({leaf.flip}, 0)" if leaf.flip and (leaf.falling if negated else leaf.rising) else "0"
        case Not(child):
            return since(build, child, negated=not negated)
        case AllOf(rules) | AnyOf(rules):
            moments = [since(build, child, negated=negated) for child in rules]
            if all(moment == "0" for moment in moments):
                return "0"
            if isinstance(rule, AllOf) != negated:  # all parts are needed: the last one to come decides
                return _pick(build.dialect.greatest, [moment for moment in moments if moment != "0"])
            held = [
                f"CASE WHEN {truth(build, Not(child) if negated else child)} THEN {moment} ELSE {NEVER} END"
                for child, moment in zip(rules, moments, strict=True)
            ]
            return _pick(build.dialect.least, held)


def next_moment(build: Build) -> str:
    """The earliest moment after now at which time may flip any condition compiled so far; NULL where there is none."""
    ladders = [_ladder(column, sorted(offsets), build) for column, offsets in sorted(build.steps.items())]
    others = [f"COALESCE({candidate}, {NEVER})" for candidate in build.candidates]
    return f"NULLIF({_pick(build.dialect.least, [*ladders, _lateness(build), *others])}, {NEVER})"


def _ladder(column: str, offsets: list[int], build: Build) -> str:
    rungs = []
    for offset in offsets:
        edge = build.param(lambda frame, offset=offset: frame.now - offset, key=("ago", offset))  # type: ignore[misc]
        rungs.append(f"WHEN {column} > {edge} THEN {column} + {offset}")
    return f"CASE {' '.join(rungs)} ELSE {NEVER} END"


def _lateness(build: Build) -> str:
    rungs = []
    for boundary, sign in sorted(build.lateness, key=lambda edge: (edge[0], edge[1] == ">")):
        name = build.constant(boundary)
        before = "<=" if sign == ">" else "<"
        rungs.append(f"WHEN s.elapsed {before} s.gap_us * {name} THEN {build.dialect.late_from(name, sign)}")
    return f"CASE {' '.join(rungs)} ELSE {NEVER} END"


def _pick(function: str, expressions: list[str]) -> str:
    distinct = list(dict.fromkeys(expressions))
    return distinct[0] if len(distinct) == 1 else f"{function}({', '.join(distinct)})"
