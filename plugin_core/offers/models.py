"""Tables of campaigns, offers and touches."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class Campaign(Base):
    __tablename__ = "campaigns"
    __table_args__ = (sa.UniqueConstraint("store_id", "key"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    key: Mapped[str]  # "winback", "abandoned-checkout"; campaign_key in hashes is "{store.key}/{key}"
    kind: Mapped[str]  # winback | abandoned_checkout
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")  # draft | running | paused
    definition: Mapped[dict[str, Any]]
    holdout_share: Mapped[float] = mapped_column(sa.Double, default=0.10)
    version: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[int | None]
    updated_at: Mapped[int]


class CampaignVersion(Base):
    """What a campaign said from one change to the next; the first is kept when it is changed for the first time."""

    __tablename__ = "campaign_versions"
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    definition: Mapped[dict[str, Any]]
    holdout_share: Mapped[float] = mapped_column(sa.Double)
    changed_at: Mapped[int]
    changed_by: Mapped[str]


class Offer(Base):
    """One person's place in one step of a campaign. A "no" is stored as well as a "yes"."""

    __tablename__ = "offers"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "customer_id", "step", "round", "subject"),
        sa.Index("ix_offers_state_due_at", "state", "due_at"),
        sa.Index("ix_offers_customer_id", "customer_id"),
        sa.Index("ix_offers_code", "code"),
        sa.Index("ix_offers_campaign_id_code_checked_at", "campaign_id", "code_checked_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaigns.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"))
    step: Mapped[str]  # "60", "90", "120"; "1h", "24h"
    round: Mapped[int] = mapped_column(default=1)
    subject: Mapped[str] = mapped_column(default="")  # the checkout it is about; "" where it is about the person
    state: Mapped[str]  # planned | held_out | minted | sending | sent | unknown | skipped | failed
    reason: Mapped[str] = mapped_column(default="")  # why not, or what went wrong
    percent: Mapped[int] = mapped_column(default=0)
    code: Mapped[str] = mapped_column(default="")
    code_external_id: Mapped[str] = mapped_column(default="")
    code_expires_at: Mapped[int | None]
    code_state: Mapped[str] = mapped_column(default="")  # in the store: "" as made | used | gone | changed
    code_changes: Mapped[str] = mapped_column(default="")  # what the merchant changed of it, in words
    code_checked_at: Mapped[int | None]  # when the store last said how it stands; None: it told of a change
    anchor_at: Mapped[int]  # the order or checkout it counts from: any later order that is not void stops it
    planned_at: Mapped[int]
    due_at: Mapped[int]
    minted_at: Mapped[int | None]
    decided_at: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    settings_version: Mapped[int] = mapped_column(default=0)


class Touch(Base):
    """One message handed (or being handed) to a channel."""

    __tablename__ = "touches"
    __table_args__ = (sa.UniqueConstraint("offer_id", "channel"), sa.Index("ix_touches_state_claimed_at", "state", "claimed_at"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offers.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    channel: Mapped[str]
    message_id: Mapped[str]
    state: Mapped[str]  # sending | sent | unknown | failed
    problem: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[int]
    settled_at: Mapped[int | None]
