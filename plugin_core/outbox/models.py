"""Tables of outside effects."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class OutboxEntry(Base):
    """One effect to bring about. The same (store, kind, key) again before it is done is the same entry."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "kind", "key"),
        sa.Index("ix_outbox_state_due_at", "state", "due_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    kind: Mapped[str]  # "profile" | "consent"
    key: Mapped[str]  # e.g. the store_customers id
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="pending")  # pending | claimed | dead
    generation: Mapped[int] = mapped_column(default=1)  # rises when asked again: a claim only settles the one it read
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    due_at: Mapped[int]
    claimed_at: Mapped[int | None]
    created_at: Mapped[int]


class WrittenState(Base):
    """What we last wrote to one account in a store: equal to what is wanted means nothing to do."""

    __tablename__ = "written_states"
    store_customer_id: Mapped[int] = mapped_column(sa.ForeignKey("store_customers.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, Any]]
    tags: Mapped[list[Any]]  # ours only
    written_at: Mapped[int]


class JournalEntry(Base):
    """Every write to a store, so that uninstalling can take it back."""

    __tablename__ = "write_journal"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]  # profile | code | consent
    target: Mapped[str]  # external id
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    at: Mapped[int]
