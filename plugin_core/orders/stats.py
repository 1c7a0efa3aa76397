"""Purchase metrics per person and store, worked out from the orders of the people named: one or everybody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.db import is_sqlite
from plugin_core.orders.models import CustomerStats
from plugin_core.orders.visits import visits
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

_STATS = metadata.tables[CustomerStats.__tablename__]
_KEY = ("store_id", "customer_id")
_MEASURES = (
    *("orders_count", "priced_orders", "foreign_orders", "net_spent", "net_merchandise", "received", "refunded", "code_orders"),
    *("first_order_at", "last_order_at", "previous_order_at", "last_touch_order_at", "last_refund_at", "visits", "last_visit_at"),
    "own_gap_days",
)
# What belongs to other rooms begins here, for people seen for the first time.
_BEGIN = ("rfm_group", "lifecycle", "segment_bits", "points", "points_pending", "tier", "may_email")
_NOTHING = (0, 0, None, 0, 0, 0, 0, 0, None, None, None)  # orders_count up to previous_order_at
_BEGINNING = ("prospects", "prospect", 0, 0, 0, "", False)

_AGGREGATE = """
SELECT person, COUNT(*), COUNT(net), SUM(COALESCE(net, 0)), SUM(COALESCE(basis, 0)), SUM(COALESCE(received, 0)),
       SUM(COALESCE(received, 0) - COALESCE(net, 0)), SUM(CASE WHEN with_code THEN 1 ELSE 0 END),
       MIN(placed_at), MAX(placed_at), MAX(earlier), MAX(CASE WHEN placed_at - earlier <= {span} THEN 1 ELSE 0 END)
FROM (SELECT o.customer_id AS person, o.net, o.basis, o.received, o.with_code, o.placed_at,
             LAG(o.placed_at) OVER (PARTITION BY o.customer_id ORDER BY o.placed_at) AS earlier
      FROM {source} WHERE o.counted) AS counted_orders
GROUP BY person
"""


def recompute(session: Session, store: Store, settings: StoreSettings, customer_ids: Sequence[int] | None) -> list[int]:
    """Bring the metrics of these people (None: everybody known to the store) up to date; their ids."""
    people = _everybody(session, store) if customer_ids is None else list(customer_ids)
    if not people:
        return []
    chosen = None if customer_ids is None else people
    span = settings.visit_hours * 3600 * SECOND_US
    totals = {row[0]: row[1:] for row in _query(session, store, _AGGREGATE.replace("{span}", str(span)), chosen)}
    last_touch = dict(
        _query(
            session, store, "SELECT o.customer_id, MAX(o.placed_at) FROM {source} WHERE NOT o.void GROUP BY o.customer_id", chosen
        )
    )
    last_refund = dict(
        _query(
            session,
            store,
            "SELECT o.customer_id, MAX(r.at) FROM {source} JOIN refunds r ON r.order_id = o.id "
            "WHERE o.counted GROUP BY o.customer_id",
            chosen,
        )
    )
    crowded = [person for person, total in totals.items() if total[10]]
    seen = _count_visits(session, store, crowded, span)
    foreign = _foreign(session, store, [person for person, total in totals.items() if total[0] != total[1]])
    rows: list[tuple[Any, ...]] = []
    for person in people:
        total = totals.get(person)
        touch = last_touch.get(person)
        if total is None:
            rows.append((store.id, person, *_NOTHING, touch, None, 0, None, None, *_BEGINNING))
            continue
        orders, priced, net, merchandise, received, refunded, with_code, first, last, previous, _crowded = total
        count, last_visit = seen.get(person, (orders, last))
        gap = (last_visit - first) / (count - 1) / DAY_US if count > 1 else None
        rows.append(
            (
                *(
                    store.id,
                    person,
                    orders,
                    priced,
                    foreign.get(person),
                    int(net),
                    int(merchandise),
                    int(received),
                    int(refunded),
                ),
                *(int(with_code), first, last, previous, touch, last_refund.get(person), count, last_visit, gap, *_BEGINNING),
            )
        )
    bulk.upsert(session, _STATS, (*_KEY, *_MEASURES, *_BEGIN), rows, key=_KEY, update=_MEASURES)
    if customer_ids is not None:
        _drop_strangers(session, store, [person for person in people if person not in last_touch and person not in totals])
    return people


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


def _query(session: Session, store: Store, sql: str, people: Sequence[int] | None) -> list[tuple[Any, ...]]:
    """``sql`` over ``{source}``: the store's orders as ``o``, of these people or of everybody."""
    if people is None:
        return bulk.select(
            session,
            sql.replace("{source}", "(SELECT * FROM orders WHERE store_id = ? AND customer_id IS NOT NULL) AS o"),
            store.id,
        )
    # CROSS JOIN: SQLite would otherwise walk the whole order index for a single person.
    listed = "json_each(?) AS chosen" if is_sqlite(session) else "unnest(?::bigint[]) AS chosen(value)"
    mine = (
        f"(SELECT orders.* FROM {listed} CROSS JOIN orders WHERE orders.customer_id = chosen.value AND orders.store_id = ?) AS o"
    )
    return bulk.select(session, sql.replace("{source}", mine), bulk.values(session, people), store.id)


def _count_visits(session: Session, store: Store, people: Sequence[int], span: int) -> dict[int, tuple[int, int]]:
    """Only people with two orders close together need the walk; for the others each order is a visit."""
    times: dict[int, list[int]] = {}
    if people:
        sql = "SELECT o.customer_id, o.placed_at FROM {source} WHERE o.counted ORDER BY o.customer_id, o.placed_at"
        for person, placed_at in _query(session, store, sql, people):
            times.setdefault(person, []).append(placed_at)
    found = {}
    for person, moments in times.items():
        starts = visits(moments, span)
        found[person] = (len(starts), starts[-1])
    return found


def _foreign(session: Session, store: Store, people: Iterable[int]) -> dict[int, str]:
    found: dict[int, dict[str, int]] = {}
    chosen = list(people)
    if chosen:
        sql = (
            "SELECT o.customer_id, o.currency, COUNT(*) FROM {source} "
            "WHERE o.counted AND o.net IS NULL GROUP BY o.customer_id, o.currency"
        )
        for person, currency, count in _query(session, store, sql, chosen):
            found.setdefault(person, {})[currency] = count
    return {person: json.dumps(counts, sort_keys=True) for person, counts in found.items()}
