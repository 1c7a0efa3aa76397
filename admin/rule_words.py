"""The rule language in the visitor's words: every field, comparison and value, a whole rule, and what one person has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext, lazy_gettext, ngettext

from admin import formats
from admin.words import LIFECYCLE
from plugin_core.clock import DAY_US
from plugin_core.segments.explain import Explanation
from plugin_core.segments.fields import FIELDS
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule, Span

Words = Any  # text that is put into a language when it is shown

FIELD_GROUPS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (lazy_gettext("Orders and money"), (
        "orders", "net_spent", "average_order", "net_merchandise", "orders_with_code", "orders_without_code", "refunded_share",
        "big_spender",
    )),
    (lazy_gettext("Time"), (
        "days_since_last_order", "days_since_first_order", "days_since_last_refund", "ordered", "first_ordered", "last_ordered",
        "birthday_month",
    )),
    (lazy_gettext("Rhythm"), (
        "lifecycle", "lateness", "visits", "own_gap_days", "expected_gap_days", "rfm", "recency_score", "frequency_score",
        "monetary_score",
    )),
    (lazy_gettext("What they bought"), ("product", "category")),
    (lazy_gettext("Who they are"), ("country", "tags", "may_email", "consent_email", "consent_sms")),
    (lazy_gettext("Points and tier"), ("points", "points_pending", "tier")),
)  # fmt: skip
NAMES: Mapping[str, Words] = {
    "orders": lazy_gettext("Number of orders"),
    "orders_with_code": lazy_gettext("Orders with a discount code"),
    "orders_without_code": lazy_gettext("Orders without a discount code"),
    "net_spent": lazy_gettext("Money spent, refunds taken off"),
    "net_merchandise": lazy_gettext("Goods bought, without tax and shipping"),
    "average_order": lazy_gettext("Average order"),
    "refunded_share": lazy_gettext("Share of the money refunded, in %"),
    "big_spender": lazy_gettext("Among the 10 % who spent most"),
    "days_since_last_order": lazy_gettext("Days since the last order"),
    "days_since_first_order": lazy_gettext("Days since the first order"),
    "days_since_last_refund": lazy_gettext("Days since the last refund"),
    "visits": lazy_gettext("Number of visits with an order"),
    "own_gap_days": lazy_gettext("Their own days between visits"),
    "expected_gap_days": lazy_gettext("Expected days between visits"),
    "lateness": lazy_gettext("Lateness (1 is when the next order is due)"),
    "ordered": lazy_gettext("Ordered"),
    "first_ordered": lazy_gettext("Ordered for the first time"),
    "last_ordered": lazy_gettext("Ordered for the last time"),
    "product": lazy_gettext("Bought a product"),
    "category": lazy_gettext("Bought from a category"),
    "country": lazy_gettext("Country"),
    "tags": lazy_gettext("Tags in the store"),
    "consent_email": lazy_gettext("Consent to e-mail"),
    "consent_sms": lazy_gettext("Consent to SMS"),
    "may_email": lazy_gettext("May be e-mailed"),
    "points": lazy_gettext("Points"),
    "points_pending": lazy_gettext("Pending points"),
    "tier": lazy_gettext("Tier"),
    "lifecycle": lazy_gettext("Lifecycle"),
    "rfm": lazy_gettext("RFM group"),
    "recency_score": lazy_gettext("Recency score (1 to 5)"),
    "frequency_score": lazy_gettext("Frequency score (1 to 5)"),
    "monetary_score": lazy_gettext("Money score (1 to 5)"),
    "birthday_month": lazy_gettext("Has a birthday this month"),
}
OPS: Mapping[str, Words] = {
    "=": lazy_gettext("is"),
    "!=": lazy_gettext("is not"),
    ">": lazy_gettext("is more than"),
    ">=": lazy_gettext("is at least"),
    "<": lazy_gettext("is less than"),
    "<=": lazy_gettext("is at most"),
    "in": lazy_gettext("is one of"),
    "not in": lazy_gettext("is none of"),
    "between": lazy_gettext("between"),
}
KINDS: Mapping[str, Words] = {
    "all": lazy_gettext("All of these hold"),
    "any": lazy_gettext("Any of these holds"),
    "none": lazy_gettext("None of these holds"),
}
UNITS: Mapping[str, Words] = {
    "": lazy_gettext("(without a limit)"),
    "days": lazy_gettext("days"),
    "months": lazy_gettext("months"),
}
VALUES: Mapping[str, Words] = {
    **LIFECYCLE, "champions": lazy_gettext("Champions"), "loyal": lazy_gettext("Loyal"),
    "promising": lazy_gettext("Promising"), "needs_attention": lazy_gettext("Needs attention"),
    "almost_lost": lazy_gettext("Almost lost"), "previously_loyal": lazy_gettext("Previously loyal"),
    "dormant": lazy_gettext("Dormant"), "prospects": lazy_gettext("Prospects"), "subscribed": lazy_gettext("Subscribed"),
    "pending": lazy_gettext("Pending"), "unsubscribed": lazy_gettext("Unsubscribed"), "unknown": lazy_gettext("Unknown"),
}  # fmt: skip
PROBLEMS: Mapping[str, Words] = {
    "field": lazy_gettext("Choose what to look at."),
    "op": lazy_gettext("This can't be compared that way. Choose another comparison."),
    "within": lazy_gettext("Write a whole number: at most 3650 days or 120 months."),
    "empty": lazy_gettext("Add a condition to this group, or remove it."),
    "size": lazy_gettext("The rule is too large: at most 100 conditions, eight levels deep."),
}
_EXPECTED: Mapping[str, Words] = {
    "orders": lazy_gettext("Write a whole number, 0 or more."),
    "elapsed": lazy_gettext("Write a whole number of days, 0 or more."),
    "number": lazy_gettext("Write a number, like 12 or 12.5."),
    "lateness": lazy_gettext("Write a number, like 1 or 1.5."),
    "dates": lazy_gettext("Choose two days, the earlier one first."),
    "flag": lazy_gettext("Choose yes or no."),
}
_COMPARED: Mapping[str, Words] = {
    "=": lazy_gettext("%(field)s is %(value)s"),
    "!=": lazy_gettext("%(field)s is not %(value)s"),
    ">": lazy_gettext("%(field)s is more than %(value)s"),
    ">=": lazy_gettext("%(field)s is at least %(value)s"),
    "<": lazy_gettext("%(field)s is less than %(value)s"),
    "<=": lazy_gettext("%(field)s is at most %(value)s"),
    "in": lazy_gettext("%(field)s is one of: %(value)s"),
    "not in": lazy_gettext("%(field)s is none of: %(value)s"),
}


class Node(NamedTuple):
    """One line of a rule in words. ``truth`` and ``found`` only where one person is explained."""

    kind: str  # "all" | "any" | "none" | ""
    words: str
    parts: tuple[Node, ...] = ()
    truth: bool | None = None
    found: str = ""


def problem(row_problem: str, field: str) -> Words:
    """What is wrong with a row, and what to write instead."""
    if row_problem == "value":
        kind = FIELDS[field].kind if field in FIELDS else "number"
        return _EXPECTED.get(kind, lazy_gettext("Name one value; to name several, choose “is one of”."))
    return PROBLEMS.get(row_problem, "")


def tree(rule: Rule, currency: str, told: Explanation | None = None) -> Node:
    """``told``: how the same rule stands for one person."""
    truth = None if told is None else told.truth
    parts = told.parts if told is not None else ()
    match rule:
        case Leaf():
            seen = "" if told is None else found(rule, told.value, currency)
            return Node("", sentence(rule, currency), truth=truth, found=seen)
        case Not(AnyOf(rules)):
            inner = parts[0].parts if parts else ()
            return Node("none", str(KINDS["none"]), _children(rules, currency, inner), truth)
        case Not(child):
            return Node("none", str(KINDS["none"]), _children((child,), currency, parts), truth)
        case AllOf(rules) | AnyOf(rules):
            kind = "all" if isinstance(rule, AllOf) else "any"
            return Node(kind, str(KINDS[kind]), _children(rules, currency, parts), truth)


def _children(rules: tuple[Rule, ...], currency: str, told: tuple[Explanation, ...]) -> tuple[Node, ...]:
    beside: tuple[Explanation | None, ...] = told or (None,) * len(rules)
    return tuple(tree(child, currency, part) for child, part in zip(rules, beside, strict=True))


def sentence(leaf: Leaf, currency: str) -> str:
    field = FIELDS[leaf.field]
    if field.kind == "flag":
        said = str(NAMES[leaf.field]) if leaf.value else gettext("Not: %(sentence)s", sentence=NAMES[leaf.field])
    elif field.kind == "dates":
        first, last = leaf.value
        said = gettext("%(field)s between %(first)s and %(last)s", field=NAMES[leaf.field], first=first, last=last)
    else:
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        shown = gettext(", ").join(value(leaf.field, one, currency) for one in values)
        said = str(_COMPARED[leaf.op] % {"field": NAMES[leaf.field], "value": shown})
    return said if leaf.within is None else gettext("%(sentence)s, in the last %(span)s", sentence=said, span=span(leaf.within))


def span(within: Span) -> str:
    if within.unit == "days":
        return str(ngettext("%(count)s day", "%(count)s days", within.amount, count=formats.number(within.amount)))
    return str(ngettext("%(count)s month", "%(count)s months", within.amount, count=formats.number(within.amount)))


def value(name: str, one: Any, currency: str) -> str:
    field = FIELDS[name]
    if field.money and isinstance(one, (int, float)):
        return formats.money(round(one), currency)
    if isinstance(one, (int, float)):
        return formats.number(one)
    if one == "":
        return str(gettext("none"))
    return str(VALUES[one]) if field.choices and one in VALUES else str(one)


def found(leaf: Leaf, seen: Any, currency: str) -> str:
    """What one person has where the condition looks."""
    field = FIELDS[leaf.field]
    if seen is None:
        return str(gettext("not known"))
    match field.kind:
        case "elapsed":
            return formats.days(seen / DAY_US)
        case "lateness":
            elapsed, gap_us = seen
            return formats.number(elapsed / gap_us)
        case "dates":
            return gettext(", ").join(formats.date(moment) for moment in seen[-5:]) or str(gettext("none"))
        case "bought" | "tags":
            return gettext(", ").join(sorted(seen)) or str(gettext("none"))
        case "flag":
            return str(gettext("yes")) if seen else str(gettext("no"))
        case _:
            return value(leaf.field, seen, currency)
