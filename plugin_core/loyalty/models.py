"""Tables of points and tiers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class PointsEntry(Base):
    """One line of the append-only ledger; ``cause`` makes posting it twice impossible."""

    __tablename__ = "points_entries"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "cause"),
        sa.Index("ix_points_entries_customer_id_store_id", "customer_id", "store_id"),
        sa.Index("ix_points_entries_store_id_available_at", "store_id", "available_at"),
        sa.Index("ix_points_entries_order_id", "order_id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"))
    cause: Mapped[str]  # "order:{external id}:earn", "order:{external id}:adjust:{n}", "expiry:{customer key}:{at}"
    kind: Mapped[str]  # earn | adjust | expire | redeem | grant
    points: Mapped[int]  # signed
    order_id: Mapped[int | None] = mapped_column(BigId)
    basis: Mapped[int | None]  # minor units the entry was reckoned on
    rate: Mapped[str | None]  # points for one major unit, decimal text, in force at placed_at
    settings_version: Mapped[int] = mapped_column(default=0)
    happened_at: Mapped[int]
    available_at: Mapped[int]
    posted_at: Mapped[int]


class TierState(Base):
    """A person's standing in a store's programme, and the next moment at which time alone may change it or the points."""

    __tablename__ = "tier_states"
    __table_args__ = (sa.Index("ix_tier_states_store_id_next_check_at", "store_id", "next_check_at"),)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), primary_key=True)
    tier: Mapped[str]
    metric: Mapped[int]  # minor units over the rolling window, as last evaluated
    since: Mapped[int]
    held_until: Mapped[int | None]  # end of hold + grace
    next_check_at: Mapped[int | None]  # points become available or expire, an order leaves the window, a hold ends
    settings_version: Mapped[int] = mapped_column(default=0)


class LoyaltyProgramme(Base):
    """One a store that has a programme: when it went live and which settings the whole store was last settled by."""

    __tablename__ = "loyalty_programmes"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    started_at: Mapped[int]  # the first settling: earlier orders are reckoned by the rules in force then
    settled_version: Mapped[int | None]  # of the settings, when everybody was last settled; None: never yet
