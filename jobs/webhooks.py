"""Webhooks that we have to look after ourselves: made when a store is connected, mended when the store has dropped them."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from sqlalchemy import or_, select

from jobs.context import JobContext
from plugin_core.clock import SECOND_US
from plugin_core.errors import StoreError
from plugin_core.inbox.models import WebhookCount, WebhookSecret
from plugin_core.inbox.secrets import ensure_secret, rotate_secret, webhook_secrets
from plugin_core.outbox import journal
from plugin_core.platforms import WebhookChanges
from plugin_core.stores.models import Store

CHECK_EVERY_US = 3_600 * SECOND_US

_log = structlog.get_logger("jobs.webhooks")


def delivery_url(context: JobContext, store: Store) -> str:
    """Where this store is to send its webhooks; "" where there is nothing to tell it (or nobody could reach us)."""
    webhooks = context.platforms[store.platform].webhooks
    parts = urlsplit(context.public_url)
    reachable = parts.scheme == "https" or context.private_stores
    return f"{context.public_url}/webhooks/{store.platform}/{store.key}" if reachable and not webhooks.names_store else ""


def ensure_webhooks(context: JobContext, store_id: int, *, renew: bool = False) -> WebhookChanges:
    """Raises StoreError, after noting it for people. ``renew``: with a new secret; the one before is still accepted."""
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
    url = delivery_url(context, store)
    if not url:
        return WebhookChanges()
    with context.database.write() as session:
        renew = renew and bool(webhook_secrets(session, context.vault, store_id))
        make = rotate_secret if renew else ensure_secret
        secret = make(session, context.vault, store_id)
    topics = context.platforms[store.platform].webhooks.topics
    try:
        with context.client(store) as client:
            changes = client.ensure_webhooks(url, secret, topics, renew=renew)
    except StoreError as problem:
        _note(context, store_id, f"Its webhooks could not be looked after: {problem.message} {problem.mend}".strip())
        raise
    now = context.clock()
    with context.database.write() as session:
        written: list[tuple[str, dict[str, object], dict[str, object]]] = [(each, {}, {"url": url}) for each in changes.made]
        journal.record_many(session, store_id, "webhook", written, at=now)
    _note(context, store_id, "")
    if changes.made or changes.revived:
        _log.info("webhooks mended", store=store.key, made=len(changes.made), revived=len(changes.revived))
    return changes


def check_webhooks(context: JobContext, store_id: int | None = None) -> int:
    """All connected stores (or one) whose webhooks were not looked at for an hour; how many were."""
    now = context.clock()
    with context.database.read() as session:
        old = or_(WebhookSecret.checked_at.is_(None), WebhookSecret.checked_at <= now - CHECK_EVERY_US)
        chosen = select(Store).outerjoin(WebhookSecret, WebhookSecret.store_id == Store.id)
        chosen = chosen.where(Store.state == "connected", old, *((Store.id == store_id,) if store_id is not None else ()))
        stores = list(session.scalars(chosen.order_by(Store.id)))
    checked = 0
    for store in stores:
        if delivery_url(context, store):
            try:
                ensure_webhooks(context, store.id, renew=_signed_wrongly(context, store))
                checked += 1
            except StoreError as problem:
                _log.warning("webhooks not looked after", store=store.key, error=type(problem).__name__)
    return checked


def _signed_wrongly(context: JobContext, store: Store) -> bool:
    """Since the last look something came that did not fit the secret: somebody may have changed it in the store."""
    with context.database.read() as session:
        row = session.get(WebhookSecret, store.id)
        refused = session.get(WebhookCount, (store.platform, store.key, "bad signature"))
    return row is not None and row.checked_at is not None and refused is not None and refused.last_at >= row.checked_at


def _note(context: JobContext, store_id: int, problem: str) -> None:
    with context.database.write() as session:
        row = session.get_one(WebhookSecret, store_id)
        row.checked_at, row.problem = context.clock(), problem
