"""A rule as somebody writes it down: groups of sentence-like rows, each value as it was typed, each mistake at its row.

    all | any | none of:  "number of orders" "is at least" "2" "in the last" "6" "months"

``of_rule`` and ``to_rule`` are inverse up to what :func:`simplify` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin_core.errors import InvalidInput
from plugin_core.money import exponent
from plugin_core.segments.fields import FIELDS, Field
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule, dump, parse

KINDS = ("all", "any", "none")
UNITS = ("", "days", "months")  # "": at any time
FREE = frozenset({"choice", "bought", "tags"})  # kinds whose values are texts
_LONGEST_NUMBER = 400


@dataclass(frozen=True, slots=True)
class Row:
    """``values``: one text; two days; or the texts to choose from. ``problem``: the part that is wrong, "" where none is."""

    field: str
    op: str
    values: tuple[str, ...]
    amount: str = ""
    unit: str = ""
    problem: str = ""  # "" | "field" | "op" | "value" | "within"


@dataclass(frozen=True, slots=True)
class Group:
    kind: str  # "all" | "any" | "none"
    parts: tuple[Part, ...]
    problem: str = ""  # "" | "empty" | "size"


Part = Row | Group

FRESH = Row("orders", ">=", ("1",))


def simplify(rule: Rule) -> Rule:
    """The same rule without groups of one and without naming a choice twice."""
    match rule:
        case AllOf(rules) | AnyOf(rules):
            parts = tuple(simplify(child) for child in rules)
            return parts[0] if len(parts) == 1 else AllOf(parts) if isinstance(rule, AllOf) else AnyOf(parts)
        case Not(child):
            return Not(simplify(child))
        case Leaf(value=tuple() as values) if rule.op != "between":
            return replace(rule, value=tuple(dict.fromkeys(values)))
        case Leaf():
            return rule


def of_rule(rule: Rule, currency: str) -> Group:
    part = _part(rule, currency)
    return part if isinstance(part, Group) else Group("all", (part,))


def _part(rule: Rule, currency: str) -> Part:
    match rule:
        case AllOf(rules):
            return Group("all", tuple(_part(child, currency) for child in rules))
        case AnyOf(rules):
            return Group("any", tuple(_part(child, currency) for child in rules))
        case Not(AnyOf(rules)):
            return Group("none", tuple(_part(child, currency) for child in rules))
        case Not(child):
            return Group("none", (_part(child, currency),))
        case Leaf():
            return _row(rule, currency)


def _row(leaf: Leaf, currency: str) -> Row:
    field = FIELDS[leaf.field]
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    texts = tuple(_text(field, value, currency) for value in values)
    texts = tuple(dict.fromkeys(texts)) if field.kind in FREE else texts
    if leaf.within is None:
        return Row(leaf.field, leaf.op, texts)
    return Row(leaf.field, leaf.op, texts, str(leaf.within.amount), leaf.within.unit)


def _text(field: Field, value: Any, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    exact = Decimal(repr(value))
    return format(exact.scaleb(-exponent(currency)) if field.money else exact, "f")


def to_rule(group: Group, currency: str) -> tuple[Rule | None, Group]:
    """The rule, or None with every mistake marked where it is; never both."""
    rule, marked = _read_group(group, currency)
    if rule is None:
        return None, marked
    try:
        return parse(dump(rule)), marked
    except InvalidInput:  # each row was right by itself: nested too deeply, or too many
        return None, replace(marked, problem="size")


def _read_group(group: Group, currency: str) -> tuple[Rule | None, Group]:
    if not group.parts:
        return None, replace(group, problem="empty")
    read = [_read_row(part, currency) if isinstance(part, Row) else _read_group(part, currency) for part in group.parts]
    marked = replace(group, parts=tuple(part for _rule, part in read), problem="")
    rules = tuple(rule for rule, _part in read if rule is not None)
    if len(rules) < len(read):
        return None, marked
    joined = rules[0] if len(rules) == 1 else AllOf(rules) if group.kind == "all" else AnyOf(rules)
    return Not(joined) if group.kind == "none" else joined, marked


def _read_row(row: Row, currency: str) -> tuple[Rule | None, Row]:
    field = FIELDS.get(row.field)
    if field is None:
        return None, replace(row, problem="field")
    if row.op not in field.ops:
        return None, replace(row, problem="op")
    body: dict[str, Any] = {"field": row.field, "op": row.op}
    try:
        body["value"] = _value(field, row, currency)
    except (ValueError, InvalidOperation):
        return None, replace(row, problem="value")
    if row.unit and field.windowed:
        if not (row.amount.isdecimal() and len(row.amount) <= 6):
            return None, replace(row, problem="within")
        body["within"] = {row.unit: int(row.amount)}
    try:
        return parse(body), replace(row, problem="")
    except InvalidInput as problem:
        place = problem.message.partition(":")[0].removeprefix("rule.")
        return None, replace(row, problem=place)


def _value(field: Field, row: Row, currency: str) -> Any:
    if field.kind in FREE:
        return list(dict.fromkeys(row.values)) if row.op in ("in", "not in") else _only(row.values)
    if field.kind == "dates":
        return list(row.values)
    text = _only(row.values).strip()
    if field.kind == "flag":
        return {"yes": True, "no": False}[text] if text in ("yes", "no") else text
    if len(text) > _LONGEST_NUMBER or "_" in text:
        raise ValueError(text)
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    if field.money:
        number = number.scaleb(exponent(currency))
    return int(number) if number == number.to_integral_value() else float(number)


def _only(values: tuple[str, ...]) -> str:
    if len(values) != 1:
        raise ValueError(values)
    return values[0]
