"""What a store says of itself: it was uninstalled, its facts or our rights changed, a code of ours is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from jobs.context import JobContext
from plugin_core.customers.privacy.requests import Asked, Subject, receive
from plugin_core.deliveries import StoreEvent
from plugin_core.errors import AccessRevoked, SettingsProblem, Unsupported
from plugin_core.offers import standing as codes
from plugin_core.platforms import StoreFacts
from plugin_core.stores.access import facts_changed, uninstalled
from plugin_core.stores.models import Store
from plugin_core.work import standing

_log = structlog.get_logger("jobs.store_events")

Handler = Callable[[JobContext, int, StoreEvent, int], None]


def carry_out(context: JobContext, store_id: int, event: StoreEvent, *, at: int) -> None:
    """``at``: when it happened, by the store's word. Raises StoreError; Unsupported for what is not known here."""
    handler = HANDLERS.get(event.kind)
    if handler is None:
        with context.database.read() as session:
            key = session.get_one(Store, store_id).key
        raise Unsupported(f"This version can't carry out {event.kind!r} by itself.", store=key)
    handler(context, store_id, event, at)


def _facts_changed(context: JobContext, store_id: int, _event: StoreEvent, _at: int) -> None:
    facts = _asked(context, store_id)
    if facts is None:
        return
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        if facts.currency == store.currency:
            facts_changed(session, store, facts, now=context.clock())
        else:
            # Money already taken in would change its meaning: the merchant has to decide.
            store.problem = (
                f"{store.key}: the store's currency was {store.currency} and is now {facts.currency}. Connect it anew."
            )


def _uninstalled(context: JobContext, store_id: int, _event: StoreEvent, at: int) -> None:
    """Late, repeated or made up, it harms nothing: a store that still accepts our key has not uninstalled us."""
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        if store.state == "disconnected" or store.connected_at > at:
            return
    try:
        _asked(context, store_id)
    except (AccessRevoked, SettingsProblem):
        with context.database.write() as session:
            held = session.get_one(Store, store_id)
            uninstalled(session, held, at=at, now=context.clock())
        _log.info("uninstalled", store=store.key)


def _code_gone(context: JobContext, store_id: int, event: StoreEvent, _at: int) -> None:
    """Nobody gets a mail with a code that the merchant has deleted."""
    with context.database.write() as session:
        codes.gone(session, session.get_one(Store, store_id), event.subject, now=context.clock())


def _code_changed(context: JobContext, store_id: int, event: StoreEvent, _at: int) -> None:
    """How it stands is asked by a task of its own, for many codes at once."""
    with context.database.write() as session:
        if codes.told_of_change(session, session.get_one(Store, store_id), event.subject):
            standing.ask(session, store_id, "codes", now=context.clock())


def _privacy(context: JobContext, store_id: int, event: StoreEvent, at: int) -> None:
    """Taken down here, answered by a task of its own; the same request delivered again is the same request."""
    asked = Asked(_REQUESTS[event.kind], Subject(event.subject, event.email, event.orders), at)
    now = context.clock()
    with context.database.write() as session:
        receive(session, context.vault, session.get_one(Store, store_id), asked, now=now)
        standing.ask(session, store_id, "privacy", now=now)


def _asked(context: JobContext, store_id: int) -> StoreFacts | None:
    """What the store says of itself now; None where it is disconnected."""
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
    if store.state == "disconnected":
        return None
    with context.client(store) as client:
        return client.facts()


_REQUESTS = {"data_request": "data_request", "redact_customer": "redact", "redact_shop": "shop_redact"}

HANDLERS: Mapping[str, Handler] = {
    "code_changed": _code_changed,
    "code_gone": _code_gone,
    **dict.fromkeys(_REQUESTS, _privacy),
    "facts": _facts_changed,
    "uninstalled": _uninstalled,
}
