"""How a store's programme stands, in figures: points owed and used, people by tier, advocates."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from plugin_core.loyalty.liability import liability
from plugin_core.loyalty.standing import advocates_count, people_by_tier
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


def programme(session: Session, store: Store, settings: StoreSettings) -> dict[str, Any]:
    """JSON-able: ``owed`` as in :class:`Liability`, ``tiers`` of (name, people) with the lowest first, ``advocates``."""
    return {
        "owed": liability(session, store)._asdict(),
        "tiers": [list(each) for each in people_by_tier(session, store, settings)],
        "advocates": advocates_count(session, store),
    }
