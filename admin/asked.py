"""What a list of people is asked for, read from an address and written into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from plugin_core.customers.listing import SORTS, Order
from plugin_core.customers.search import Wanted

PATH = "/app/customers"
_NAMES = {"q": "text"}  # in the address -> in Wanted
_LONGEST = 200


def read_wanted(given: Mapping[str, str]) -> Wanted:
    values = {_NAMES.get(name, name): text.strip()[:_LONGEST] for name, text in given.items()}
    return Wanted(**{name: value for name, value in values.items() if name in Wanted._fields})


def read_order(given: Mapping[str, str]) -> Order:
    """The newest first, and names from A, unless it is said otherwise."""
    by = given.get("sort", "last_order")
    if by not in SORTS:
        by = "last_order"
    return Order(by, given.get("dir", "up" if by == "name" else "down") != "up")


def query(wanted: Wanted, order: Order | None = None) -> dict[str, str]:
    short = {name: each for each, name in _NAMES.items()}
    found = {short.get(name, name): value for name, value in wanted._asdict().items() if value}
    if order is not None and order != Order():
        found |= {"sort": order.by, "dir": "down" if order.descending else "up"}
    return found


def link(wanted: Wanted, order: Order | None = None, path: str = PATH, **more: Any) -> str:
    asked = {**query(wanted, order), **{name: value for name, value in more.items() if value}}
    return f"{path}?{urlencode(asked)}" if asked else path
