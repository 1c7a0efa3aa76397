"""Signed-in browsers: a random token each, known here by its hash only; ended by time, by signing out or by an owner."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.team.models import AdminSession, AdminUser

LIFE_US = 30 * DAY_US
IDLE_US = 7 * DAY_US
_NOTED_US = 600 * SECOND_US  # a visit is noted once in so long: reading a page should not write each time


def open_session(session: Session, user: AdminUser, *, now: int) -> str:
    """The token for the browser's cookie."""
    session.execute(delete(AdminSession).where(AdminSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    session.add(AdminSession(token_hash=_hash(token), user_id=user.id, created_at=now, seen_at=now, expires_at=now + LIFE_US))
    user.last_seen_at = now
    session.flush()
    return token


def session_user(session: Session, token: str, *, now: int) -> AdminUser | None:
    """Whose browser this is; None where the session is over, was closed, or the user was disabled. Only reads."""
    row = session.get(AdminSession, _hash(token))
    if row is None or row.expires_at <= now or row.seen_at + IDLE_US <= now:
        return None
    user = session.get_one(AdminUser, row.user_id)
    return user if user.disabled_at is None else None


def seen_due(user: AdminUser, *, now: int) -> bool:
    """Whether :func:`note_seen` is worth a transaction."""
    return user.last_seen_at is None or user.last_seen_at + _NOTED_US <= now


def note_seen(session: Session, token: str, *, now: int) -> None:
    row = session.get(AdminSession, _hash(token))
    if row is not None and now < row.expires_at:
        row.seen_at = max(row.seen_at, now)
        session.get_one(AdminUser, row.user_id).last_seen_at = now


def close_session(session: Session, token: str) -> None:
    session.execute(delete(AdminSession).where(AdminSession.token_hash == _hash(token)))


def close_all(session: Session, user: AdminUser) -> None:
    session.execute(delete(AdminSession).where(AdminSession.user_id == user.id))


def clear(session: Session, *, now: int) -> int:
    """Forget those that are over; how many."""
    over = (AdminSession.expires_at <= now) | (AdminSession.seen_at <= now - IDLE_US)
    return len(list(session.scalars(delete(AdminSession).where(over).returning(AdminSession.token_hash))))


def open_sessions(session: Session, account_id: int, *, now: int) -> dict[int, int]:
    """User -> browsers that are signed in."""
    rows = session.execute(
        select(AdminSession.user_id)
        .join(AdminUser, AdminUser.id == AdminSession.user_id)
        .where(AdminUser.account_id == account_id, AdminSession.expires_at > now, AdminSession.seen_at > now - IDLE_US)
    ).scalars()
    counts: dict[int, int] = {}
    for user_id in rows:
        counts[user_id] = counts.get(user_id, 0) + 1
    return counts


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
