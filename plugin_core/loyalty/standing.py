"""How a store's programme stands: people by tier, and the advocates with their referral codes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


class Advocate(NamedTuple):
    customer_id: int
    key: str
    name: str
    email: str
    code: str
    offered_at: int


def people_by_tier(session: Session, store: Store, settings: StoreSettings) -> list[tuple[str, int]]:
    """Lowest tier first; a tier that the settings no longer have comes last. Whoever has none is on the lowest."""
    rows = dict(bulk.select(session, "SELECT tier, COUNT(*) FROM customer_stats WHERE store_id = ? GROUP BY tier", store.id))
    names = [tier.name for tier in settings.tiers]
    rows[names[0]] = rows.get(names[0], 0) + rows.pop("", 0)
    return [(name, int(rows.pop(name, 0))) for name in names] + sorted((name, int(count)) for name, count in rows.items())


def advocates(session: Session, store: Store, *, after: int = 0, limit: int = 50) -> list[Advocate]:
    """In the order of their ids, behind the customer ``after``."""
    rows = bulk.select(
        session,
        "SELECT c.id, c.key, c.first_name, c.last_name, c.email, r.code, r.offered_at FROM referral_codes r "
        "JOIN customers c ON c.id = r.customer_id WHERE r.store_id = ? AND c.id > ? ORDER BY c.id LIMIT ?",
        *(store.id, after, limit),
    )
    return [Advocate(person, key, f"{first} {last}".strip(), *rest) for person, key, first, last, *rest in rows]


def advocates_count(session: Session, store: Store) -> int:
    return int(bulk.select(session, "SELECT COUNT(*) FROM referral_codes WHERE store_id = ?", store.id)[0][0])
