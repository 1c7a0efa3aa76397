"""Table of changes whose effect on everybody is counted in the background, where that takes too long to wait for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class SettingsCount(Base):
    """Figures only, no people; forgotten after a day."""

    __tablename__ = "settings_counts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]  # of the settings in force when it was asked
    change: Mapped[dict[str, Any]]  # setting -> value, as JSON
    asked_at: Mapped[int]
    done_at: Mapped[int | None]
    effect: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problem: Mapped[str] = mapped_column(default="")
