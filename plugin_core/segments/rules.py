"""The rule language: what a segment asks of a person, as a small tree that JSON can hold.

    {"all": [rule, ...]}   {"any": [rule, ...]}   {"not": rule}
    {"field": "orders", "op": ">=", "value": 2, "within": {"months": 6}}

The tree has two readings that must agree: ``compile`` (SQL, for sets) and ``explain`` (words, for one person).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugin_core.errors import InvalidInput

MAX_DEPTH = 8
MAX_LEAVES = 100
MAX_CHOICES = 500
MAX_SPAN = {"days": 3650, "months": 120}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that ends now: whole days of 24 hours, or calendar months in the store's zone."""

    amount: int
    unit: str  # "days" | "months"


@dataclass(frozen=True, slots=True)
class Leaf:
    field: str
    op: str
    value: Any
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


Rule = Leaf | AllOf | AnyOf | Not


def parse(body: Any) -> Rule:
    """The rule ``body`` (decoded JSON) stands for. InvalidInput names the place and says what is allowed there."""
    rule = _parse(body, "rule", 1)
    count = sum(1 for _ in leaves(rule))
    if count > MAX_LEAVES:
        raise InvalidInput(f"The rule has {count} conditions.", mend=f"At most {MAX_LEAVES} are allowed.")
    return rule


def dump(rule: Rule) -> dict[str, Any]:
    match rule:
        case AllOf(rules):
            return {"all": [dump(child) for child in rules]}
        case AnyOf(rules):
            return {"any": [dump(child) for child in rules]}
        case Not(child):
            return {"not": dump(child)}
        case Leaf(field, op, value, within):
            body = {"field": field, "op": op, "value": list(value) if isinstance(value, tuple) else value}
            return body | ({"within": {within.unit: within.amount}} if within else {})


def leaves(rule: Rule) -> Iterator[Leaf]:
    match rule:
        case Leaf():
            yield rule
        case Not(child):
            yield from leaves(child)
        case AllOf(rules) | AnyOf(rules):
            for child in rules:
                yield from leaves(child)


def _parse(body: Any, path: str, depth: int) -> Rule:
    if depth > MAX_DEPTH:
        raise InvalidInput(f"{path}: nested too deeply.", mend=f"At most {MAX_DEPTH} levels are allowed.")
    if not isinstance(body, Mapping):
        raise InvalidInput(f"{path}: {body!r} is not a rule.", mend="Expected an object with all, any, not or field.")
    keys = set(body)
    if keys in ({"all"}, {"any"}):
        (word,) = keys
        children = body[word]
        if not isinstance(children, list) or not children:
            raise InvalidInput(f"{path}.{word}: expected a list of one or more rules.")
        rules = tuple(_parse(child, f"{path}.{word}[{index}]", depth + 1) for index, child in enumerate(children))
        return AllOf(rules) if word == "all" else AnyOf(rules)
    if keys == {"not"}:
        return Not(_parse(body["not"], f"{path}.not", depth + 1))
    if {"field", "op", "value"} <= keys <= {"field", "op", "value", "within"}:
        return _leaf(body, path)
    raise InvalidInput(
        f"{path}: {', '.join(sorted(map(str, keys))) or 'nothing'} does not make a rule.",
        mend="Allowed: all, any, not, or field with op and value (and within).",
    )


def _leaf(body: Mapping[str, Any], path: str) -> Leaf:
    # The table of fields reads Leaf in turn.
    from plugin_core.segments.fields import FIELDS  # noqa: PLC0415

    name = body["field"]
    field = FIELDS.get(name) if isinstance(name, str) else None
    if field is None:
        raise InvalidInput(f"{path}.field: there is no field {name!r}.", mend=f"Known fields: {', '.join(sorted(FIELDS))}.")
    if body["op"] not in field.ops:
        raise InvalidInput(f"{path}.op: {name} can't be compared by {body['op']!r}.", mend=f"Allowed: {' '.join(field.ops)}.")
    within = _span(body["within"], f"{path}.within") if "within" in body else None
    if within is not None and not field.windowed:
        raise InvalidInput(f"{path}.within: {name} takes no span of time.", mend="Leave `within` out.")
    try:
        value = field.check(body["op"], body["value"])
    except ValueError as problem:
        raise InvalidInput(f"{path}.value: {body['value']!r} does not fit {name}.", mend=f"Expected {problem}.") from problem
    return Leaf(name, body["op"], value, within)


def _span(body: Any, path: str) -> Span:
    if isinstance(body, Mapping) and len(body) == 1:
        ((unit, amount),) = body.items()
        if unit in MAX_SPAN and isinstance(amount, int) and not isinstance(amount, bool) and 1 <= amount <= MAX_SPAN[unit]:
            return Span(amount, unit)
    limits = " or ".join(f'{{"{unit}": 1 to {most}}}' for unit, most in MAX_SPAN.items())
    raise InvalidInput(f"{path}: {body!r} is not a span of time.", mend=f"Expected {limits}.")
