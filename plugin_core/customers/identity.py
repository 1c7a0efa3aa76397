"""Addresses in identity form, and the stable key of a person."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import NamedTuple

# Known so far only by an order that named the account: whatever comes later gives the key.
PROVISIONAL = 2**62


def normalise_email(text: str) -> str:
    """Identity form: stripped, Unicode NFC, lower case; "" where there is none. Dots and +tags are kept."""
    folded = text.strip().lower() if text.isascii() else unicodedata.normalize("NFC", text.strip()).lower()
    return folded if "@" in folded else ""


def customer_key(account_key: str, identity: str) -> str:
    """The person's stable text: ``{account}:{first identity}`` hashed (SHA-256, 16 hex)."""
    return hashlib.sha256(f"{account_key}:{identity}".encode()).hexdigest()[:16]


class Claim(NamedTuple):
    """A record that could give a person's key. The smallest does: the same one whatever the order of arrival."""

    since: int  # when the account was made or the order placed; PROVISIONAL where only an order named the account
    at: int  # as of which change of the record
    key: str
