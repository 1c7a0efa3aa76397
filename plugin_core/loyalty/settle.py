"""Bring the ledger, the balances and the tiers of one person or a whole store in line with their orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.loyalty import reading, rules
from plugin_core.loyalty.models import LoyaltyProgramme, PointsEntry, TierState
from plugin_core.loyalty.reading import Person
from plugin_core.loyalty.reckoning import Reckoned, Terms, reckon
from plugin_core.loyalty.timeline import timeline
from plugin_core.money import exponent
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from plugin_core.tables import metadata

_ENTRIES = metadata.tables[PointsEntry.__tablename__]
_STATES = metadata.tables[TierState.__tablename__]
_ENTRY_COLUMNS = (
    *("store_id", "customer_id", "cause", "kind", "points", "order_id", "basis", "rate", "settings_version"),
    *("happened_at", "available_at", "posted_at"),
)
_STATE_COLUMNS = ("store_id", "customer_id", "tier", "metric", "since", "held_until", "next_check_at", "settings_version")


class Settled(NamedTuple):
    people: int
    entries: int  # posted
    changed: list[int]  # customer ids whose points, pending points or tier are different now


def settle(
    session: Session, store: Store, settings: StoreSettings, version: int, *, customer_ids: Sequence[int] | None, now: int
) -> Settled:
    """``customer_ids`` None: everybody. Again without a change posts nothing. The programme begins with the first call of all."""
    programme = _programme(session, store, now)
    terms = Terms(
        timeline(session, store, settings, version, started_at=programme.started_at),
        ZoneInfo(store.zone),
        10 ** exponent(store.currency),
        rules.ALWAYS if settings.retroactive else programme.started_at,
        now,
    )
    _follow_orders(session, store, customer_ids)
    people = entries = 0
    changed: list[int] = []
    for batch in reading.batches(session, store, customer_ids):
        posted, different = _settle_batch(session, store, settings, version, terms, batch)
        people += len(batch)
        entries += posted
        changed.extend(different)
    if customer_ids is None:
        programme.settled_version = version
        session.flush()
    return Settled(people, entries, changed)


def whole_store_due(session: Session, store: Store, version: int) -> bool:
    """The settings changed (or nobody was ever settled): call :func:`settle` for everybody."""
    programme = session.get(LoyaltyProgramme, store.id)
    return programme is None or programme.settled_version != version


def settled_by(session: Session, store: Store, version: int) -> None:
    """The newest settings differ in nothing that concerns points or tiers: nobody has to be settled anew."""
    programme = session.get(LoyaltyProgramme, store.id)
    if programme is not None and programme.settled_version == version - 1:
        programme.settled_version = version


def _programme(session: Session, store: Store, now: int) -> LoyaltyProgramme:
    """Locked until the transaction ends: two workers that settle the same store take turns (SQLite has one writer anyway)."""
    table = metadata.tables[LoyaltyProgramme.__tablename__]
    bulk.upsert(session, table, ("store_id", "started_at"), [(store.id, now)], key=("store_id",))
    return session.get_one(LoyaltyProgramme, store.id, with_for_update=True, populate_existing=True)


def _settle_batch(
    session: Session, store: Store, settings: StoreSettings, version: int, terms: Terms, people: Sequence[Person]
) -> tuple[int, list[int]]:
    """The number of entries posted, and whose balances changed."""
    chosen = bulk.values(session, [person.id for person in people])
    orders = reading.orders(session, store, settings, terms.zone, chosen)
    ledger = reading.ledger(session, store, chosen)
    states = reading.states(session, store, chosen)
    entry_rows: list[tuple[Any, ...]] = []
    state_rows: list[tuple[Any, ...]] = []
    balance_rows: list[tuple[Any, ...]] = []
    for person in people:
        known = states.get(person.id)
        bought, entries = orders.get(person.id, []), ledger.get(person.id, [])
        found = reckon(person.key, bought, entries, terms)
        entry_rows.extend((store.id, person.id, *entry, terms.now) for entry in found.missing)
        state = _state(found)
        if known != state and (known is not None or bought or entries):
            state_rows.append((store.id, person.id, *state, version))
        balances = (found.points, found.pending, found.standing.tier)
        if person.balances is not None and person.balances != balances:
            balance_rows.append((*balances, store.id, person.id))
    bulk.insert(session, _ENTRIES, _ENTRY_COLUMNS, entry_rows)
    bulk.upsert(session, _STATES, _STATE_COLUMNS, state_rows, key=_STATE_COLUMNS[:2], update=_STATE_COLUMNS[2:])
    bulk.update_rows(
        session,
        "UPDATE customer_stats SET points = ?, points_pending = ?, tier = ? WHERE store_id = ? AND customer_id = ?",
        balance_rows,
    )
    return len(entry_rows), [row[-1] for row in balance_rows]


def _state(found: Reckoned) -> tuple[Any, ...]:
    standing = found.standing
    return (standing.tier, standing.metric, standing.since, standing.held_until, found.next_check_at)


def _follow_orders(session: Session, store: Store, customer_ids: Sequence[int] | None) -> None:
    """An order that turned out to be somebody else's takes its entries along; amounts and causes stay as they were posted."""
    moved = (
        "UPDATE points_entries SET customer_id = (SELECT o.customer_id FROM orders o WHERE o.id = points_entries.order_id) "
        "WHERE id IN (SELECT e.id FROM {} WHERE +e.store_id = ? AND e.customer_id <> o.customer_id{})"
    )
    if customer_ids is None:
        bulk.execute(session, moved.format("points_entries e JOIN orders o ON o.id = e.order_id", ""), store.id)
        return
    chosen, some = bulk.values(session, customer_ids), bulk.listed(session, "bigint")
    for joined, owner in (
        ("orders o CROSS JOIN points_entries e", f" AND o.customer_id IN ({some}) AND e.order_id = o.id"),
        ("points_entries e CROSS JOIN orders o", f" AND e.customer_id IN ({some}) AND o.id = e.order_id"),
    ):
        bulk.execute(session, moved.format(joined, owner), store.id, chosen)
