"""Accounts and stores: made, found, disconnected."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, object_session

from plugin_core.errors import InvalidInput, NotFound
from plugin_core.platforms import StoreFacts
from plugin_core.stores.credentials import Vault, save_credentials
from plugin_core.stores.models import Account, AuditEntry, Store, StoreCredential, SyncCursor
from plugin_core.work import standing

DEFAULT_ACCOUNT = "main"
_OF = "of-"  # before a store's key: the account of a merchant who came by themselves
TOTALS_KEPT = "totals_kept"  # in a store's facts: all orders can be seen now, but have not all been taken in yet
SEEN_DAYS = "orders_seen_days"  # in a store's facts: older orders can't be seen; None or missing: all can


def ensure_account(session: Session, vault: Vault, *, currency: str, now: int, key: str = DEFAULT_ACCOUNT) -> Account:
    account = session.scalars(select(Account).where(Account.key == key)).first()
    if account is None:
        sealed = vault.seal(f"account:{key}:secret", secrets.token_hex(32))
        account = Account(key=key, name=key, secret=sealed, reporting_currency=currency, created_at=now)
        session.add(account)
        session.flush()
    account.reporting_currency = account.reporting_currency or currency  # an admin may have been made before any store
    return account


def connect_store(  # noqa: PLR0913 - all that makes a connection, by name
    session: Session,
    vault: Vault,
    *,
    platform: str,
    address: str,
    credentials: Mapping[str, str],
    facts: StoreFacts,
    actor: str,
    now: int,
    by_itself: bool = False,
) -> Store:
    """Make the store, or connect a known one again with new credentials; its data stays.

    ``by_itself``: a new store begins an account of its own, whose people no other store's admin meets.
    """
    store = session.scalars(select(Store).where(Store.platform == platform, Store.address == address)).first()
    if store is not None:
        account = session.get_one(Account, store.account_id)
    else:
        key = _free_key(session, address)
        whose = f"{_OF}{key}" if by_itself else DEFAULT_ACCOUNT
        account = ensure_account(session, vault, currency=facts.currency, now=now, key=whose)
        store = Store(account_id=account.id, key=key, platform=platform, address=address, connected_at=now)
        session.add(store)
    if store.currency and store.currency != facts.currency:
        raise InvalidInput(
            f"{store.key}: the store's currency was {store.currency} and is now {facts.currency}.",
            mend="Money already taken in would change its meaning: disconnect the store with its data and connect it anew.",
        )
    store.state, store.problem, store.connected_at = "connected", "", now
    take_facts(store, facts)
    session.flush()
    save_credentials(session, vault, store, credentials, now=now)
    standing.forgive(session, store.id)
    session.add(
        AuditEntry(
            account_id=account.id,
            store_id=store.id,
            actor=actor,
            action="store.connected",
            subject=store.key,
            before={},
            after={},
            at=now,
        )
    )
    return store


def take_facts(store: Store, facts: StoreFacts) -> None:
    """A store that showed its recent orders only and now shows all: they are taken in from the beginning."""
    former = store.facts or {}
    sees_more = bool(former.get(SEEN_DAYS)) and not facts.details.get(SEEN_DAYS)
    store.name = facts.name
    store.currency = facts.currency
    store.zone = facts.zone
    store.url = facts.url
    store.facts = {**facts.details, **({TOTALS_KEPT: True} if sees_more or former.get(TOTALS_KEPT) else {})}
    store.capabilities = sorted(facts.capabilities)
    store.notes = list(facts.notes)
    session = object_session(store)
    if sees_more and session is not None:
        session.execute(delete(SyncCursor).where(SyncCursor.store_id == store.id, SyncCursor.resource == "orders"))


def disconnect_store(session: Session, store: Store, *, actor: str, now: int) -> None:
    """Forget the credentials and stop all work; the data stays until it is erased."""
    row = session.get(StoreCredential, store.id)
    if row is not None:
        session.delete(row)
    store.state, store.problem = "disconnected", ""
    session.add(
        AuditEntry(
            account_id=store.account_id,
            store_id=store.id,
            actor=actor,
            action="store.disconnected",
            subject=store.key,
            before={},
            after={},
            at=now,
        )
    )


def find_store(session: Session, text: str) -> Store:
    """By key or by address, with or without the scheme and the final slash."""
    wanted = re.sub(r"^https?://", "", text.strip().lower()).rstrip("/")
    places = (wanted, f"{wanted}.myshopify.com", f"https://{wanted}", f"http://{wanted}")
    store = session.scalars(select(Store).where((Store.key == wanted) | func.lower(Store.address).in_(places))).first()
    if store is None:
        keys = ", ".join(session.scalars(select(Store.key).order_by(Store.key))) or "none yet"
        raise NotFound(f"There is no store {text!r}.", mend=f"Connected stores: {keys}.")
    return store


def connected_stores(session: Session) -> list[Store]:
    return list(session.scalars(select(Store).where(Store.state == "connected").order_by(Store.id)))


def _free_key(session: Session, address: str) -> str:
    host = re.sub(r"^https?://", "", address.lower()).removesuffix(".myshopify.com")
    stem = re.sub(r"[^a-z0-9]+", "-", host).strip("-")[:40] or "store"
    taken = set(session.scalars(select(Store.key).where(Store.key.like(f"{stem}%"))))
    return next(key for key in [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))] if key not in taken)
