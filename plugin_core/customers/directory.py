"""Everybody a store knows, one row a person, for lists and exports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.segments import rfm
from plugin_core.stores.models import Store


class Person(NamedTuple):
    """Money in minor units of the store's currency, times in microseconds UTC."""

    key: str
    email: str
    first_name: str
    last_name: str
    external_ids: tuple[str, ...]
    orders_count: int
    net_spent: int
    foreign_orders: dict[str, int]  # {"USD": 1}: counted, left out of the money
    first_order_at: int | None
    last_order_at: int | None
    rfm: str
    rfm_scores: str  # "543"; "" without an order
    lifecycle: str
    segments: tuple[str, ...]
    points: int
    points_pending: int
    tier: str
    referral_code: str
    consent: dict[str, str]  # {"email": ..., "sms": ...}: the word that stands over all stores
    may_email: bool


_SQL = """
SELECT c.id, s.foreign_orders, s.segment_bits, s.may_email,
       c.key, c.email, c.first_name, c.last_name, s.orders_count, s.net_spent, s.first_order_at, s.last_order_at, s.lifecycle,
       s.points, s.points_pending, s.tier
FROM customer_stats s JOIN customers c ON c.id = s.customer_id
WHERE s.store_id = ? AND s.customer_id IN ({some})
"""
_AS_THEY_ARE = (
    *("key", "email", "first_name", "last_name", "orders_count", "net_spent", "first_order_at", "last_order_at", "lifecycle"),
    *("points", "points_pending", "tier"),
)
_STEP = 2_000  # people


def people(session: Session, store: Store) -> Iterator[Person]:
    """All people of ``store`` in the order of their addresses."""
    rows = bulk.select(
        session,
        "SELECT s.customer_id FROM customer_stats s JOIN customers c ON c.id = s.customer_id "
        "WHERE s.store_id = ? ORDER BY c.email, c.key",
        store.id,
    )
    for start in range(0, len(rows), _STEP):
        some = [row[0] for row in rows[start : start + _STEP]]
        found = people_of(session, store, some)
        yield from (found[person] for person in some)


def people_of(session: Session, store: Store, customer_ids: Sequence[int]) -> dict[int, Person]:
    """Those of them whom ``store`` knows, by id."""
    some, chosen = bulk.listed(session, "bigint"), bulk.values(session, customer_ids)
    rows = bulk.select(session, _SQL.format(some=some), store.id, chosen)
    names = "SELECT bit, slug FROM segments WHERE store_id = ? AND archived_at IS NULL ORDER BY bit"
    slugs = {bit: slug for bit, slug in bulk.select(session, names, store.id) if bit is not None}
    accounts = _accounts(session, store, chosen)
    held = f"SELECT customer_id, code FROM referral_codes WHERE store_id = ? AND customer_id IN ({some})"
    codes = dict(bulk.select(session, held, store.id, chosen))
    words = _standing_consents(session, chosen)
    found = {}
    for person, foreign, bits, may_email, *rest in rows:
        known = dict(zip(_AS_THEY_ARE, rest, strict=True))
        scores = rfm.scores(known["orders_count"], known["last_order_at"], known["net_spent"], store.rfm_cuts)
        found[person] = Person(
            **known,
            external_ids=tuple(accounts.get(person, ())),
            foreign_orders=_json(foreign) or {},
            rfm=rfm.group(scores),
            rfm_scores=str(scores or ""),
            segments=tuple(slug for bit, slug in slugs.items() if bits >> bit & 1),
            referral_code=codes.get(person, ""),
            consent={channel: words.get((person, channel), "unknown") for channel in ("email", "sms")},
            may_email=bool(may_email),
        )
    return found


def _standing_consents(session: Session, chosen: Any) -> dict[tuple[int, str], str]:
    """(person, channel) -> the word that stands over all stores: a refusal not overcome, else an opt-in, else pending."""
    found: dict[tuple[int, str], dict[int, tuple[str, int]]] = {}
    sql = (
        f"SELECT customer_id, channel, store_id, state, at FROM consents WHERE customer_id IN ({bulk.listed(session, 'bigint')})"
    )
    for person, channel, store_id, state, at in bulk.select(session, sql, chosen):
        found.setdefault((person, channel), {})[store_id] = (state, at)
    return {key: _standing(said) for key, said in found.items()}


def _standing(said: dict[int, tuple[str, int]]) -> str:
    centre_state, centre_at = said.get(0, ("unknown", 0))
    refusals = [at for state, at in said.values() if state == "unsubscribed"]
    if any(not (centre_state == "subscribed" and centre_at > at) for at in refusals):
        return "unsubscribed"
    states = {state for state, _ in said.values()}
    return next((state for state in ("subscribed", "pending") if state in states), "unknown")


def _accounts(session: Session, store: Store, chosen: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = bulk.select(
        session,
        f"SELECT customer_id, external_id FROM store_customers WHERE customer_id IN ({bulk.listed(session, 'bigint')}) "
        "AND +store_id = ? AND deleted_at IS NULL ORDER BY id",
        *(chosen, store.id),
    )
    for person, external_id in rows:
        found.setdefault(person, []).append(external_id)
    return found


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
