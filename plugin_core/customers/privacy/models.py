"""Tables of privacy: what people asked for, and the hashes by which somebody erased is not taken in again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class PrivacyRequest(Base):
    """Somebody asked for their data, or to have it erased. Of the person only the sealed reference is kept, while it is open."""

    __tablename__ = "privacy_requests"
    __table_args__ = (sa.UniqueConstraint("account_id", "reference"), sa.Index("ix_privacy_requests_state", "state"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    reference: Mapped[str]  # a keyed hash of what was asked and when: the same request again is the same row
    store_key: Mapped[str]  # stays when the store itself is erased
    kind: Mapped[str]  # data_request | redact | shop_redact
    source: Mapped[str]  # platform | cli | page
    subject: Mapped[str] = mapped_column(default="")  # sealed; "" once it is answered
    customer_id: Mapped[int | None] = mapped_column(BigId)
    received_at: Mapped[int]
    asked_at: Mapped[int]  # by the platform's word
    deadline_at: Mapped[int]
    state: Mapped[str] = mapped_column(default="open")  # open | erasing (traces outside the tables are left) | done | cancelled
    outcome: Mapped[str] = mapped_column(default="")  # for people, without personal data
    result: Mapped[bytes] = mapped_column(sa.LargeBinary, default=b"")  # sealed: the export, until it has been handed over
    done_at: Mapped[int | None]


class ErasureKey(Base):
    """What an account's identities are hashed with."""

    __tablename__ = "erasure_keys"
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    secret: Mapped[str]


class ErasedIdentity(Base):
    """An address or account, as a keyed hash, of somebody who was erased: what comes with it is not taken for theirs again."""

    __tablename__ = "erased_identities"
    __table_args__ = (sa.Index("ix_erased_identities_customer_id", "customer_id"),)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), primary_key=True)
    erased_at: Mapped[int]
    returned_at: Mapped[int | None]  # they opted in anew, later: from then on somebody new
