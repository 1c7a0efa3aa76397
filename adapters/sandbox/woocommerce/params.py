"""Query parameters of lists: checked, read in the site's zone, and turned into a page with its headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from adapters.sandbox.web import Request, Response, answer
from adapters.sandbox.woocommerce.errors import invalid_params
from adapters.sandbox.woocommerce.store import Record, WooStore

DATE = re.compile(r"^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$")
DATES = ("after", "before", "modified_after", "modified_before")
TRUE = frozenset({"1", "true", "on", "yes"})


class Params:
    """``choices``: what orderby may be."""

    def __init__(self, request: Request, choices: tuple[str, ...], orderby: str, order: str = "desc") -> None:
        self.values: dict[str, str] = {}
        self.many: dict[str, list[str]] = {}
        for name, value in request.query:
            base = name.split("[", 1)[0]
            self.many.setdefault(base, []).extend(value.split(",") if value else [])
            self.values.setdefault(base, value)
        wrong: dict[str, tuple[str, str]] = {}
        self.per_page = self._whole("per_page", 10, 1, 100, wrong)
        self.page = self._whole("page", 1, 1, None, wrong)
        self.offset = self._whole("offset", 0, 0, None, wrong) if "offset" in self.values else None
        self.order = self._one_of("order", order, ("asc", "desc"), wrong)
        self.orderby = self._one_of("orderby", orderby, choices, wrong)
        for name in DATES:
            if name in self.values and not DATE.match(self.values[name]):
                wrong[name] = ("rest_invalid_date", "Invalid date.")
        for name in ("include", "exclude"):
            if any(not each.strip().isdigit() for each in self.many.get(name, [])):
                wrong[name] = ("rest_invalid_type", f"{name}[0] is not of type integer.")
        if wrong:
            raise invalid_params(wrong)

    def _whole(self, name: str, default: int, least: int, most: int | None, wrong: dict[str, tuple[str, str]]) -> int:
        value = self.values.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?\d+", value):
            wrong[name] = ("rest_invalid_type", f"{name} is not of type integer.")
            return default
        number = int(value)
        if number < least or (most is not None and number > most):
            bounds = (
                f"between {least} (inclusive) and {most} (inclusive)" if most is not None else f"greater than or equal to {least}"
            )
            wrong[name] = ("rest_out_of_bounds", f"{name} must be {bounds}")
        return number

    def _one_of(self, name: str, default: str, choices: tuple[str, ...], wrong: dict[str, tuple[str, str]]) -> str:
        value = self.values.get(name, default)
        if value not in choices:
            listed = ", ".join(choices[:-1]) + f", and {choices[-1]}" if len(choices) > 2 else " and ".join(choices)
            wrong[name] = ("rest_not_in_enum", f"{name} is not one of {listed}.")
        return value

    def flag(self, name: str) -> bool:
        return self.values.get(name, "").lower() in TRUE

    def ids(self, name: str) -> list[int]:
        return [int(each) for each in self.many.get(name, [])]


def moment(store: WooStore, value: str, *, gmt: bool) -> str:
    """The value as comparable UTC text.

    A value without offset is site time,
    or UTC with ``dates_are_gmt``. A value *with* an offset is first turned into site time and
    then, with ``dates_are_gmt``, taken for UTC: three hours too late here. That is what WooCommerce 11.0.1 does.
    """
    match = DATE.match(value)
    assert match is not None  # noqa: S101 - Params has checked it
    naive = datetime.fromisoformat(f"{match[1]}T{match[2]}")
    if match[4] is not None:
        offset = match[4].upper().replace("Z", "+00:00")
        aware = datetime.fromisoformat(f"{match[1]}T{match[2]}{offset}")
        naive = aware.astimezone(store.zone).replace(tzinfo=None)
    if gmt:
        return naive.isoformat()
    return naive.replace(tzinfo=store.zone).astimezone(UTC).replace(tzinfo=None).isoformat()


def within(store: WooStore, params: Params, records: Iterable[Record]) -> list[Record]:
    """Those that pass include, exclude and the four dates; all are strict."""
    found = list(records)
    if "include" in params.many:
        wanted = set(params.ids("include"))
        found = [each for each in found if each["id"] in wanted]
    if "exclude" in params.many:
        unwanted = set(params.ids("exclude"))
        found = [each for each in found if each["id"] not in unwanted]
    gmt = params.flag("dates_are_gmt")
    for name in DATES:
        if name in params.values:
            limit = moment(store, params.values[name], gmt=gmt)
            field = "date_modified_gmt" if name.startswith("modified") else "date_created_gmt"
            if name.endswith("after"):
                found = [each for each in found if each[field] > limit]
            else:
                found = [each for each in found if each[field] < limit]
    return found


def page(store: WooStore, request: Request, params: Params, found: list[Record], show: Callable[[Record], Record]) -> Response:
    """One page of ``found``. Past the end: an empty list whose totals are 0."""
    start = params.offset if params.offset is not None else (params.page - 1) * params.per_page
    shown = [show(each) for each in found[start : start + params.per_page]]
    total = len(found) if shown else 0
    pages = -(-total // params.per_page)
    fields = params.values.get("_fields")
    body: list[Any] = [only(each, fields) for each in shown] if fields else shown
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    links = [
        f'<{_linked(store, request, number)}>; rel="{relation}"'
        for relation, number, wanted in (
            ("prev", min(params.page - 1, pages), params.page > 1), ("next", params.page + 1, params.page < pages),
        ) if wanted
    ]  # fmt: skip
    if links:
        headers["Link"] = ", ".join(links)
    return answer(body, headers=headers)


def _linked(store: WooStore, request: Request, number: int) -> str:
    # WordPress gives the whole query back, credentials included
    query = [(name, str(number) if name == "page" else value) for name, value in request.query]
    if not any(name == "page" for name, _ in query):
        query.append(("page", str(number)))
    return f"{store.origin}{request.raw_path}?{urlencode(query)}"


def only(record: Record, fields: str) -> Record:
    """``_fields``: top-level names, or a.b for a field of an object."""
    kept: Record = {}
    for name in fields.split(","):
        first, _, rest = name.strip().partition(".")
        if first in record:
            inner = record[first]
            kept[first] = kept.get(first, {}) | only(inner, rest) if rest and isinstance(inner, dict) else inner
    return kept
