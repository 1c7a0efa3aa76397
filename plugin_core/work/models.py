"""Tables of background work: one row a store and task, and sums of what was done."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base


class StoreTask(Base):
    """Where one store stands with one task. What there is to do is told by the tables of the task itself."""

    __tablename__ = "store_tasks"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[int | None]  # wanted while somebody else was busy with the store, or not finished
    not_before: Mapped[int | None]  # it failed, or the store wants to be left alone
    done_at: Mapped[int | None]  # ended well
    attempts: Mapped[int] = mapped_column(default=0)  # that failed since
    problem: Mapped[str] = mapped_column(default="")  # for people


class WorkTotal(Base):
    """Sums since the beginning, over all processes: what the metrics show."""

    __tablename__ = "work_totals"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int]
