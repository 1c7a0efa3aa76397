"""How many people a list holds: counted where that is quick, else told from a sample."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import search
from plugin_core.customers.listing import Line, few_of, tables_of
from plugin_core.customers.search import Clause, Part, Wanted, Way
from plugin_core.stores.models import Store

EXACT = 10_000  # people that are counted one by one
_PLACES, _AT_EACH = 40, 50  # of a sample


class Count(NamedTuple):
    people: int
    exact: bool


def count(session: Session, store: Store, wanted: Wanted, *, now: int, known: int | None = None) -> Count:
    """``known``: how many people the store had a while ago; saves counting them all for an estimate."""
    parts = search.ask(session, store, wanted, now=now)
    return count_of(session, store, search.way(session, parts), parts, known=known)


def count_of(session: Session, store: Store, way: Way, parts: tuple[Part, ...], *, known: int | None = None) -> Count:
    """Everybody, or up to :data:`EXACT` people, are counted; of more the share in a sample is told.

    In a store of many, what the index did not lead to few of is not counted one by one either.
    """
    if not parts and known is not None and known > EXACT:
        return Count(known, exact=False)
    if not parts:
        sql = "SELECT COUNT(*) FROM customer_stats WHERE store_id = ?"
        return Count(int(bulk.select(session, sql, store.id)[0][0]), exact=True)
    if known is not None and known > EXACT and way.chosen is None and any(part.source for part in parts):
        return _estimate(session, store, parts, known)
    conditions, values = way.where()
    conditions = conditions.replace("{lead}", "s")
    tables, _lead = tables_of(Line(way, "orders", descending=False), "s.orders_count")
    few, among = few_of(way)
    sql = f"{few}SELECT COUNT(*) FROM (SELECT 1 FROM {tables} AND s.store_id = ?{conditions} LIMIT {EXACT + 1}) AS found"
    found = int(bulk.select(session, sql, *among, store.id, *values)[0][0])
    return Count(found, exact=True) if found <= EXACT else _estimate(session, store, parts, known)


def _estimate(session: Session, store: Store, parts: tuple[Part, ...], known: int | None) -> Count:
    """From people at evenly spaced places among the ids: no order of theirs has to do with what is asked."""
    everybody, sample = spread(session, store, places=_PLACES, at_each=_AT_EACH, known=known)
    way = Way(None, parts)
    conditions, values = way.where()
    tables, _lead = tables_of(Line(way, "orders", descending=False), "s.orders_count")
    some = f"s.store_id = ? AND s.customer_id IN ({bulk.listed(session, 'bigint')})"
    sql = f"SELECT COUNT(*) FROM {tables} AND {some}{conditions}"
    met = int(bulk.select(session, sql, store.id, bulk.values(session, sample), *values)[0][0])
    return Count(round(everybody * met / max(len(sample), 1)), exact=False)


def spread(session: Session, store: Store, *, places: int, at_each: int, known: int | None = None) -> tuple[int, list[int]]:
    """How many people (``known``, or counted), and ``at_each`` of them from each of evenly spaced places among their ids."""
    lowest, highest = (
        bulk.select(session, f"SELECT {end}(customer_id) FROM customer_stats WHERE store_id = ?", store.id)[0][0] or 0
        for end in ("MIN", "MAX")
    )
    if known is None:
        known = bulk.select(session, "SELECT COUNT(*) FROM customer_stats WHERE store_id = ?", store.id)[0][0]
    few = "SELECT customer_id FROM customer_stats WHERE store_id = ? AND customer_id >= ? ORDER BY customer_id LIMIT ?"
    begins = sorted({lowest + (highest - lowest + 1) * place // places for place in range(places)})
    values = [value for begin in begins for value in (store.id, begin, at_each)]
    found = bulk.select(
        session, " UNION ALL ".join(f"SELECT * FROM ({few}) AS p{number}" for number in range(len(begins))), *values
    )
    return int(known), sorted({id_ for (id_,) in found})


def living(session: Session, store: Store, wanted: Wanted, *, now: int) -> int:
    """How many are wanted, to the last one, without the erased."""
    asked = search.ask(session, store, wanted, now=now)
    way = search.way(session, (*asked, Part(Clause("c.erased_at IS NULL"), reads="c")))
    conditions, values = way.where()
    tables, _lead = tables_of(Line(way, "orders", descending=False), "s.orders_count")
    few, among = few_of(way)
    sql = f"{few}SELECT COUNT(*) FROM {tables} AND s.store_id = ?{conditions.replace('{lead}', 's')}"
    return int(bulk.select(session, sql, *among, store.id, *values)[0][0])
