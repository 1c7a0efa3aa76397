"""Tables of referral codes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class ReferralCode(Base):
    """An advocate's own code; once given it stays theirs."""

    __tablename__ = "referral_codes"
    __table_args__ = (sa.UniqueConstraint("store_id", "code"), sa.UniqueConstraint("store_id", "customer_id"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"))
    code: Mapped[str]
    offered_at: Mapped[int]
