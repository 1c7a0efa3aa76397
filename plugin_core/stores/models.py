"""Tables of accounts and stores."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class Account(Base):
    """A merchant: owns stores; customers are people of an account."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    secret: Mapped[str]  # encrypted; codes and unsubscribe links are derived from it
    reporting_currency: Mapped[str]
    created_at: Mapped[int]


class Store(Base):
    __tablename__ = "stores"
    __table_args__ = (sa.UniqueConstraint("platform", "address"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)  # what people type: "comeback-demo"
    platform: Mapped[str]
    address: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    zone: Mapped[str]  # IANA
    url: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="connected")  # connected | reconnect | paused | disconnected
    problem: Mapped[str] = mapped_column(default="")  # for people, while state is not connected
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    capabilities: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[list[Any]] = mapped_column(default=list)
    connected_at: Mapped[int]
    first_import_at: Mapped[int | None]  # end of the first whole import
    # Yardsticks of the whole store (domain.md): recomputed nightly and after an import, used for single orders in between.
    store_gap_days: Mapped[float] = mapped_column(sa.Double, default=60.0)
    rfm_cuts: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # {"r": [4 cut points], "f": [...], "m": [...], "big": int | None}
    yardsticks_at: Mapped[int | None]
    yardsticks_due: Mapped[bool] = mapped_column(default=False)


class StoreCredential(Base):
    __tablename__ = "store_credentials"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    ciphertext: Mapped[str]
    updated_at: Mapped[int]
    access_expires_at: Mapped[int | None]  # None: the credentials don't run out
    refresh_expires_at: Mapped[int | None]
    refreshing_until: Mapped[int | None]  # somebody is fetching new ones; after this moment he is taken for dead
    refreshing_by: Mapped[str] = mapped_column(default="")


class InstallState(Base):
    """A connection somebody began: single-use, short-lived, known by hashes only."""

    __tablename__ = "install_states"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    platform: Mapped[str]
    address: Mapped[str]
    ticket_hash: Mapped[str | None] = mapped_column(unique=True)  # of the link the merchant is given
    state_hash: Mapped[str | None] = mapped_column(unique=True)  # of what the store has to bring back
    stage: Mapped[str]  # offered | asked | granted | proving | done | denied | failed
    sealed_keys: Mapped[str] = mapped_column(default="")  # encrypted, between the store's post and the proof
    proving_until: Mapped[int | None]  # somebody is proving the keys
    problem: Mapped[str] = mapped_column(default="")
    actor: Mapped[str]
    store_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)


class StoreSettingsVersion(Base):
    """One saved state of a store's settings; the newest version is in force."""

    __tablename__ = "store_settings"
    __table_args__ = (sa.UniqueConstraint("store_id", "version"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[int]


class SyncCursor(Base):
    __tablename__ = "sync_cursors"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    resource: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[dict[str, Any]]
    finished: Mapped[bool] = mapped_column(default=False)  # the last pull came to its end
    updated_at: Mapped[int]


class Run(Base):
    """A piece of background work people can watch: an import, a sync."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]  # "import" | "sync"
    state: Mapped[str]  # running | done | failed
    stage: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    rejected: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_at: Mapped[int]
    updated_at: Mapped[int]
    finished_at: Mapped[int | None]


class RejectedRecord(Base):
    """A record the adapter could not translate: kept raw and tried again at each sync."""

    __tablename__ = "rejected_records"
    __table_args__ = (sa.UniqueConstraint("store_id", "resource", "external_id", "raw_hash"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    resource: Mapped[str]
    external_id: Mapped[str]
    raw_hash: Mapped[str]
    raw: Mapped[str]  # encrypted: it holds personal data
    reason: Mapped[str]
    first_seen_at: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=1)
    resolved_at: Mapped[int | None]


class AuditEntry(Base):
    __tablename__ = "audit_entries"
    __table_args__ = (sa.Index("ix_audit_entries_account_id_subject", "account_id", "subject"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    store_id: Mapped[int | None]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[int]
