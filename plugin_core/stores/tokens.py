"""Credentials that run out: when they are to be renewed, and that only one process renews a store's at a time.

The platform call lies between two transactions. Whoever may make it holds a lease, written into the credentials' own row by an
update that only one can win; the others go on with the old token while it lasts, or wait and read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.stores.credentials import Vault, load_credentials, save_credentials
from plugin_core.stores.models import AuditEntry, Store, StoreCredential

RENEW_BEFORE_US = 120 * SECOND_US
LEASE_US = 90 * SECOND_US  # longer than the adapters' longest attempt with its repetitions
IDLE_US = 7 * DAY_US  # a chain unused for so long is kept alive; chains live for 90 days


class Held(NamedTuple):
    """What is stored, and whether the access token is still good for a call at this moment."""

    credentials: Mapping[str, str]
    fresh: bool  # good for a while
    usable: bool  # good now
    leased: bool  # somebody is renewing


def held(session: Session, vault: Vault, store: Store, *, now: int) -> Held:
    credentials = load_credentials(session, vault, store)
    row = session.get_one(StoreCredential, store.id)
    expires = row.access_expires_at
    return Held(
        credentials,
        fresh=expires is None or expires - now >= RENEW_BEFORE_US,
        usable=expires is None or expires > now,
        leased=row.refreshing_until is not None and row.refreshing_until > now,
    )


def claim(session: Session, store_id: int, *, holder: str, now: int) -> bool:
    """True for exactly one of all who ask at once, until the lease ends."""
    result = session.execute(
        update(StoreCredential)
        .where(
            StoreCredential.store_id == store_id,
            or_(StoreCredential.refreshing_until.is_(None), StoreCredential.refreshing_until <= now),
        )
        .values(refreshing_until=now + LEASE_US, refreshing_by=holder)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return isinstance(result, CursorResult) and result.rowcount == 1


def keep(session: Session, vault: Vault, store: Store, credentials: Mapping[str, str], *, holder: str, now: int) -> bool:
    """Stores both tokens at once. False, and nothing stored, where the lease was lost: somebody else's are newer."""
    row = session.scalars(select(StoreCredential).where(StoreCredential.store_id == store.id).with_for_update()).one_or_none()
    if row is None or row.refreshing_by != holder:
        return False
    save_credentials(session, vault, store, credentials, now=now)
    return True


def release(session: Session, store_id: int, *, holder: str) -> None:
    """After a refresh that brought nothing: the next one may try at once."""
    session.execute(
        update(StoreCredential)
        .where(StoreCredential.store_id == store_id, StoreCredential.refreshing_by == holder)
        .values(refreshing_until=None, refreshing_by="")
    )


def chain_broke(session: Session, store: Store, problem: str, *, now: int) -> None:
    """Only the merchant can mend this: work stops until the app has been opened in the store again."""
    if store.state == "disconnected":
        return
    store.state, store.problem = "reconnect", problem
    session.add(
        AuditEntry(
            account_id=store.account_id, store_id=store.id, actor="platform", action="store.access_lost",
            subject=store.key, before={}, after={}, at=now,
        )
    )  # fmt: skip


def idle_chains(session: Session, *, now: int) -> list[int]:
    """Stores whose refresh token has not been used for a week, and which nobody's work will use by itself."""
    return list(
        session.scalars(
            select(Store.id)
            .join(StoreCredential, StoreCredential.store_id == Store.id)
            .where(
                Store.state.in_(("connected", "paused")),
                StoreCredential.access_expires_at.is_not(None),
                StoreCredential.updated_at <= now - IDLE_US,
            )
            .order_by(Store.id)
        )
    )
