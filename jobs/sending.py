"""Sending: due mails are claimed, handed to the channel and settled, one at a time."""

from __future__ import annotations

from collections import Counter
from functools import partial

import structlog
from sqlalchemy import select

from jobs.context import JobContext
from plugin_core.errors import MessageNotSent, MessageOutcomeUnknown, MessageRefused
from plugin_core.messaging import Mail
from plugin_core.offers import due, mails, sending
from plugin_core.offers.due import DueOffer
from plugin_core.offers.sending import Handover
from plugin_core.stores.credentials import account_secret
from plugin_core.stores.models import Account, Store
from plugin_core.stores.settings import StoreSettings

log = structlog.get_logger("jobs.sending", stage="sending")

BATCH = 200
# So many in a row that could not be sent are the channel's fault: the rest waits for the next run.
GIVE_UP_AFTER = 3


def send_due(context: JobContext, store_id: int | None = None) -> Counter[str]:
    """Counts: "sent", "deferred", "skipped", "retried", "failed", "unknown". Of all connected stores, or of one."""
    counts: Counter[str] = Counter()
    with context.database.read() as session:
        stores = session.scalars(select(Store).where(Store.state == "connected").order_by(Store.id)).all()
        secrets = {store.id: account_secret(context.vault, session.get_one(Account, store.account_id)) for store in stores}
    for store in stores:
        if store_id in {None, store.id}:
            _settle_interrupted(context, store, counts)
            if not _send_store(context, store, secrets[store.id], counts):
                break
    return counts


def _settle_interrupted(context: JobContext, store: Store, counts: Counter[str]) -> None:
    with context.database.read() as session:
        interrupted = sending.unsettled(session, store)
    for touch in interrupted:
        went = context.channel.was_sent(touch.message_id)
        with context.database.write() as session:
            if went:
                sending.sent(session, touch.offer_id, now=context.clock())
                counts["sent"] += 1
            elif went is None:
                sending.unknown(session, touch.offer_id, "interrupted while it was being sent", now=context.clock())
                counts["unknown"] += 1
            else:
                sending.never_left(session, touch.offer_id, now=context.clock())
        log.warning("settled an interrupted mail", store=store.key, offer=touch.offer_id, sent=went)


def _send_store(context: JobContext, store: Store, secret: bytes, counts: Counter[str]) -> bool:
    """False: the channel is in trouble, or others wait."""
    failures = 0
    compose = partial(_compose, context, store, secret)
    while True:
        with context.database.read() as session:
            ids = due.due_ids(session, store, due.TO_SEND, now=context.clock(), limit=BATCH)
        if not ids:
            return True
        for offer_id in ids:
            if context.paused():
                return False
            with context.database.write() as session:
                claimed = sending.claim(session, store, offer_id, compose, now=context.clock())
            if isinstance(claimed, str):
                if claimed != "gone":
                    counts[claimed] += 1
                continue
            outcome = _hand_over(context, store, claimed)
            counts[outcome] += 1
            failures = failures + 1 if outcome == "retried" else 0
            if failures >= GIVE_UP_AFTER:
                return False


def _compose(context: JobContext, store: Store, secret: bytes, offer: DueOffer, settings: StoreSettings) -> Mail:
    return mails.compose(offer, store, settings, secret=secret, renderer=context.renderer, public_url=context.public_url)


def _hand_over(context: JobContext, store: Store, claimed: Handover) -> str:
    log.info("sending", store=store.key, offer=claimed.offer_id)
    outcome = "sent"
    problem = ""
    recipient = False
    try:
        context.channel.send(claimed.mail)
    except MessageNotSent as error:
        outcome, problem = "retried", error.message
    except MessageRefused as error:
        outcome, problem, recipient = "failed", error.message, error.recipient
    except MessageOutcomeUnknown as error:
        outcome, problem = "unknown", error.message
    now = context.clock()
    with context.database.write() as session:
        if outcome == "sent":
            sending.sent(session, claimed.offer_id, now=now)
        elif outcome == "retried":
            outcome = outcome if sending.not_sent(session, claimed, problem, now=now) else "failed"
        elif outcome == "failed":
            sending.refused(session, claimed, problem, recipient=recipient, now=now)
        else:
            sending.unknown(session, claimed.offer_id, problem, now=now)
    log.info("settled", store=store.key, offer=claimed.offer_id, outcome=outcome)
    return outcome
