"""People who sign in by themselves, and what those who come from a store's admin may do."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desk import Desk
from admin.visitor import OWNER
from plugin_core.errors import InvalidInput
from plugin_core.stores.models import Account, Store

COOKIE, STORE_COOKIE = "comeback_session", "comeback_store"


class Member(NamedTuple):
    id: int
    account_id: int
    name: str
    role: str
    locale: str


def signed_in(desk: Desk, session: Session, token: str) -> Member | None:  # noqa: ARG001
    if desk.open_to_all:
        account = session.scalars(select(Account).order_by(Account.id).limit(1)).first()
        return None if account is None else Member(0, account.id, "", OWNER, "")
    return None


def role_of(session: Session, store: Store, platform: str, user: str, claimed: str, *, now: int) -> str:  # noqa: ARG001
    return claimed


LIFE_S = 30 * 24 * 3600


def sign_in(desk: Desk, email: str, password: str, *, address: str) -> str:  # noqa: ARG001
    raise InvalidInput("x")


def sign_out(desk: Desk, token: str) -> None: ...
