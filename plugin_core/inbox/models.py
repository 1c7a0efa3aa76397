"""Tables of inbound deliveries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class WebhookDelivery(Base):
    """One thing a store told us. The body holds personal data: it is encrypted, and gone once the delivery is settled."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "dedupe_key"),
        sa.Index("ix_webhook_deliveries_due", "store_id", "due_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    topic: Mapped[str]
    resource_id: Mapped[str] = mapped_column(default="")
    dedupe_key: Mapped[str | None]  # NULL: never the same as another
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)  # sealed; empty once settled
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    triggered_at: Mapped[int | None]  # by the store's word, not signed
    received_at: Mapped[int]
    state: Mapped[str] = mapped_column(
        default="pending"
    )  # pending | claimed | failed (tried again later) | applied | ignored | dead
    attempts: Mapped[int] = mapped_column(default=0)  # that failed
    problem: Mapped[str] = mapped_column(default="")  # for people, without personal data
    trace: Mapped[str] = mapped_column(default="")  # where it happened; never what was in the body
    due_at: Mapped[int | None]  # NULL once settled; while claimed the end of the lease
    applied_at: Mapped[int | None]


class WebhookCount(Base):
    """How often something happened to deliveries that left no other trace."""

    __tablename__ = "webhook_counts"
    platform: Mapped[str] = mapped_column(primary_key=True)
    store: Mapped[str] = mapped_column(primary_key=True)  # key; "" where none of ours was named
    what: Mapped[str] = mapped_column(primary_key=True)  # "bad signature", "duplicate", "ping" ...
    count: Mapped[int]
    last_at: Mapped[int]


class WebhookSecret(Base):
    """What a store signs with, where each store has its own secret, and how its webhooks stood when last looked at."""

    __tablename__ = "webhook_secrets"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    ciphertext: Mapped[str]  # JSON list, newest first
    checked_at: Mapped[int | None]
    problem: Mapped[str] = mapped_column(default="")  # for people
