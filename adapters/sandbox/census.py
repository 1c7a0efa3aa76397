"""How many different people there are, by the e-mail they gave: within a store and over several."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import normalize


def same(email: str) -> str:
    """Two addresses are one person's when this is equal: outer space, case and composition do not matter."""
    return normalize("NFC", email.strip()).lower()


def people(*stores: Iterable[tuple[str, str | None]]) -> int:
    """``stores``: for each its (account, e-mail) pairs, guests with the account ''. Accounts without an address count each."""
    addresses: set[str] = set()
    nameless = 0
    for pairs in stores:
        for account, email in pairs:
            if email:
                addresses.add(same(email))
            elif account:
                nameless += 1
    return len(addresses) + nameless
