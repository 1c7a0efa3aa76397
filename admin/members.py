"""People who sign in by themselves, and what those who come from a store's own admin may do."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desk import Desk
from admin.visitor import OWNER, ROLES
from plugin_core.clock import SECOND_US
from plugin_core.errors import InvalidInput
from plugin_core.stores.models import Account, Store
from plugin_core.team import sessions, users, visitors

COOKIE, STORE_COOKIE = "comeback_session", "comeback_store"
LIFE_S = sessions.LIFE_US // SECOND_US


class Member(NamedTuple):
    id: int
    account_id: int
    name: str
    role: str
    locale: str


def signed_in(desk: Desk, token: str) -> Member | None:
    """None where the session is over. Where the pages are open to all, whoever comes is the owner."""
    now = desk.clock()
    with desk.database.read() as session:
        if desk.open_to_all:
            account = session.scalars(select(Account).order_by(Account.id).limit(1)).first()
            return None if account is None else Member(0, account.id, "", OWNER, "")
        user = sessions.session_user(session, token, now=now) if token else None
        if user is None:
            return None
        member = Member(user.id, user.account_id, user.name or user.email, user.role, user.locale)
        due = sessions.seen_due(user, now=now)
    if due:
        with desk.database.write() as session:
            sessions.note_seen(session, token, now=now)
    return member


def role_of(desk: Desk, session: Session, store: Store, user: str, claimed: str) -> tuple[str, bool]:
    """(role, whether to remember the visit). What an owner here has said counts, but gives no more than the store's admin."""
    said, due = visitors.visitor_role(session, store.id, user, now=desk.clock())
    return max(said, claimed, key=ROLES.index), due


def remember(desk: Desk, store_id: int, user: str, name: str) -> None:
    with desk.database.write() as session:
        visitors.remember_visitor(session, store_id, user, name=name, now=desk.clock())


def sign_in(desk: Desk, email: str, password: str, *, address: str) -> str:
    """The session's token. The hash is worked out between two transactions: it takes a quarter of a second."""
    now = desk.clock()
    with desk.database.write() as session:
        attempt = users.begin_sign_in(session, email, address=address, now=now)
    if attempt.matches(password):
        with desk.database.write() as session:
            found = users.finish_sign_in(session, attempt, now=now)
            if found is not None:
                return found[1]
    raise InvalidInput("E-mail address or password is wrong.", mend="Check both. Ten wrong tries make you wait a while.")


def sign_out(desk: Desk, token: str) -> None:
    if token:
        with desk.database.write() as session:
            sessions.close_session(session, token)
