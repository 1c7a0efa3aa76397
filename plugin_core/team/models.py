"""Tables of the people who run a shop: admins of this installation, their sessions, and visitors from a store's own admin."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class AdminUser(Base):
    """Somebody who signs in with an e-mail address and a password. The address is the installation's: one person, one account."""

    __tablename__ = "admin_users"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)  # in identity form
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    role: Mapped[str]  # owner | editor | viewer
    locale: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[int]
    disabled_at: Mapped[int | None]
    last_seen_at: Mapped[int | None]


class AdminSession(Base):
    """One browser that is signed in: the token itself is known to that browser alone."""

    __tablename__ = "admin_sessions"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("admin_users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int]
    seen_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)


class SignInTries(Base):
    """Tries to sign in that came to nothing, counted in a fixed number of buckets so that no flood of them fills the database."""

    __tablename__ = "sign_in_tries"
    bucket: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    count: Mapped[int]
    since: Mapped[int]


class EmbeddedVisitor(Base):
    """Somebody who came through a store's own admin, remembered so that an owner can say what they may do."""

    __tablename__ = "embedded_visitors"
    __table_args__ = (sa.UniqueConstraint("store_id", "platform_user"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"))
    platform_user: Mapped[str]  # the platform's own id of the user
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    first_seen_at: Mapped[int]
    last_seen_at: Mapped[int]
