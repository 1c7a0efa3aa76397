"""A rule of ours as a query in the language of Shopify's customer segments (help.shopify.com, seen 2026-11).

    number_of_orders >= 2 AND (customer_tags CONTAINS 'cb:slipping' OR orders_placed MATCHES (date >= -6m, count >= 2))

Shopify counts by whole days in the store's zone. What it has no word for it finds by the tags that we keep on its customers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from plugin_core.money import exponent
from plugin_core.segments.export import Clause, Expressed, Terms
from plugin_core.segments.rules import AllOf, AnyOf, Leaf, Not, Rule, Span, leaves

_OPPOSITE = {"=": "!=", "!=": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_BACKWARDS = {">=": "<=", ">": "<", "<": ">", "<=": ">="}  # more days ago is an earlier date
_CONSENT = {"subscribed": "SUBSCRIBED", "pending": "PENDING", "unsubscribed": "UNSUBSCRIBED", "unknown": "NOT_SUBSCRIBED"}
_NO_WORD = {
    **dict.fromkeys(("orders_with_code", "orders_without_code"), "codes"),
    **dict.fromkeys(("refunded_share", "days_since_last_refund"), "refunds"),
    **dict.fromkeys(("visits", "own_gap_days", "expected_gap_days", "lateness"), "rhythm"),
    **dict.fromkeys(("recency_score", "frequency_score", "monetary_score"), "ranking"),
    **dict.fromkeys(("points", "points_pending"), "points"),
    "average_order": "average",
    "net_merchandise": "basis",
    "birthday_month": "birthday",
    "rfm": "groups",
    "category": "category",
}


class _Asked(NamedTuple):
    leaf: Leaf
    terms: Terms
    negated: bool = False


_Word = Callable[[_Asked], str]


class _NoWordError(Exception):
    """``reason`` as in Clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def express(rule: Rule, terms: Terms) -> Expressed:
    clauses = tuple(_clause(leaf, terms) for leaf in leaves(rule))
    if any(clause.reason for clause in clauses):
        return Expressed("", clauses)
    return Expressed(_query(rule, terms, negated=False), clauses)


def _clause(leaf: Leaf, terms: Terms) -> Clause:
    try:
        return Clause(leaf, _leaf(_Asked(leaf, terms)), _note(leaf))
    except _NoWordError as none:
        return Clause(leaf, reason=none.reason)


def _note(leaf: Leaf) -> str:
    if leaf.within is not None or leaf.field.startswith("days_since"):
        return "day"
    return {"country": "addresses", "may_email": "consent"}.get(leaf.field, "")


def _query(rule: Rule, terms: Terms, *, negated: bool) -> str:
    """Not is carried down to the conditions: each of them has an opposite."""
    match rule:
        case Leaf():
            return _leaf(_Asked(rule, terms, negated))
        case Not(child):
            return _query(child, terms, negated=not negated)
        case AllOf(rules) | AnyOf(rules):
            word = "AND" if isinstance(rule, AllOf) != negated else "OR"
            return _joined(word, [_query(child, terms, negated=negated) for child in rules])


def _joined(word: str, parts: list[str]) -> str:
    """Each part in brackets where it has a joint of its own."""
    if len(parts) == 1:
        return parts[0]
    return f" {word} ".join(f"({part})" if _has_joint(part) else part for part in parts)


def _has_joint(query: str) -> bool:
    outside = re.sub(r"'[^']*'|BETWEEN \S+ AND", "", query)
    while (less := re.sub(r"\([^()]*\)", "", outside)) != outside:
        outside = less
    return " AND " in outside or " OR " in outside


def _leaf(asked: _Asked) -> str:
    if asked.leaf.field in _NO_WORD:
        raise _NoWordError(_NO_WORD[asked.leaf.field])
    return _WORDS[asked.leaf.field](asked)


def _count(asked: _Asked) -> str:
    op = _OPPOSITE[asked.leaf.op] if asked.negated else asked.leaf.op
    if asked.leaf.within is None:
        return f"number_of_orders {op} {asked.leaf.value}"
    least = asked.leaf.value + (op in (">", "<="))
    if op in (">", ">=", "<", "<="):
        return _at_least(least, asked.leaf.within, reached=op in (">", ">="))
    both = [
        _at_least(asked.leaf.value, asked.leaf.within, reached=op == "="),
        _at_least(asked.leaf.value + 1, asked.leaf.within, reached=op != "="),
    ]
    return _joined("AND" if op == "=" else "OR", both[asked.leaf.value == 0 :])


def _at_least(count: int, span: Span, *, reached: bool) -> str:
    if count == 0:
        return f"number_of_orders {'>=' if reached else '<'} 0"
    return f"orders_placed {'' if reached else 'NOT '}MATCHES (date >= {_ago(span)}, count >= {count})"


def _ago(span: Span) -> str:
    return f"-{span.amount}{span.unit[0]}"


def _money(asked: _Asked) -> str:
    amount = format(Decimal(repr(asked.leaf.value)).scaleb(-exponent(asked.terms.currency)), "f")
    return f"amount_spent {_OPPOSITE[asked.leaf.op] if asked.negated else asked.leaf.op} {amount}"


def _since_last(asked: _Asked) -> str:
    op = _BACKWARDS[asked.leaf.op]
    if not asked.negated:
        return f"last_order_date {op} -{asked.leaf.value}d"
    return f"last_order_date {_OPPOSITE[op]} -{asked.leaf.value}d OR last_order_date IS NULL"


def _since_first(asked: _Asked) -> str:
    """The first order lies so far back just where any order does."""
    older = f"MATCHES (date {'<=' if asked.leaf.op in ('>=', '<') else '<'} -{asked.leaf.value}d)"
    if asked.leaf.op in (">=", ">"):
        return f"orders_placed {'NOT ' if asked.negated else ''}{older}"
    if asked.negated:
        return f"number_of_orders = 0 OR orders_placed {older}"
    return f"number_of_orders > 0 AND orders_placed NOT {older}"


def _ordered(asked: _Asked) -> str:
    first, last = asked.leaf.value
    return f"orders_placed {'NOT ' if asked.negated else ''}MATCHES (date BETWEEN {first} AND {last})"


def _first_ordered(asked: _Asked) -> str:
    first, _last = asked.leaf.value
    inside, earlier = _ordered(asked), f"orders_placed {'' if asked.negated else 'NOT '}MATCHES (date < {first})"
    return _joined("OR" if asked.negated else "AND", [inside, earlier])


def _last_ordered(asked: _Asked) -> str:
    first, last = asked.leaf.value
    if not asked.negated:
        return f"last_order_date BETWEEN {first} AND {last}"
    return f"last_order_date < {first} OR last_order_date > {last} OR last_order_date IS NULL"


def _product(asked: _Asked) -> str:
    if not all(value.isascii() and value.isdecimal() for value in asked.leaf.value):
        raise _NoWordError("text")
    within = f", date >= {_ago(asked.leaf.within)}" if asked.leaf.within else ""
    sign = "MATCHES" if (asked.leaf.op == "in") != asked.negated else "NOT MATCHES"
    return f"products_purchased {sign} (id IN ({', '.join(asked.leaf.value)}){within})"


def _contains(attribute: str, values: tuple[str, ...], *, inside: bool) -> str:
    word = "CONTAINS" if inside else "NOT CONTAINS"
    return _joined("OR" if inside else "AND", [f"{attribute} {word} {_quoted(value)}" for value in values])


def _quoted(value: str) -> str:
    if not value or not value.isprintable() or "'" in value or "\\" in value:
        raise _NoWordError("text")
    return f"'{value}'"


def _several(leaf: Leaf) -> tuple[str, ...]:
    return leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)


def _inside(asked: _Asked) -> bool:
    return (asked.leaf.op in ("=", "in")) != asked.negated


def _tags(asked: _Asked) -> str:
    return _contains("customer_tags", asked.leaf.value, inside=_inside(asked))


def _country(asked: _Asked) -> str:
    return _contains("customer_countries", _several(asked.leaf), inside=_inside(asked))


def _own_tag(start: str) -> _Word:
    def word(asked: _Asked) -> str:
        if not all(_several(asked.leaf)):
            raise _NoWordError("text")
        tags = tuple(asked.terms.tag_prefix + start + value.replace("_", "-") for value in _several(asked.leaf))
        return _contains("customer_tags", tags, inside=_inside(asked))

    return word


def _big(asked: _Asked) -> str:
    if "big_spenders" not in asked.terms.tagged:
        raise _NoWordError("ranking")
    return _contains("customer_tags", (asked.terms.tag_prefix + "big-spenders",), inside=asked.leaf.value != asked.negated)


def _status(attribute: str) -> _Word:
    def word(asked: _Asked) -> str:
        """Somebody without an address has no status there; with us it is unknown."""
        inside, states = _inside(asked), _several(asked.leaf)
        parts = [f"{attribute} {'=' if inside else '!='} '{_CONSENT[state]}'" for state in dict.fromkeys(states)]
        if inside and "unknown" in states:
            return _joined("OR", [*parts, f"{attribute} IS NULL"])
        if not inside and "unknown" not in states:
            return _joined("OR", [_joined("AND", parts), f"{attribute} IS NULL"])
        return _joined("OR" if inside else "AND", parts)

    return word


def _may_email(asked: _Asked) -> str:
    wanted = asked.leaf.value != asked.negated
    return (
        "email_subscription_status = 'SUBSCRIBED'"
        if wanted
        else ("email_subscription_status != 'SUBSCRIBED' OR email_subscription_status IS NULL")
    )


_WORDS: dict[str, _Word] = {
    "orders": _count,
    "net_spent": _money,
    "big_spender": _big,
    "days_since_last_order": _since_last,
    "days_since_first_order": _since_first,
    "ordered": _ordered,
    "first_ordered": _first_ordered,
    "last_ordered": _last_ordered,
    "product": _product,
    "country": _country,
    "tags": _tags,
    "consent_email": _status("email_subscription_status"),
    "consent_sms": _status("sms_subscription_status"),
    "may_email": _may_email,
    "tier": _own_tag("tier-"),
    "lifecycle": _own_tag(""),
}
