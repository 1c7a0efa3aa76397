"""One store's people as pages: searched, filtered, ordered, forwards and backwards from any row.

A page begins behind a row's value and id, not at a number of rows: whatever changes meanwhile, nobody who stays where he was is
left out or shown twice. Whoever has no value in a column (never ordered) comes lowest.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import search
from plugin_core.customers.search import Wanted, Way
from plugin_core.errors import InvalidInput
from plugin_core.segments.scores import scored
from plugin_core.stores.models import Store


# What a list can be ordered by -> its column, and whether that may be unknown.
class _Sort(NamedTuple):
    column: str
    nullable: bool = False


SORTS = {
    "name": _Sort("w.name"),
    "orders": _Sort("s.orders_count"),
    "spent": _Sort("s.net_spent"),
    "last_order": _Sort("s.last_order_at", nullable=True),
    "points": _Sort("s.points"),
}
_TEXT = {"name"}
_TABLES = {"s": "customer_stats", "w": "person_words"}
_SHOWN = (
    "c.id, c.key, c.email, c.first_name, c.last_name, s.orders_count, s.net_spent, s.foreign_orders, s.last_order_at, "
    "s.lifecycle, {group}, s.points, s.tier, s.may_email, c.erased_at"
)


class Order(NamedTuple):
    by: str = "last_order"
    descending: bool = True


class Place(NamedTuple):
    """Of a row in an order; ``value`` None: unknown."""

    value: Any
    customer_id: int


class Row(NamedTuple):
    """Money in minor units of the store's currency."""

    customer_id: int
    key: str
    email: str
    first_name: str
    last_name: str
    orders: int
    spent: int
    foreign: dict[str, int]
    last_order_at: int | None
    lifecycle: str
    rfm: str
    points: int
    tier: str
    may_email: bool
    erased: bool
    place: Place

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Page(NamedTuple):
    rows: list[Row]
    earlier: bool  # there are rows before the first
    later: bool


class Cut(NamedTuple):
    """Where a page begins: behind ``place``, or (backwards) before it."""

    place: Place
    backwards: bool = False


def page(
    session: Session,
    store: Store,
    wanted: Wanted,
    order: Order = Order(),  # noqa: B008 - a value that never changes
    *,
    cut: Cut | None = None,
    size: int = 50,
    now: int,
) -> Page:
    way = search.way(session, search.ask(session, store, wanted, now=now), by_name=order.by == "name")
    return page_of(session, store, way, order, cut=cut, size=size)


def page_of(session: Session, store: Store, way: Way, order: Order, *, cut: Cut | None, size: int) -> Page:
    if order.by not in SORTS:
        raise InvalidInput(f"People can't be ordered by {order.by[:40]!r}.", mend=f"Choose one of: {', '.join(SORTS)}.")
    backwards = cut is not None and cut.backwards
    descending = order.descending != backwards
    line = Line(way, order.by, descending)
    found = _walk(session, store, line, None if cut is None else cut.place, size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
        return Page(found, earlier=more, later=True)
    return Page(found, earlier=cut is not None, later=more)


class Line(NamedTuple):
    """The line a list is walked along."""

    way: Way
    by: str
    descending: bool


def _walk(session: Session, store: Store, line: Line, after: Place | None, limit: int) -> list[Row]:
    if not SORTS[line.by].nullable:
        return _stretch(session, store, line, None, after, limit)
    stretches = [True, False] if line.descending else [False, True]
    if after is not None:
        stretches = stretches[stretches.index(after.value is not None) :]
    found: list[Row] = []
    for known in stretches:
        found += _stretch(session, store, line, known, after, limit - len(found))
        after = None
        if len(found) >= limit:
            break
    return found


def _stretch(session: Session, store: Store, line: Line, known: bool | None, after: Place | None, limit: int) -> list[Row]:  # noqa: FBT001
    """The rows with a value, those without, or (None) all where there always is one: each an index in order."""
    column = SORTS[line.by].column
    tables, lead = tables_of(line, column)
    keys = [f"{lead}.customer_id"] if known is False else [column, f"{lead}.customer_id"]
    extra = ""
    behind: tuple[Any, ...] = ()
    if known is not None:
        extra = f" AND {column} IS {'NOT ' if known else ''}NULL"
    if after is not None:
        extra += f" AND ({', '.join(keys)}) {'<' if line.descending else '>'} ({', '.join('?' * len(keys))})"
        behind = (after.value, after.customer_id)[-len(keys) :]
    direction = " DESC" if line.descending else ""
    conditions, values = line.way.where()
    conditions = conditions.replace("{lead}", lead)
    few, among = few_of(line.way)
    inner = (
        f"SELECT {lead}.customer_id AS customer_id, {column} AS value FROM {tables} "
        f"AND {lead}.store_id = ?{extra}{conditions} ORDER BY {', '.join(key + direction for key in keys)} LIMIT ?"
    )
    shown = _SHOWN.format(group=scored(store.rfm_cuts or {}).group)
    rows = bulk.select(
        session,
        f"{few}SELECT {shown}, p.value FROM ({inner}) AS p CROSS JOIN customers c CROSS JOIN customer_stats s "
        "WHERE c.id = p.customer_id AND s.store_id = ? AND s.customer_id = p.customer_id "
        f"ORDER BY p.value{direction}, p.customer_id{direction}",
        *(*among, store.id, *behind, *values, limit, store.id),
    )
    return [_row(row) for row in rows]


def tables_of(line: Line, column: str) -> tuple[str, str]:
    """The tables to walk up to the first condition, and the leading one. CROSS JOIN keeps SQLite to this order."""
    names = column.startswith("w.")
    lead = "w" if names and line.way.chosen is None else "s"
    order = ["w", "s"] if lead == "w" else ["s", *(["w"] if names or line.way.reads("w") else [])]
    tables = [f"{_TABLES[alias]} {alias}" for alias in order]
    conditions = ["w.store_id = s.store_id AND w.customer_id = s.customer_id"] if len(order) > 1 else []
    if line.way.chosen is not None:
        tables.insert(0, "few")
        conditions.append("s.customer_id = few.customer_id")
    if line.way.reads("c"):
        tables.append("customers c")
        conditions.append("c.id = s.customer_id")
    return f"{' CROSS JOIN '.join(tables)} WHERE {' AND '.join(conditions) or '1 = 1'}", lead


def _row(row: tuple[Any, ...]) -> Row:
    (customer_id, key, email, first, last, orders, spent, foreign, last_at, stage, rfm, points, tier, may, erased, value) = row
    loaded = json.loads(foreign) if isinstance(foreign, str) else foreign
    place = Place(value, customer_id)
    return Row(
        *(customer_id, key, email, first, last, orders, spent, loaded or {}, last_at, stage, rfm, points, tier),
        bool(may),
        erased is not None,
        place,
    )


def write_cut(cut: Cut, order: Order) -> str:
    """As text for a link."""
    body = json.dumps([order.by, order.descending, cut.place.value, cut.place.customer_id, cut.backwards])
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_cut(text: str, order: Order) -> Cut | None:
    """None for the beginning, and for whatever :func:`write_cut` did not make for this order."""
    try:
        body = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        by, descending, value, customer_id, backwards = body
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    kinds: tuple[type, ...] = (str,) if by in _TEXT else (int, type(None)) if by == "last_order" else (int,)
    fits = (by, descending) == order and isinstance(value, kinds) and isinstance(customer_id, int) and isinstance(backwards, bool)
    whole = all(isinstance(each, bool) is False and abs(each) < 2**62 for each in (value, customer_id) if isinstance(each, int))
    if not fits or not whole or (isinstance(value, str) and "\0" in value):
        return None
    return Cut(Place(value, customer_id), backwards)


def few_of(way: Way) -> tuple[str, tuple[Any, ...]]:
    return ("", ()) if way.chosen is None else (f"WITH few AS ({way.chosen.sql}) ", way.chosen.values)


def everybody(session: Session, store: Store, wanted: Wanted, *, now: int) -> list[int]:
    """Ids of all who are wanted, ascending."""
    way = search.way(session, search.ask(session, store, wanted, now=now))
    conditions, values = way.where()
    tables, _lead = tables_of(Line(way, "orders", descending=False), "s.orders_count")
    few, among = few_of(way)
    sql = f"{few}SELECT s.customer_id FROM {tables} AND s.store_id = ?{conditions.replace('{lead}', 's')} ORDER BY s.customer_id"
    return [row[0] for row in bulk.select(session, sql, *among, store.id, *values)]
