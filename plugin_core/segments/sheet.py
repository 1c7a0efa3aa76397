"""A draft as the plain fields of a form, and its buttons, so that it can be written without a script.

    r.kind=all   r.0.field=orders  r.0.op=>=  r.0.value=2  r.0.amount=6  r.0.unit=months   r.1.kind=any  r.1.0.field=...

A button says what it does and where: ``add r``, ``group r.1``, ``remove r.1.0``; anything else changes nothing.
Texts that a person types freely stand one a line, those that a line can't hold in JSON's quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from plugin_core.segments.draft import FREE, FRESH, KINDS, UNITS, Group, Part, Row
from plugin_core.segments.fields import FIELDS
from plugin_core.segments.rules import MAX_DEPTH, MAX_LEAVES

ROOT = "r"
_NAME = re.compile(r"r((?:\.\d{1,3}){0,10})\.(kind|field|op|value|amount|unit)")
_MOST_FIELDS = 20 * MAX_LEAVES

Given = dict[tuple[int, ...], dict[str, list[str]]]


def fields(group: Group) -> list[tuple[str, str]]:
    """Names and values in the order in which a browser would send them."""
    return _group_fields(group, ROOT)


def _group_fields(group: Group, path: str) -> list[tuple[str, str]]:
    found = [(f"{path}.kind", group.kind)]
    for index, part in enumerate(group.parts):
        place = f"{path}.{index}"
        found += _group_fields(part, place) if isinstance(part, Group) else _row_fields(part, place)
    return found


def _row_fields(row: Row, path: str) -> list[tuple[str, str]]:
    values = [lines(row.values)] if typed_freely(row) else list(row.values)
    found = [(f"{path}.field", row.field), (f"{path}.op", row.op), *((f"{path}.value", value) for value in values)]
    if row.unit:
        found += [(f"{path}.amount", row.amount), (f"{path}.unit", row.unit)]
    return found


def typed_freely(row: Row) -> bool:
    """Its values are texts that nobody can list beforehand."""
    field = FIELDS.get(row.field)
    return field is not None and field.kind in FREE and not field.choices


def lines(values: Iterable[str]) -> str:
    return "\n".join(value if _fits_a_line(value) else json.dumps(value) for value in values)


def _fits_a_line(value: str) -> bool:
    return bool(value) and value == value.strip() and value.isprintable() and not value.startswith('"')


def texts(written: str) -> tuple[str, ...]:
    """The inverse of :func:`lines`; empty lines say nothing."""
    found = []
    for line in written.replace("\r\n", "\n").split("\n"):
        text = line.strip()
        if not text:
            continue
        try:
            value = json.loads(text) if text.startswith('"') else text
        except ValueError:
            value = text
        found.append(value if isinstance(value, str) else text)
    return tuple(found)


def read(pairs: Iterable[tuple[str, str]]) -> Group:
    """What was sent; fields of other names are left alone. Nothing sent: one fresh row."""
    given: Given = {}
    for count, (name, value) in enumerate(pairs):
        match = _NAME.fullmatch(name)
        if match is None or count >= _MOST_FIELDS:
            continue
        path = tuple(int(step) for step in match[1].split(".")[1:])
        for length in range(len(path) + 1):
            given.setdefault(path[:length], {})
        given[path].setdefault(match[2], []).append(value)
    root = _group((), given)
    return root if root.parts else replace(root, parts=(FRESH,))


def _group(path: tuple[int, ...], given: Given) -> Group:
    kind = given.get(path, {}).get("kind", ["all"])[0]
    children = sorted(place for place in given if len(place) == len(path) + 1 and place[:-1] == path)
    parts = tuple(_row(given[place]) if "field" in given[place] else _group(place, given) for place in children)
    return Group(kind if kind in KINDS else "all", parts)


def _row(sent: dict[str, list[str]]) -> Row:
    """Fitted to its field: another field may just have been chosen."""
    name, op, unit = (sent.get(part, [""])[0] for part in ("field", "op", "unit"))
    values, amount = sent.get("value", []), sent.get("amount", [""])[0].strip()
    field = FIELDS.get(name)
    if field is None:
        return Row(name, op, tuple(values))
    op = op if op in field.ops else field.ops[-1] if field.kind == "dates" else field.ops[0]
    row = Row(name, op, tuple(values))
    if typed_freely(row):
        row = replace(row, values=texts("\n".join(values)))
    elif field.choices:
        known = tuple(dict.fromkeys(value for value in values if value in field.choices)) or field.choices[:1]
        row = replace(row, values=known if op in ("in", "not in") else known[:1])
    elif field.kind == "flag":
        row = replace(row, values=("no",) if values[:1] == ["no"] else ("yes",))
    else:
        wanted = 2 if field.kind == "dates" else 1
        row = replace(row, values=tuple([*values, "", ""][:wanted]))
    if not field.windowed or unit not in UNITS[1:]:
        return row
    return replace(row, amount=amount, unit=unit)


def press(group: Group, button: str) -> Group:
    """The draft after a button was pressed."""
    act, _, place = button.partition(" ")
    if not re.fullmatch(r"r(?:\.\d{1,3}){0,10}", place):
        return group
    path = [int(step) for step in place.split(".")[1:]]
    if act == "add":
        return _at(group, path, lambda found: replace(found, parts=(*found.parts, FRESH)))
    if act == "group" and len(path) < MAX_DEPTH - 2:
        return _at(group, path, lambda found: replace(found, parts=(*found.parts, Group("any", (FRESH,)))))
    if act == "remove" and path:
        last = path[-1]
        left = _at(group, path[:-1], lambda found: replace(found, parts=_without(found.parts, last)))
        left = _pruned(left)
        return left if left.parts else replace(left, parts=(FRESH,))
    return group


def _at(group: Group, path: list[int], act: Callable[[Group], Group]) -> Group:
    if not path:
        return act(group)
    index, *rest = path
    parts = list(group.parts)
    if index < len(parts) and isinstance(part := parts[index], Group):
        parts[index] = _at(part, rest, act)
    return replace(group, parts=tuple(parts))


def _without(parts: tuple[Part, ...], index: int) -> tuple[Part, ...]:
    return (*parts[:index], *parts[index + 1 :])


def _pruned(group: Group) -> Group:
    """Without groups that hold nothing any more."""
    parts = (_pruned(part) if isinstance(part, Group) else part for part in group.parts)
    return replace(group, parts=tuple(part for part in parts if isinstance(part, Row) or part.parts))
