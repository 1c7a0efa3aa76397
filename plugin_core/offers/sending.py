"""Mails for due offers: claimed with a last look at what is true now, settled by what the channel said.

    minted (or planned, without a discount) --claim--> sending --sent--> sent
                                                          |--not sent--> as before, later again
                                                          |--refused---> failed
                                                          `--no word---> unknown: shown, never repeated

A touch found in "sending" was left by a process that died (or is another's, still at it): the channel says whether the mail went.
Where it can't tell, the touch is "unknown"; a living sender that knows better still settles it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers import consent
from plugin_core.customers.models import Customer, Suppression
from plugin_core.messaging import Mail
from plugin_core.offers import due, retry
from plugin_core.offers.campaigns import missing_settings
from plugin_core.offers.due import DueOffer
from plugin_core.offers.models import Campaign, Offer, Touch
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings, current

EMAIL = "email"


class Handover(NamedTuple):
    """A mail that may be handed to the channel, once."""

    offer_id: int
    customer_id: int
    attempts: int
    before: str  # the offer's state to return to where the mail is certainly not sent
    mail: Mail


class Unsettled(NamedTuple):
    offer_id: int
    message_id: str


Compose = Callable[[DueOffer, StoreSettings], Mail]


def claim(session: Session, store: Store, offer_id: int, compose: Compose, *, now: int) -> Handover | str:
    """The mail to send now, written down as "sending"; or what became of the offer: "deferred", "skipped", "gone"."""
    offers = due.read(session, store, due.TO_SEND, [offer_id], now=now)
    if not offers:
        return "gone"
    offer = offers[0]
    settings, _version = current(session, store)
    missing = missing_settings(settings)
    if missing:
        reason = f"settings are missing: {', '.join(missing)}"
        return "deferred" if retry.again(session, offer.id, offer.attempts, offer.state, reason, now=now) else "failed"
    mails = due.mails_of(session, store, settings, offers, now=now)
    decision = due.decide(offer, store, settings, mails.get(offer.customer_id, []), now=now)
    if not decision.go:
        return due.carry_out(session, store, offer, decision, now=now)
    mail = compose(offer, settings)
    touch = session.scalar(select(Touch).where(Touch.offer_id == offer.id, Touch.channel == EMAIL))
    if touch is None:
        touch = Touch(offer_id=offer.id, customer_id=offer.customer_id, channel=EMAIL, message_id=mail.message_id)
        session.add(touch)
    # An earlier try's id stays, even if the sender's address has changed since: the channel knows the mail by it.
    mail = mail._replace(message_id=touch.message_id)
    touch.state, touch.problem, touch.claimed_at, touch.settled_at = "sending", "", now, None
    claimed = bulk.execute(session, "UPDATE offers SET state = 'sending' WHERE id = ? AND state = ?", offer.id, offer.state)
    if not claimed:
        session.expunge(touch)
        return "gone"
    session.flush()
    return Handover(offer.id, offer.customer_id, offer.attempts, offer.state, mail)


def sent(session: Session, offer_id: int, *, now: int) -> None:
    _settle(session, offer_id, "sent", "", now)
    sql = "UPDATE offers SET state = 'sent', reason = '', decided_at = ? WHERE id = ? AND state IN ('sending', 'unknown')"
    bulk.execute(session, sql, now, offer_id)


def unknown(session: Session, offer_id: int, problem: str, *, now: int) -> None:
    _settle(session, offer_id, "unknown", problem, now)
    sql = "UPDATE offers SET state = 'unknown', reason = ?, decided_at = ? WHERE id = ? AND state = 'sending'"
    bulk.execute(session, sql, problem, now, offer_id)


def not_sent(session: Session, handover: Handover, problem: str, *, now: int) -> bool:
    """To be tried again later; False where this was the last try."""
    _settle(session, handover.offer_id, "failed", problem, now)
    return retry.again(session, handover.offer_id, handover.attempts, handover.before, problem, now=now)


def refused(session: Session, handover: Handover, problem: str, *, recipient: bool, now: int) -> None:
    """Refused for good. ``recipient``: because of the address, which is never written to again."""
    _settle(session, handover.offer_id, "failed", problem, now)
    retry.fail(session, handover.offer_id, problem, now=now)
    customer = session.get_one(Customer, handover.customer_id)
    if recipient and session.get(Suppression, (customer.account_id, EMAIL, handover.mail.to)) is None:
        session.add(Suppression(account_id=customer.account_id, channel=EMAIL, address=handover.mail.to, reason="bounce", at=now))
        session.flush()
        consent.refresh_may_email(session, [customer.id])


def unsettled(session: Session, store: Store) -> list[Unsettled]:
    """Mails whose handing over began and has no end on record."""
    query = (
        select(Touch.offer_id, Touch.message_id)
        .join(Offer, Offer.id == Touch.offer_id)
        .join(Campaign, Campaign.id == Offer.campaign_id)
        .where(Campaign.store_id == store.id, Touch.state == "sending")
        .order_by(Touch.id)
    )
    return [Unsettled(offer_id, message_id) for offer_id, message_id in session.execute(query)]


def never_left(session: Session, offer_id: int, *, now: int) -> None:
    """The channel knows that the mail did not go: the offer may be sent, once."""
    _settle(session, offer_id, "failed", "interrupted before it was sent", now)
    sql = "UPDATE offers SET state = CASE WHEN percent > 0 THEN 'minted' ELSE 'planned' END WHERE id = ? AND state = 'sending'"
    bulk.execute(session, sql, offer_id)


def _settle(session: Session, offer_id: int, state: str, problem: str, now: int) -> None:
    sql = """
        UPDATE touches SET state = ?, problem = ?, settled_at = ?
        WHERE offer_id = ? AND channel = ? AND state IN ('sending', 'unknown')
    """
    bulk.execute(session, sql, state, problem, now, offer_id, EMAIL)
