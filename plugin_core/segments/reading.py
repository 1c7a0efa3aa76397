"""One condition read from one person's facts, without SQL: the second opinion on ``terms``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from plugin_core.clock import DAY_US
from plugin_core.segments.facts import Facts, Purchase
from plugin_core.segments.fields import FIELDS
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def holds(rule: Rule, facts: Facts, frame: Frame) -> bool:
    match rule:
        case Leaf():
            return leaf_holds(rule, found(rule, facts, frame), frame)
        case Not(child):
            return not holds(child, facts, frame)
        case AllOf(rules):
            return all(holds(child, facts, frame) for child in rules)
        case AnyOf(rules):
            return any(holds(child, facts, frame) for child in rules)


def found(leaf: Leaf, facts: Facts, frame: Frame) -> Any:
    """What the person has where ``leaf`` looks; None where nothing is known."""
    if leaf.within is not None:
        start = frame.start_of(leaf.within)
        facts = facts._replace(purchases=tuple(purchase for purchase in facts.purchases if purchase.placed_at >= start))
        if FIELDS[leaf.field].kind == "orders":
            return len(facts.purchases)
    value = FIELDS[leaf.field].read(facts, frame)
    match FIELDS[leaf.field].kind:
        case "bought":
            return _bought(leaf, value)
        case "elapsed" if value is not None:
            return frame.now - value
        case _:
            return value


def leaf_holds(leaf: Leaf, value: Any, frame: Frame) -> bool:
    kind = FIELDS[leaf.field].kind
    if kind in ("bought", "tags"):
        return bool(value & set(leaf.value)) == (leaf.op == "in")
    if value is None:
        return False
    if kind == "elapsed":
        return _COMPARE[leaf.op](value, leaf.value * DAY_US)
    if kind == "lateness":
        elapsed, gap_us = value
        return _COMPARE[leaf.op](elapsed, gap_us * float(leaf.value))
    if kind == "dates":
        first, last = (date.fromisoformat(day) for day in leaf.value)
        begin, end = frame.day_start(first), frame.day_start(last + timedelta(days=1))
        return any(begin <= moment < end for moment in value)
    if leaf.op in ("in", "not in"):
        return (value in leaf.value) == (leaf.op == "in")
    return _COMPARE[leaf.op](value, leaf.value)


def _bought(leaf: Leaf, purchases: tuple[Purchase, ...]) -> frozenset[str]:
    """Those of the products or categories asked for that the person bought."""
    held = [purchase.products if leaf.field == "product" else purchase.categories for purchase in purchases]
    return frozenset(leaf.value) & frozenset().union(*held)
