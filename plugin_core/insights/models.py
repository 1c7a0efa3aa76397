"""Tables of figures worked out ahead of time, so that a page reads rows instead of adding up orders."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base


class InsightFigures(Base):
    """One group of a store's figures, as of ``computed_at``."""

    __tablename__ = "insight_figures"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # standing | months | cohorts | results | history
    body: Mapped[dict[str, Any]]
    computed_at: Mapped[int]


class LifecycleDay(Base):
    """How many people stood in each stage on one day."""

    __tablename__ = "lifecycle_days"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)  # in the store's zone, "2026-11-22"
    at: Mapped[int]
    origin: Mapped[str]  # history: worked out from orders afterwards | seen: counted on that day
    people: Mapped[dict[str, Any]]  # stage -> people, prospects left out
