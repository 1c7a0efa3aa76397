"""By what somebody erased is recognised without being known: keyed hashes of their addresses and accounts.

The key lies in the same database: whoever has all of it can try out addresses one by one, but cannot read any.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.privacy.models import ErasedIdentity, ErasureKey
from plugin_core.tables import metadata

_COLUMNS = ("account_id", "digest", "customer_id", "erased_at")
_LENGTH = 32  # hex digits


class Erasure(NamedTuple):
    """One time somebody with this identity was erased."""

    customer_id: int
    erased_at: int
    returned_at: int | None


def account_identity(store_key: str, external_id: str) -> str:
    return f"{store_key}:{external_id}"


def key_of(session: Session, account_id: int) -> bytes | None:
    """None: nobody of this account was ever erased."""
    found = session.get(ErasureKey, account_id)
    return None if found is None else found.secret.encode()


def ensure_key(session: Session, account_id: int) -> bytes:
    found = key_of(session, account_id)
    if found is None:
        found = secrets.token_hex(32).encode()
        session.add(ErasureKey(account_id=account_id, secret=found.decode()))
        session.flush()
    return found


def digest(key: bytes, identity: str) -> str:
    return hmac.digest(key, identity.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:_LENGTH]


def remember(session: Session, account_id: int, customer_id: int, identities: Iterable[str], *, erased_at: int) -> None:
    key = ensure_key(session, account_id)
    rows = [(account_id, digest(key, each), customer_id, erased_at) for each in sorted(set(identities) - {""})]
    bulk.upsert(session, metadata.tables[ErasedIdentity.__tablename__], _COLUMNS, rows, key=_COLUMNS[:3])


def erasures(session: Session, account_id: int, key: bytes, identities: Collection[str]) -> Mapping[str, list[Erasure]]:
    """Identity -> when people with it were erased, oldest first; only those that were."""
    by_digest = {digest(key, each): each for each in identities if each}
    rows = bulk.select(
        session,
        f"SELECT digest, customer_id, erased_at, returned_at FROM erased_identities "
        f"WHERE account_id = ? AND digest IN ({bulk.listed(session, 'text')}) ORDER BY erased_at, customer_id",
        *(account_id, bulk.values(session, by_digest)),
    )
    found: dict[str, list[Erasure]] = {}
    for hashed, customer_id, erased_at, returned_at in rows:
        found.setdefault(by_digest[hashed], []).append(Erasure(customer_id, erased_at, returned_at))
    return found


def came_back(session: Session, customer_id: int, *, at: int) -> None:
    """They said yes again after they were erased: records from then on are about somebody new."""
    bulk.execute(
        session, "UPDATE erased_identities SET returned_at = ? WHERE customer_id = ? AND returned_at IS NULL", at, customer_id
    )
