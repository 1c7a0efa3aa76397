"""People with an account in the store and something to show there."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from plugin_core.customers.models import StoreCustomer
from plugin_core.orders.models import CustomerStats
from plugin_core.segments.models import Segment
from plugin_core.stores.models import Store
from tests.plugin_core.loyalty.shop import meet

SEGMENTS = ("brand_advocates", "lapsed_60", "big_spenders", "never_tagged")


def found_segments(session: Session, store: Store) -> None:
    for bit, slug in enumerate(SEGMENTS):
        session.add(Segment(store_id=store.id, slug=slug, name=slug, rule={}, bit=bit, rule_changed_at=0))
    session.flush()


def join(session: Session, store: Store, name: str, *, tags: tuple[str, ...] = (), **stats: Any) -> int:
    """An account called ``name`` in the store; the customer's id."""
    person = meet(session, store, name)
    account = StoreCustomer(
        store_id=store.id,
        external_id=name,
        customer_id=person,
        tags=list(tags),
        created_at=None,
        deleted_at=None,
        content_hash="h",
    )
    session.add(account)
    session.flush()
    be(session, store, person, **{"lifecycle": "prospect", "tier": "bronze", **stats})
    return person


def be(session: Session, store: Store, person: int, **stats: Any) -> None:
    """Change what is known of somebody; ``segments`` by their slugs."""
    row = session.get_one(CustomerStats, (store.id, person), populate_existing=True)
    if "segments" in stats:
        row.segment_bits = sum(1 << SEGMENTS.index(slug) for slug in stats.pop("segments"))
    for name, value in stats.items():
        setattr(row, name, value)
    session.flush()


def account_of(session: Session, store: Store, name: str) -> StoreCustomer:
    session.flush()
    session.expire_all()
    return session.query(StoreCustomer).filter_by(store_id=store.id, external_id=name).one()
