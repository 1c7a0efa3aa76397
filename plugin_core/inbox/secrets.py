"""The secret a store signs its deliveries with, where each store has its own: the present one and the one before."""

from __future__ import annotations

import json
import secrets

from sqlalchemy.orm import Session

from plugin_core.inbox.models import WebhookSecret
from plugin_core.stores.credentials import Vault

_KEPT = 2


def webhook_secrets(session: Session, vault: Vault, store_id: int) -> tuple[str, ...]:
    """Newest first; () where none was ever made."""
    row = session.get(WebhookSecret, store_id)
    return () if row is None else _opened(vault, row)


def ensure_secret(session: Session, vault: Vault, store_id: int) -> str:
    found = webhook_secrets(session, vault, store_id)
    return found[0] if found else rotate_secret(session, vault, store_id)


def rotate_secret(session: Session, vault: Vault, store_id: int) -> str:
    """A new secret; the one before is still accepted. Hexadecimal, since some platforms rewrite ``&`` and ``<``."""
    made = secrets.token_hex(32)
    row = session.get(WebhookSecret, store_id)
    held = () if row is None else _opened(vault, row)
    sealed = vault.seal(_context(store_id), json.dumps([made, *held][:_KEPT]))
    if row is None:
        session.add(WebhookSecret(store_id=store_id, ciphertext=sealed, checked_at=None, problem=""))
    else:
        row.ciphertext = sealed
    session.flush()
    return made


def look_again(session: Session, store_id: int) -> None:
    """The store's webhooks may be gone: they are looked at with the next check, however short ago the last one was."""
    row = session.get(WebhookSecret, store_id)
    if row is not None:
        row.checked_at = None


def _opened(vault: Vault, row: WebhookSecret) -> tuple[str, ...]:
    return tuple(json.loads(vault.open(_context(row.store_id), row.ciphertext)))


def _context(store_id: int) -> str:
    return f"store:{store_id}:webhook secrets"
