"""Connections: cursors that hold a place (sort value and id), so that pages stay right while records move."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from adapters.sandbox.shopify.projector import Arguments, Listing, Plan, Projector
from adapters.sandbox.shopify.store import Record

PAGE_MAXIMUM = 250


class BadArguments(Exception):
    """Said as a top-level error."""


def connection(projector: Projector, plan: Plan, listing: Listing, arguments: Arguments) -> Record:
    if listing.warning:
        projector.warnings.append(listing.warning)
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        raise BadArguments("you must provide one of first or last")
    for size in (first, last):
        if size is not None and not 0 <= size <= PAGE_MAXIMUM:
            raise BadArguments(f"first/last must be between 0 and {PAGE_MAXIMUM}")
    places = (
        [listing.place(each) for each in listing.items]
        if listing.place
        else [("", f"{i:09d}") for i in range(len(listing.items))]
    )
    backwards = bool(arguments.get("reverse"))
    rows = list(zip(places, listing.items, strict=True))
    rows.sort(key=lambda row: row[0], reverse=backwards)
    total = len(rows)
    if after := arguments.get("after"):
        limit = decoded(after)
        rows = [row for row in rows if (row[0] < limit if backwards else row[0] > limit)]
    before_cut = len(rows) < total
    if before := arguments.get("before"):
        limit = decoded(before)
        rows = [row for row in rows if (row[0] > limit if backwards else row[0] < limit)]
    held = len(rows)
    rows = rows[:first] if first is not None else rows[max(0, held - (last or 0)) :]
    more = {
        "hasNextPage": held > len(rows) if first is not None else bool(before),
        "hasPreviousPage": before_cut if first is not None else held > len(rows),
        "startCursor": encoded(rows[0][0]) if rows else None,
        "endCursor": encoded(rows[-1][0]) if rows else None,
    }
    edges = [{"cursor": encoded(place), "node": node} for place, node in rows]
    return projector.read(plan, {"edges": edges, "nodes": [node for _, node in rows], "pageInfo": more})


def encoded(place: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"last_value": place[0], "last_id": place[1]})).decode()


def decoded(cursor: str) -> tuple[str, str]:
    try:
        held: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(cursor))
        return str(held["last_value"]), str(held["last_id"])
    except (binascii.Error, orjson.JSONDecodeError, KeyError, ValueError):
        raise BadArguments("Invalid cursor for current pagination sort.") from None
