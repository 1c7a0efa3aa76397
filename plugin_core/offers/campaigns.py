"""Campaigns: the stock ones every store begins with, starting and pausing them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.errors import NotFound, SettingsProblem
from plugin_core.offers.definitions import STOCK, Definition, parse
from plugin_core.offers.models import Campaign
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.stores.settings import StoreSettings, current

# What the law and the reader want to see in every mail.
REQUIRED = ("sender_name", "sender_email", "reply_to", "postal_address")


def hash_key(store: Store, campaign: Campaign) -> str:
    """The ``campaign_key`` of holdouts and codes: the store's key, a slash, the campaign's key ("my-shop/winback")."""
    return f"{store.key}/{campaign.key}"


def ensure_stock_campaigns(session: Session, store: Store, now: int) -> list[Campaign]:
    """Those the store doesn't have yet are added as drafts; a changed or started one stays as it is."""
    present = {campaign.key for campaign in campaigns(session, store)}
    for stock in STOCK:
        if stock.key not in present:
            session.add(
                Campaign(
                    store_id=store.id,
                    key=stock.key,
                    kind=stock.kind,
                    name=stock.name,
                    definition=dict(stock.body),
                    started_at=None,
                    updated_at=now,
                )
            )
    session.flush()
    return campaigns(session, store)


def campaigns(session: Session, store: Store) -> list[Campaign]:
    return list(session.scalars(select(Campaign).where(Campaign.store_id == store.id).order_by(Campaign.id)))


def get(session: Session, store: Store, key: str) -> Campaign:
    found = campaigns(session, store)
    for campaign in found:
        if campaign.key == key:
            return campaign
    known = ", ".join(campaign.key for campaign in found) or "none yet"
    raise NotFound(f"{store.key}: there is no campaign {key!r}.", mend=f"Campaigns of this store: {known}.")


def definition(campaign: Campaign) -> Definition:
    return parse(campaign.kind, campaign.definition)


def missing_settings(settings: StoreSettings) -> list[str]:
    return [name for name in REQUIRED if not getattr(settings, name)]


def start(session: Session, store: Store, campaign: Campaign, *, actor: str, now: int) -> None:
    """From now on people enter, by their present state. Again after a pause: nobody gets a step twice.

    SettingsProblem where mails would lack something they must show.
    """
    definition(campaign)
    settings, _version = current(session, store)
    missing = missing_settings(settings)
    if missing:
        assignments = " ".join(f'{name}="..."' for name in missing)
        raise SettingsProblem(
            f"{store.key}: {campaign.key} can't start, these settings are missing: {', '.join(missing)}.",
            mend=f"Run: comeback settings {store.key} {assignments}",
        )
    _move(session, store, campaign, "running", actor, now)


def pause(session: Session, store: Store, campaign: Campaign, *, actor: str, now: int) -> None:
    """Nothing more is planned, minted or sent until it is started again; a mail already being handed over still arrives."""
    _move(session, store, campaign, "paused", actor, now)


def _move(session: Session, store: Store, campaign: Campaign, state: str, actor: str, now: int) -> None:
    if campaign.state == state:
        return
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action=f"campaign.{state}",
            subject=campaign.key,
            before={"state": campaign.state},
            after={"state": state},
            at=now,
        )
    )
    campaign.state = state
    campaign.updated_at = now
    if state == "running" and campaign.started_at is None:
        campaign.started_at = now
    session.flush()
