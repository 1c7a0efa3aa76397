"""What settling needs from the tables, for a batch of people at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.loyalty.reckoning import Entry, OrderFacts
from plugin_core.orders import exchange
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

_BATCH = 5_000  # people

# The bare + before store_id keeps a planner without statistics from walking all rows of the store instead of these people's.


class Person(NamedTuple):
    id: int
    key: str
    balances: tuple[int, int, str] | None  # points, pending, tier as they stand in the metrics; None: not known to this store


def batches(session: Session, store: Store, customer_ids: Sequence[int] | None) -> Iterator[list[Person]]:
    sql = (
        "SELECT c.id, c.key, s.points, s.points_pending, s.tier FROM customers c "
        "LEFT JOIN customer_stats s ON s.store_id = ? AND s.customer_id = c.id WHERE c.id IN ({}) ORDER BY c.id"
    ).format(bulk.listed(session, "bigint"))
    for ids in _all_ids(session, store) if customer_ids is None else _sliced(sorted(set(customer_ids))):
        rows = bulk.select(session, sql, store.id, bulk.values(session, ids))
        yield [
            Person(person, key, None if tier is None else (points, pending, tier)) for person, key, points, pending, tier in rows
        ]


def _all_ids(session: Session, store: Store) -> Iterator[list[int]]:
    last = -1
    while True:
        rows = bulk.select(
            session,
            "SELECT customer_id FROM customer_stats WHERE store_id = ? AND customer_id > ? ORDER BY customer_id LIMIT ?",
            *(store.id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1][0]
        yield [row[0] for row in rows]


def _sliced(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def orders(session: Session, store: Store, settings: StoreSettings, zone: ZoneInfo, chosen: Any) -> dict[int, list[OrderFacts]]:
    rows = bulk.select(
        session,
        "SELECT customer_id, id, external_id, placed_at, modified_at, counted, basis, merchandise, currency, fx_rate FROM orders "
        f"WHERE customer_id IN ({bulk.listed(session, 'bigint')}) AND +store_id = ? ORDER BY customer_id, placed_at, external_id",
        *(chosen, store.id),
    )
    home = store.currency
    found: dict[int, list[OrderFacts]] = {}
    for person, group in groupby(rows, key=lambda row: row[0]):
        found[person] = [
            OrderFacts(row[1], row[2], row[3], row[4], bool(row[5]), row[6], row[7])
            if row[8] == home
            else OrderFacts(row[1], row[2], row[3], row[4], bool(row[5]), row[6], _at_home(store, settings, zone, row))
            for row in group
        ]
    return found


def _at_home(store: Store, settings: StoreSettings, zone: ZoneInfo, row: tuple[Any, ...]) -> int | None:
    placed_at, merchandise, currency, fx_rate = row[3], row[7], row[8], row[9]
    rate = exchange.rate_for(currency, placed_at, fx_rate, settings.exchange_rates, zone)
    return None if rate is None else exchange.convert(merchandise, rate, currency, store.currency)


def ledger(session: Session, store: Store, chosen: Any) -> dict[int, list[Entry]]:
    rows = bulk.select(
        session,
        "SELECT customer_id, cause, kind, points, order_id, basis, rate, settings_version, happened_at, available_at "
        f"FROM points_entries WHERE customer_id IN ({bulk.listed(session, 'bigint')}) AND +store_id = ?",
        *(chosen, store.id),
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    for person, *columns in rows:
        found[person].append(Entry(*columns))
    return found


def states(session: Session, store: Store, chosen: Any) -> dict[int, tuple[Any, ...]]:
    rows = bulk.select(
        session,
        "SELECT customer_id, tier, metric, since, held_until, next_check_at FROM tier_states "
        f"WHERE store_id = ? AND customer_id IN ({bulk.listed(session, 'bigint')})",
        *(store.id, chosen),
    )
    return {person: tuple(columns) for person, *columns in rows}
