"""Admins of an installation: made, found, given a role, disabled; and the check of a password.

An account that has an owner never loses its last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers.identity import normalise_email
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.stores.allowed import objection
from plugin_core.stores.models import Account, AuditEntry
from plugin_core.team import sessions, throttle
from plugin_core.team.models import AdminUser
from plugin_core.team.passwords import hash_password, matches

ROLES = ("owner", "editor", "viewer")


def create_user(
    session: Session,
    account: Account,
    email: str,
    password: str,
    *,
    name: str = "",
    role: str,
    actor: str,
    now: int,
) -> AdminUser:
    address = normalise_email(email)
    _check(address, role)
    if session.scalars(select(AdminUser.id).where(AdminUser.email == address)).first() is not None:
        raise InvalidInput("Somebody with this e-mail address exists already.", mend="Change their role or password instead.")
    user = AdminUser(
        account_id=account.id,
        email=address,
        name=" ".join(name.split()),
        password_hash=hash_password(password),
        role=role,
        created_at=now,
    )
    session.add(user)
    session.flush()
    _audit(session, user, "team.created", {}, {"role": role}, actor=actor, now=now)
    return user


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in that has been counted. ``matches`` takes a quarter of a second: call it outside a transaction."""

    email: str
    address: str
    user_id: int | None
    password_hash: str

    def matches(self, password: str) -> bool:
        return matches(password, self.password_hash)


def begin_sign_in(session: Session, email: str, *, address: str, now: int) -> Attempt:
    """``address``: where on the net the try comes from. TooManyTries where it may not even be tried."""
    normal = normalise_email(email)
    throttle.count(session, normal, address, now=now)
    user = session.scalars(select(AdminUser).where(AdminUser.email == normal, AdminUser.disabled_at.is_(None))).first()
    return Attempt(normal, address, None if user is None else user.id, "" if user is None else user.password_hash)


def finish_sign_in(session: Session, attempt: Attempt, *, now: int) -> tuple[AdminUser, str] | None:
    """After the password matched: the user and the token of a new session; None where they were changed or disabled meanwhile."""
    user = session.get(AdminUser, attempt.user_id) if attempt.user_id is not None else None
    if user is None or user.disabled_at is not None or user.password_hash != attempt.password_hash:
        return None
    throttle.forgive(session, attempt.email)
    return user, sessions.open_session(session, user, now=now)


def check_password(session: Session, email: str, password: str, *, address: str, now: int) -> AdminUser | None:
    """All at once, in one transaction that lasts as long as the hash takes; a page had better call the parts."""
    attempt = begin_sign_in(session, email, address=address, now=now)
    if not attempt.matches(password) or attempt.user_id is None:
        return None
    throttle.forgive(session, attempt.email)
    return session.get(AdminUser, attempt.user_id)


def users(session: Session, account_id: int) -> list[AdminUser]:
    return list(session.scalars(select(AdminUser).where(AdminUser.account_id == account_id).order_by(AdminUser.id)))


def all_users(session: Session) -> list[AdminUser]:
    """Of every account: for whoever runs the installation."""
    return list(session.scalars(select(AdminUser).order_by(AdminUser.id)))


def user_of(session: Session, account_id: int, user_id: int) -> AdminUser:
    user = session.get(AdminUser, user_id)
    if user is None or user.account_id != account_id:
        raise NotFound("There is no such user.")
    return user


def find_user(session: Session, email: str) -> AdminUser:
    user = session.scalars(select(AdminUser).where(AdminUser.email == normalise_email(email))).first()
    if user is None:
        raise NotFound("There is no user with this e-mail address.", mend="See: comeback admin list")
    return user


def set_role(session: Session, user: AdminUser, role: str, *, actor: str, now: int) -> None:
    _check(user.email, role)
    if role == user.role:
        return
    if role != "owner":
        _keep_an_owner(session, user)
    before, user.role = user.role, role
    _audit(session, user, "team.role", {"role": before}, {"role": role}, actor=actor, now=now)


def set_password(session: Session, user: AdminUser, password: str, *, actor: str, now: int) -> None:
    """Signs them out everywhere."""
    user.password_hash = hash_password(password)
    sessions.close_all(session, user)
    throttle.forgive(session, user.email)
    _audit(session, user, "team.password", {}, {}, actor=actor, now=now)


def set_locale(user: AdminUser, locale: str) -> None:
    if objection("locale", locale):
        raise InvalidInput("There is no such language.", mend=objection("locale", locale))
    user.locale = locale


def disable(session: Session, user: AdminUser, *, actor: str, now: int) -> None:
    """Signs them out everywhere; what they did stays in the audit log."""
    if user.disabled_at is not None:
        return
    _keep_an_owner(session, user)
    user.disabled_at = now
    sessions.close_all(session, user)
    _audit(session, user, "team.disabled", {}, {}, actor=actor, now=now)


def enable(session: Session, user: AdminUser, *, actor: str, now: int) -> None:
    if user.disabled_at is not None:
        user.disabled_at = None
        _audit(session, user, "team.enabled", {}, {}, actor=actor, now=now)


def _keep_an_owner(session: Session, user: AdminUser) -> None:
    """Locks the other owners' rows, so that two owners can't take each other's role away at the same moment."""
    if user.role != "owner" or user.disabled_at is not None:
        return
    owners = session.scalars(
        select(AdminUser.id)
        .where(AdminUser.account_id == user.account_id, AdminUser.role == "owner", AdminUser.disabled_at.is_(None))
        .order_by(AdminUser.id)
        .with_for_update()
    ).all()
    if set(owners) <= {user.id}:
        raise InvalidInput("This is the last owner.", mend="Make somebody else an owner first.")


def _check(email: str, role: str) -> None:
    if not email or objection("sender_email", email):
        raise InvalidInput("This is no e-mail address.", mend="Write it like ada@example.com.")
    if role not in ROLES:
        raise InvalidInput("There is no such role.", mend=f"Choose one of {', '.join(ROLES)}.")


def _audit(
    session: Session, user: AdminUser, action: str, before: dict[str, Any], after: dict[str, Any], *, actor: str, now: int
) -> None:
    session.add(
        AuditEntry(
            account_id=user.account_id,
            store_id=None,
            actor=actor,
            action=action,
            subject=user.email,
            before=before,
            after=after,
            at=now,
        )
    )
    session.flush()
