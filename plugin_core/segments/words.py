"""A rule in words, for people: what it asks, and what one person has."""

from __future__ import annotations

from typing import Any

from plugin_core.clock import DAY_US, from_us
from plugin_core.money import Money
from plugin_core.segments.fields import FIELDS
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule, Span

_OPS = {
    "=": "is",
    "!=": "is not",
    ">": "is more than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
    "in": "is one of",
    "not in": "is none of",
    "between": "between",
}


def describe(rule: Rule, currency: str) -> str:
    match rule:
        case Leaf():
            return _leaf(rule, currency)
        case Not(child):
            return f"not ({describe(child, currency)})"
        case AllOf(rules):
            return " and ".join(_bracketed(child, currency) for child in rules)
        case AnyOf(rules):
            return " or ".join(_bracketed(child, currency) for child in rules)


def found_in_words(leaf: Leaf, value: Any, frame: Frame) -> str:
    """What was found where ``leaf`` looks: "3", "EUR 12.00", "61.5 days"."""
    field = FIELDS[leaf.field]
    if value is None:
        return "not known"
    match field.kind:
        case "elapsed":
            return f"{value / DAY_US:.1f} days"
        case "lateness":
            elapsed, gap_us = value
            return f"{elapsed / gap_us:.2f} ({elapsed / DAY_US:.1f} days of {gap_us / DAY_US:.1f} expected)"
        case "dates":
            days = [from_us(moment).astimezone(frame.zone).date().isoformat() for moment in value]
            return ", ".join(days[-5:]) or "none"
        case "bought" | "tags":
            return ", ".join(sorted(value)) or "none"
        case "flag":
            return "yes" if value else "no"
        case _:
            return _value(value, frame.currency if field.money else "")


def _leaf(leaf: Leaf, currency: str) -> str:
    field = FIELDS[leaf.field]
    if field.kind == "flag":
        return field.words if leaf.value else f"not {field.words}"
    money = currency if field.money else ""
    joiner = " and " if leaf.op == "between" else ", "
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    value = joiner.join(_value(item, money) for item in values)
    return f"{field.words} {_OPS[leaf.op]} {value}{_span(leaf.within)}"


def _bracketed(rule: Rule, currency: str) -> str:
    text = describe(rule, currency)
    return f"({text})" if isinstance(rule, (AllOf, AnyOf)) else text


def _span(span: Span | None) -> str:
    if span is None:
        return ""
    unit = span.unit if span.amount != 1 else span.unit.removesuffix("s")
    return f" in the last {span.amount} {unit}"


def _value(value: Any, currency: str) -> str:
    if currency and isinstance(value, (int, float)):
        return str(Money(round(value), currency))
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if value != "" else "none"
