"""Purchase metrics per person and store, worked out from the orders of the people named: one or everybody."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.db import is_sqlite
from plugin_core.orders import totals
from plugin_core.orders.measures import MEASURES, NOTHING, OrderRow, measure
from plugin_core.orders.models import CustomerStats
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

_STATS = metadata.tables[CustomerStats.__tablename__]
_KEY = ("store_id", "customer_id")
# What belongs to other rooms begins here, for people seen for the first time.
_BEGIN = ("lifecycle", "segment_bits", "points", "points_pending", "tier", "may_email")
_BEGINNING = ("prospect", 0, 0, 0, "", False)
_PLACED_AT = itemgetter(1)
_CHUNK = 20_000  # people; bounds the memory a whole store takes

_ORDERS = """
SELECT o.customer_id, o.placed_at, o.counted, o.void, o.received, o.net, o.basis, o.refunded, o.with_code, o.currency
FROM {source}
"""
_REFUNDS = "SELECT o.customer_id, r.at FROM {source} CROSS JOIN refunds AS r"


def recompute(session: Session, store: Store, settings: StoreSettings, customer_ids: Sequence[int] | None) -> list[int]:
    """Bring the metrics of these people (None: everybody known to the store) up to date; their ids."""
    people = _everybody(session, store) if customer_ids is None else list(customer_ids)
    span = settings.visit_hours * 3600 * SECOND_US
    for start in range(0, len(people), _CHUNK):
        _recompute(session, store, people[start : start + _CHUNK], span)
    return people


def _recompute(session: Session, store: Store, people: Sequence[int], span: int) -> None:
    orders: dict[int, list[OrderRow]] = {}
    for row in _of(session, store, people, _ORDERS):
        orders.setdefault(row[0], []).append(row)
    last_refund: dict[int, int] = {}
    refunded = [person for person, mine in orders.items() if any(row[7] for row in mine)]
    for person, moment in _of(session, store, refunded, _REFUNDS, " AND r.order_id = o.id AND o.counted") if refunded else ():
        last_refund[person] = max(moment, last_refund.get(person, moment))
    told = totals.of(session, store, people)
    rows = []
    strangers = []
    for person in people:
        mine = orders.get(person)
        if mine is None:
            measures: tuple[Any, ...] = NOTHING
            strangers.append(person)
        else:
            mine.sort(key=_PLACED_AT)
            measures = measure(mine, last_refund.get(person), span)
        if person in told:
            measures = totals.stand_in(measures, told[person])
        rows.append((store.id, person, *measures, *_BEGINNING))
    bulk.upsert(session, _STATS, (*_KEY, *MEASURES, *_BEGIN), rows, key=_KEY, update=MEASURES)
    _drop_strangers(session, store, strangers)


def _everybody(session: Session, store: Store) -> list[int]:
    rows = bulk.select(
        session,
        "SELECT customer_id FROM store_customers WHERE store_id = ? "
        "UNION SELECT customer_id FROM orders WHERE store_id = ? AND customer_id IS NOT NULL "
        "UNION SELECT customer_id FROM checkouts WHERE store_id = ? AND customer_id IS NOT NULL ORDER BY 1",
        *[store.id] * 3,
    )
    return [row[0] for row in rows]


def _drop_strangers(session: Session, store: Store, people: Sequence[int]) -> None:
    """Whoever the store knows no more (the order was another's) is no prospect of it; members of a segment leave that first."""
    if not people:
        return
    known = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {table} k WHERE k.customer_id = customer_stats.customer_id AND k.store_id = ?)"
        for table in ("store_customers", "orders", "checkouts")
    )
    bulk.execute(
        session,
        f"DELETE FROM customer_stats WHERE store_id = ? AND customer_id IN ({bulk.listed(session, 'bigint')}) "
        f"AND segment_bits = 0 AND {known}",
        *(store.id, bulk.values(session, people), store.id, store.id, store.id),
    )


def _of(session: Session, store: Store, people: Sequence[int], sql: str, more: str = "") -> list[tuple[Any, ...]]:
    """``sql`` over ``{source}``: these people's orders in the store, as ``o``."""
    # CROSS JOIN: SQLite would otherwise walk the whole order index for a single person.
    listed = "json_each(?) AS chosen" if is_sqlite(session) else "unnest(?::bigint[]) AS chosen(value)"
    source = f"{listed} CROSS JOIN orders AS o"
    return bulk.select(
        session,
        sql.replace("{source}", source) + " WHERE o.customer_id = chosen.value AND o.store_id = ?" + more,
        bulk.values(session, people),
        store.id,
    )
