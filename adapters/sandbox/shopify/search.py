"""Shopify's search syntax, as far as a connector needs it. An unknown field is *ignored*, with a warning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from adapters.sandbox.shopify.store import Record, iso

TERM = re.compile(r"(-)?(?:([a-z_]+):)?(>=|<=|>|<)?(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
Reader = Callable[[Record], Any]


class Term(NamedTuple):
    negative: bool
    field: str
    comparator: str
    value: str


def terms(query: str) -> list[Term]:
    found = []
    for match in TERM.finditer(query.replace("(", " ").replace(")", " ")):
        value = next((group for group in (match[4], match[5], match[6]) if group is not None), "")
        if value.upper() in ("AND", "OR") and not match[2]:
            continue
        found.append(Term(bool(match[1]), match[2] or "", match[3] or "", value))
    return found


def search(
    records: Iterable[Record], query: str | None, readers: Mapping[str, Reader], path: str
) -> tuple[list[Record], dict[str, Any] | None]:
    """The records that fit, and the warning for ``extensions.search``."""
    found = list(records)
    if not query:
        return found, None
    warnings = []
    for term in terms(query):
        if not term.field:
            found = [each for each in found if term.value.strip("*").lower() in _words(each, readers)]
        elif term.field not in readers:
            warnings.append({"field": term.field, "message": "Invalid search field for this query.", "code": "invalid_field"})
        else:
            read, test = readers[term.field], _test(term)
            found = [each for each in found if test(read(each)) != term.negative]
    return found, {
        "path": [path],
        "query": query,
        "parsed": {"and": [t._asdict() for t in terms(query)]},
        "warnings": warnings,
    } if warnings else None


def _words(record: Record, readers: Mapping[str, Reader]) -> str:
    return " ".join(
        str(read(record)).lower()
        for name, read in readers.items()
        if name in ("email", "name", "first_name", "last_name", "title")
    )


def _test(term: Term) -> Callable[[Any], bool]:
    wanted: Any = term.value

    def test(value: Any) -> bool:
        if isinstance(value, list):
            return any(test(each) for each in value)
        if value is None:
            return False
        if isinstance(value, bool):
            return bool(value == (wanted.lower() == "true"))
        given, limit = _comparable(value, wanted)
        match term.comparator:
            case ">":
                return bool(given > limit)
            case ">=":
                return bool(given >= limit)
            case "<":
                return bool(given < limit)
            case "<=":
                return bool(given <= limit)
            case _:
                return bool(limit in ("*", given))

    return test


def _comparable(value: Any, wanted: str) -> tuple[Any, Any]:
    if isinstance(value, int | float):
        try:
            return value, float(wanted)
        except ValueError:
            return str(value), wanted
    if re.match(r"\d{4}-\d{2}-\d{2}", wanted):
        return str(value), _moment(wanted)
    return str(value).lower(), wanted.lower()


def _moment(text: str) -> str:
    if len(text) == len("2026-01-01"):
        return f"{text}T00:00:00Z"
    return iso(datetime.fromisoformat(text)) or ""
