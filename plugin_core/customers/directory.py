"""Everybody a store knows, one row a person, for lists and exports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.segments import rfm
from plugin_core.stores.models import Store


class Person(NamedTuple):
    """Money in minor units of the store's currency, times in microseconds UTC."""

    key: str
    email: str
    name: str
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


_SQL = """
SELECT c.id, c.first_name, c.last_name, s.foreign_orders, s.segment_bits,
       c.key, c.email, s.orders_count, s.net_spent, s.first_order_at, s.last_order_at, s.lifecycle,
       s.points, s.points_pending, s.tier
FROM customer_stats s JOIN customers c ON c.id = s.customer_id
WHERE s.store_id = ? {only} ORDER BY c.email, c.key
"""
_AS_THEY_ARE = (
    *("key", "email", "orders_count", "net_spent", "first_order_at", "last_order_at", "lifecycle"),
    *("points", "points_pending", "tier"),
)


def people(session: Session, store: Store, *, email: str | None = None) -> Iterator[Person]:
    """All people of ``store``; ``email`` (identity form) for one."""
    only, extra = ("AND c.email = ?", (email,)) if email is not None else ("", ())
    rows = bulk.select(session, _SQL.replace("{only}", only), store.id, *extra)
    names = "SELECT bit, slug FROM segments WHERE store_id = ? AND archived_at IS NULL ORDER BY bit"
    slugs = dict(bulk.select(session, names, store.id))
    accounts = _accounts(session, store)
    codes = dict(bulk.select(session, "SELECT customer_id, code FROM referral_codes WHERE store_id = ?", store.id))
    words = standing_consents(session, store.account_id)
    for person, first, last, foreign, bits, *rest in rows:
        known = dict(zip(_AS_THEY_ARE, rest, strict=True))
        scores = rfm.scores(known["orders_count"], known["last_order_at"], known["net_spent"], store.rfm_cuts)
        yield Person(
            **known,
            name=f"{first} {last}".strip(),
            external_ids=tuple(accounts.get(person, ())),
            foreign_orders=_json(foreign) or {},
            rfm=rfm.group(scores),
            rfm_scores=str(scores or ""),
            segments=tuple(slug for bit, slug in slugs.items() if bits >> bit & 1),
            referral_code=codes.get(person, ""),
            consent={channel: words.get((person, channel), "unknown") for channel in ("email", "sms")},
        )


def standing_consents(session: Session, account_id: int) -> dict[tuple[int, str], str]:
    """(person, channel) -> the word that stands over all stores: a refusal not overcome, else an opt-in, else pending."""
    found: dict[tuple[int, str], dict[int, tuple[str, int]]] = {}
    rows = bulk.select(
        session,
        "SELECT n.customer_id, n.channel, n.store_id, n.state, n.at FROM consents n "
        "JOIN customers c ON c.id = n.customer_id WHERE c.account_id = ?",
        account_id,
    )
    for person, channel, store_id, state, at in rows:
        found.setdefault((person, channel), {})[store_id] = (state, at)
    return {key: _standing(said) for key, said in found.items()}


def _standing(said: dict[int, tuple[str, int]]) -> str:
    centre_state, centre_at = said.get(0, ("unknown", 0))
    refusals = [at for state, at in said.values() if state == "unsubscribed"]
    if any(not (centre_state == "subscribed" and centre_at > at) for at in refusals):
        return "unsubscribed"
    states = {state for state, _ in said.values()}
    return next((state for state in ("subscribed", "pending") if state in states), "unknown")


def _accounts(session: Session, store: Store) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = bulk.select(
        session,
        "SELECT customer_id, external_id FROM store_customers WHERE store_id = ? AND deleted_at IS NULL ORDER BY id",
        store.id,
    )
    for person, external_id in rows:
        found.setdefault(person, []).append(external_id)
    return found


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
