"""Tables of segments and membership."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class Segment(Base):
    __tablename__ = "segments"
    __table_args__ = (sa.UniqueConstraint("store_id", "slug"), sa.UniqueConstraint("store_id", "bit"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    slug: Mapped[str]  # "brand_advocates"
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    rule: Mapped[dict[str, Any]]  # the AST as JSON
    stock: Mapped[bool] = mapped_column(default=False)
    # 0..61 within the store; its place in CustomerStats.segment_bits. None: removed, and nobody carries its bit any more.
    bit: Mapped[int | None] = mapped_column(sa.SmallInteger)
    rule_changed_at: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)  # of name, description and rule; see SegmentVersion
    archived_at: Mapped[int | None]


class SegmentVersion(Base):
    """One saved state of a merchant's own segment: what undo goes back to. A stock segment has none."""

    __tablename__ = "segment_versions"
    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    rule: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[int]


class Membership(Base):
    """One stay in a segment; ``left_at`` is None while it lasts."""

    __tablename__ = "memberships"
    __table_args__ = (
        sa.Index("ix_memberships_segment_id_left_at", "segment_id", "left_at"),
        sa.Index("ix_memberships_customer_id_segment_id", "customer_id", "segment_id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    segment_id: Mapped[int] = mapped_column(sa.ForeignKey("segments.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"))
    entered_at: Mapped[int]
    left_at: Mapped[int | None]
    settings_version: Mapped[int] = mapped_column(default=0)
