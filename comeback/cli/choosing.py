"""Which campaign a command is about."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput
from plugin_core.offers import campaigns as room
from plugin_core.offers.models import Campaign
from plugin_core.stores.connect import connected_stores, find_store
from plugin_core.stores.models import Store


def chosen(session: Session, store: str, campaign: str | None) -> tuple[Store, Campaign]:
    """``STORE CAMPAIGN``, or only ``CAMPAIGN`` where there is one store."""
    if campaign is None:
        stores = connected_stores(session)
        if len(stores) != 1:
            raise InvalidInput("Say which store and which campaign.", mend="comeback campaigns list shows both.")
        return stores[0], room.get(session, stores[0], store)
    found = find_store(session, store)
    return found, room.get(session, found, campaign)
