"""Connecting a store: the address is checked, the store itself is asked with the new key, then everything is saved at once."""

from __future__ import annotations

from collections.abc import Mapping

from comeback.app import App
from plugin_core.offers.campaigns import ensure_stock_campaigns
from plugin_core.platforms import ConnectionInfo, StoreFacts
from plugin_core.segments.stock import ensure_stock
from plugin_core.stores.connect import connect_store


def connect(app: App, platform: str, address: str, credentials: Mapping[str, str], *, actor: str) -> tuple[str, StoreFacts]:
    """The store's key and what it says of itself. Raises StoreError or InvalidInput; then nothing was saved."""
    adapter = app.platform(platform)
    where = adapter.normalise_address(address)
    client = adapter.open(ConnectionInfo(store=where, address=where, credentials=credentials))
    try:
        facts = client.facts()
    finally:
        client.close()
    now = app.context.clock()
    with app.database.write() as session:
        store = connect_store(
            session, app.vault, platform=platform, address=where, credentials=credentials, facts=facts, actor=actor, now=now
        )
        ensure_stock(session, store, now=now)
        ensure_stock_campaigns(session, store, now)
        return store.key, facts
