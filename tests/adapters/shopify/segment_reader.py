"""Reads queries in Shopify's segment language and says for whom they hold: written from its documentation alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"\s*(?:(?P<date>\d{4}-\d\d-\d\d)|(?P<ago>-\d+[dwmy])|(?P<number>-?\d+(?:\.\d+)?)|'(?P<text>[^'\\]*)'"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<sign>!=|<=|>=|[=<>(),]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


class Order(NamedTuple):
    date: date
    ids: frozenset[str]


class Shopper(NamedTuple):
    """``plain``: attributes of one value, None where there is none; ``sets``: those that CONTAIN."""

    plain: dict[str, Any]
    sets: dict[str, frozenset[str]]
    orders: tuple[Order, ...]


Holds = Callable[[Shopper], bool]


def read(query: str, today: date) -> Holds:
    """ValueError where it is no query."""
    reader = _Reader(query, today)
    found = reader.any_of()
    if reader.peek():
        raise ValueError(f"left over: {reader.peek()!r} of {query!r}")
    return found


class _Reader:
    def __init__(self, query: str, today: date) -> None:
        self.today, self.tokens, at = today, [], 0
        while at < len(query.rstrip()):
            match = _TOKEN.match(query, at)
            if match is None:
                raise ValueError(query[at:])
            self.tokens.append((match.lastgroup or "", match[match.lastgroup or ""]))
            at = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        kind, text = self.tokens[self.at]
        if expected and text not in expected and kind not in expected:
            raise ValueError(f"{text!r} instead of {expected}")
        self.at += 1
        return text

    def given(self, *words: str) -> bool:
        ahead = [text for _kind, text in self.tokens[self.at : self.at + len(words)]]
        if ahead != list(words):
            return False
        self.at += len(words)
        return True

    def any_of(self) -> Holds:
        parts = [self.all_of()]
        while self.given("OR"):
            parts.append(self.all_of())
        return lambda who: any(part(who) for part in parts)

    def all_of(self) -> Holds:
        parts = [self.clause()]
        while self.given("AND"):
            parts.append(self.clause())
        return lambda who: all(part(who) for part in parts)

    def clause(self) -> Holds:
        if self.given("("):
            inner = self.any_of()
            self.take(")")
            return inner
        name = self.take("word")
        if self.given("NOT", "MATCHES"):
            matches = self.matches(name)
            return lambda who: not matches(who)
        if self.given("MATCHES"):
            return self.matches(name)
        if self.given("NOT", "CONTAINS"):
            value = self.take("text")
            return lambda who: value not in who.sets[name]
        if self.given("CONTAINS"):
            value = self.take("text")
            return lambda who: value in who.sets[name]
        if self.given("IS", "NULL"):
            return lambda who: who.plain[name] is None
        test = self.comparison()
        return lambda who: who.plain[name] is not None and test(who.plain[name])

    def comparison(self) -> Callable[[Any], bool]:
        if self.given("BETWEEN"):
            low = self.value()
            self.take("AND")
            high = self.value()
            return lambda found: low <= found <= high
        compare = _COMPARE[self.take("sign")]
        wanted = self.value()
        return lambda found: compare(found, wanted)

    def value(self) -> Any:
        kind, text = self.tokens[self.at]
        self.at += 1
        match kind:
            case "date":
                return date.fromisoformat(text)
            case "ago":
                return self.ago(int(text[1:-1]), text[-1])
            case "number":
                return Decimal(text)
            case "text":
                return text
        raise ValueError(text)

    def ago(self, amount: int, unit: str) -> date:
        if unit in "dw":
            return self.today - timedelta(days=amount * (7 if unit == "w" else 1))
        month = self.today.year * 12 + self.today.month - 1 - amount * (12 if unit == "y" else 1)
        for day in range(self.today.day, 0, -1):
            try:
                return date(month // 12, month % 12 + 1, day)
            except ValueError:
                continue
        raise AssertionError

    def matches(self, name: str) -> Holds:
        """One set of orders has to fit every parameter; ``count`` asks for its size."""
        self.take("(")
        tests: list[Callable[[Order], bool]] = []
        enough: Callable[[Any], bool] = lambda count: count >= 1  # noqa: E731
        while not self.given(")"):
            parameter = self.take("date", "count", "id", "word")
            if parameter == "id":
                self.take("IN")
                self.take("(")
                ids = {self.take("number")}
                while self.given(","):
                    ids.add(self.take("number"))
                self.take(")")
                tests.append(lambda order, ids=frozenset(ids): bool(order.ids & ids))  # type: ignore[misc]
            elif parameter == "count":
                enough = self.comparison()
            else:
                fits = self.comparison()
                tests.append(lambda order, fits=fits: fits(order.date))  # type: ignore[misc]
            self.given(",")
        if name not in ("orders_placed", "products_purchased"):
            raise ValueError(name)
        return lambda who: enough(sum(all(test(order) for test in tests) for order in who.orders))
