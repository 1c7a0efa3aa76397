"""Secrets at rest: encrypted, and bound to what they belong to so that a ciphertext can't be moved to another row."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from plugin_core.clock import to_us
from plugin_core.errors import SettingsProblem
from plugin_core.stores.models import Account, Store, StoreCredential

_SALT = 24  # bytes
_NONCE = bytes(12)


class Vault:
    """Encrypts with the first key, decrypts with any. Keys are texts of any length; Fernet keys are derived from them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._roots = [hmac.digest(key.encode(), b"comeback bytes", "sha256") for key in keys]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])

    def seal(self, context: str, plaintext: str) -> str:
        """``context`` names the place ("store:12:credentials"); opening it anywhere else fails."""
        return self._fernet.encrypt(f"{context}\0{plaintext}".encode()).decode()

    def open(self, context: str, ciphertext: str) -> str:
        try:
            text = self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken as problem:
            raise _wrong_key() from problem
        found, _, plaintext = text.partition("\0")
        if found != context:
            raise SettingsProblem("A stored secret belongs to another place.", mend="Connect the store again.")
        return plaintext

    def seal_bytes(self, context: str, plaintext: bytes) -> bytes:
        """Like :meth:`seal` for much or many: some microseconds for a few kilobytes, 40 bytes longer than the plain text."""
        salt = os.urandom(_SALT)
        # A key of its own each time: a nonce drawn anew under one key is good for some billion messages only.
        return salt + _cipher(self._roots[0], salt).encrypt(_NONCE, plaintext, context.encode())

    def open_bytes(self, context: str, ciphertext: bytes) -> bytes:
        salt, sealed = ciphertext[:_SALT], ciphertext[_SALT:]
        for root in self._roots:
            try:
                return _cipher(root, salt).decrypt(_NONCE, sealed, context.encode())
            except InvalidTag:
                continue
        raise _wrong_key()


def _cipher(root: bytes, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(root, salt, "sha256"))


def _wrong_key() -> SettingsProblem:
    return SettingsProblem(
        "A stored secret can't be decrypted with the present COMEBACK_SECRET_KEY.",
        mend="Put the former key behind the new one, separated by a comma, or connect the store again.",
    )


def save_credentials(session: Session, vault: Vault, store: Store, credentials: Mapping[str, str], *, now: int) -> None:
    """Also ends whatever refresh of the former ones is under way: its answer will be thrown away."""
    sealed = vault.seal(f"store:{store.id}:credentials", json.dumps(dict(credentials)))
    session.merge(
        StoreCredential(
            store_id=store.id,
            ciphertext=sealed,
            updated_at=now,
            access_expires_at=_moment(credentials.get("access_expires_at")),
            refresh_expires_at=_moment(credentials.get("refresh_expires_at")),
            refreshing_until=None,
            refreshing_by="",
        )
    )


def _moment(iso: str | None) -> int | None:
    return to_us(datetime.fromisoformat(iso)) if iso else None


def load_credentials(session: Session, vault: Vault, store: Store) -> dict[str, str]:
    row = session.get(StoreCredential, store.id)
    if row is None:
        raise SettingsProblem(f"{store.key}: no credentials are stored.", mend="Connect the store again.")
    opened: dict[str, str] = json.loads(vault.open(f"store:{store.id}:credentials", row.ciphertext))
    return opened


def account_secret(vault: Vault, account: Account) -> bytes:
    """The account's own secret: codes and unsubscribe links are derived from it."""
    return vault.open(f"account:{account.key}:secret", account.secret).encode()
