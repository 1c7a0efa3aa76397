"""Taking a store in: it is asked with its new credentials first, then everything is saved at once; keys that were posted too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog
from sqlalchemy.exc import IntegrityError

from plugin_core.db import Database
from plugin_core.errors import ComebackError, Transient
from plugin_core.inbox.secrets import look_again
from plugin_core.offers.campaigns import ensure_stock_campaigns
from plugin_core.platforms import ConnectionInfo, Platform, StoreFacts
from plugin_core.segments.stock import ensure_stock
from plugin_core.stores import installing
from plugin_core.stores.connect import connect_store
from plugin_core.stores.credentials import Vault
from plugin_core.work import standing

MERCHANT = "merchant"  # how the actor begins who comes by the store's admin, invited by nobody here

_log = structlog.get_logger("comeback.installing")


class Connected(NamedTuple):
    store_id: int
    key: str
    facts: StoreFacts


class Connector(NamedTuple):
    database: Database
    vault: Vault
    platforms: Mapping[str, Platform]
    clock: Callable[[], int]  # microseconds UTC
    several_merchants: bool = False  # a new store that comes by itself begins an account of its own


def take_in(connector: Connector, platform: str, address: str, credentials: Mapping[str, str], *, actor: str) -> Connected:
    """Raises StoreError or InvalidInput; then nothing was saved."""
    adapter = connector.platforms[platform]
    where = adapter.normalise_address(address)
    client = adapter.open(ConnectionInfo(store=where, address=where, credentials=credentials))
    try:
        facts = client.facts()
    finally:
        client.close()
    try:
        return _save(connector, platform, where, credentials, facts, actor)
    except IntegrityError:
        # Somebody else made the same store at this very moment: now it is a known one.
        return _save(connector, platform, where, credentials, facts, actor)


def _save(
    connector: Connector, platform: str, where: str, credentials: Mapping[str, str], facts: StoreFacts, actor: str
) -> Connected:
    now = connector.clock()
    with connector.database.write() as session:
        store = connect_store(
            session,
            connector.vault,
            platform=platform,
            address=where,
            credentials=credentials,
            facts=facts,
            actor=actor,
            now=now,
            by_itself=connector.several_merchants and actor.startswith(MERCHANT),
        )
        ensure_stock(session, store, now=now)
        ensure_stock_campaigns(session, store, now)
        # Of a store that was left for a while nobody knows what happened, nor whether it still tells.
        look_again(session, store.id)
        for task in ("sync", "webhooks"):
            standing.ask(session, store.id, task, now=now)
        return Connected(store.id, store.key, facts)


def finish_installs(connector: Connector) -> int:
    """Proves the keys that stores have posted by a call to the very address they are for; how many stores were connected."""
    with connector.database.read() as session:
        waiting = installing.waiting_for_proof(session, now=connector.clock())
    return sum(_finish(connector, row_id) for row_id in waiting)


def _finish(connector: Connector, row_id: int) -> bool:
    with connector.database.write() as session:
        claimed = installing.claim_proof(session, connector.vault, row_id, now=connector.clock())
    if claimed is None:
        return False
    row, keys = claimed
    try:
        connected = take_in(connector, row.platform, row.address, keys, actor=row.actor)
    except ComebackError as problem:
        _log.warning("the keys could not be proven", address=row.address, error=type(problem).__name__)
        with connector.database.write() as session:
            installing.not_proven(session, row_id, str(problem), again=isinstance(problem, Transient), now=connector.clock())
        return False
    with connector.database.write() as session:
        installing.proven(session, row_id, connected.store_id)
    return True
