"""A store that does not accept our key any more: its merchant is told once, by mail, and on the page for as long as it lasts."""

from __future__ import annotations

from html import escape

import structlog
from sqlalchemy.orm import Session

from jobs.context import JobContext
from plugin_core.errors import MessageError, MessageNotSent
from plugin_core.messaging import Mail
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import AuditEntry, Store

ACTION = "merchant.told_to_reconnect"

_MEANWHILE = (
    "Until it is connected again nothing is read from the store or written to it, and no offers are sent. "
    "Nothing is lost: what happens meanwhile is caught up with afterwards."
)

_log = structlog.get_logger("jobs.notice")


def tell_merchant(context: JobContext, store_id: int) -> int:
    """Mails sent: 1, or 0 where there is no address, no need, or he was told since the store was last connected.

    Noted before it is sent: a mail too few is better than the same one every minute, and the page shows the trouble anyway.
    """
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        settings, _ = store_settings.current(session, store)
        address = settings.reply_to or settings.sender_email
        if store.state != "reconnect" or not address or _told(session, store):
            return 0
        now = context.clock()
        told = AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor="comeback",
            action=ACTION,
            subject=store.key,
            before={},
            after={},
            at=now,
        )
        session.add(told)
    try:
        context.channel.send(_mail(store, address, settings.sender_email or address, context.public_url))
    except MessageError as problem:
        _log.warning("the merchant could not be told", store=store.key, error=type(problem).__name__)
        if isinstance(problem, MessageNotSent):
            with context.database.write() as session:
                session.delete(session.get_one(AuditEntry, told.id))
            raise
        return 0
    return 1


def _told(session: Session, store: Store) -> bool:
    return (
        session.query(AuditEntry.id)
        .filter(AuditEntry.store_id == store.id, AuditEntry.action == ACTION, AuditEntry.at >= store.connected_at)
        .first()
        is not None
    )


def _mail(store: Store, address: str, sender: str, public_url: str) -> Mail:
    paragraphs = (
        f"{store.name or store.key} does not accept Comeback's access any more. {store.problem}",
        _MEANWHILE,
        f"This installation: {public_url}",
    )
    return Mail(
        message_id=f"reconnect-{store.key}-{store.connected_at}@comeback",
        to=address,
        to_name="",
        sender=sender,
        sender_name="Comeback",
        reply_to=sender,
        subject=f"{store.name or store.key}: please connect the store again",
        text="\n\n".join(paragraphs) + "\n",
        html="".join(f"<p>{escape(each)}</p>" for each in paragraphs),
    )
