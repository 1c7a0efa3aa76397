"""Secrets at rest: encrypted, and bound to what they belong to so that a ciphertext can't be moved to another row."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.orm import Session

from plugin_core.errors import SettingsProblem
from plugin_core.stores.models import Account, Store, StoreCredential


class Vault:
    """Encrypts with the first key, decrypts with any. Keys are texts of any length; Fernet keys are derived from them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])

    def seal(self, context: str, plaintext: str) -> str:
        """``context`` names the place ("store:12:credentials"); opening it anywhere else fails."""
        return self._fernet.encrypt(f"{context}\0{plaintext}".encode()).decode()

    def open(self, context: str, ciphertext: str) -> str:
        try:
            text = self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken as problem:
            raise SettingsProblem(
                "A stored secret can't be decrypted with the present COMEBACK_SECRET_KEY.",
                mend="Put the former key behind the new one, separated by a comma, or connect the store again.",
            ) from problem
        found, _, plaintext = text.partition("\0")
        if found != context:
            raise SettingsProblem("A stored secret belongs to another place.", mend="Connect the store again.")
        return plaintext


def save_credentials(session: Session, vault: Vault, store: Store, credentials: Mapping[str, str], *, now: int) -> None:
    sealed = vault.seal(f"store:{store.id}:credentials", json.dumps(dict(credentials)))
    session.merge(StoreCredential(store_id=store.id, ciphertext=sealed, updated_at=now))


def load_credentials(session: Session, vault: Vault, store: Store) -> dict[str, str]:
    row = session.get(StoreCredential, store.id)
    if row is None:
        raise SettingsProblem(f"{store.key}: no credentials are stored.", mend="Connect the store again.")
    opened: dict[str, str] = json.loads(vault.open(f"store:{store.id}:credentials", row.ciphertext))
    return opened


def account_secret(vault: Vault, account: Account) -> bytes:
    """The account's own secret: codes and unsubscribe links are derived from it."""
    return vault.open(f"account:{account.key}:secret", account.secret).encode()
