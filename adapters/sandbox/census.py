"""How many different people there are, by the e-mail they gave: within a store and over several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unicodedata import normalize

from adapters.sandbox.cents import text


def same(email: str) -> str:
    """Two addresses are one person's when this is equal: outer space, case and composition do not matter."""
    return normalize("NFC", email.strip()).lower()


def spending(rows: Iterable[tuple[str, int | None]]) -> dict[str, dict[str, Any]]:
    """(person, cents or None where the rate isn't known) of each counted order -> what each person ordered and spent."""
    found: dict[str, dict[str, Any]] = {}
    for person, cents in rows:
        row = found.setdefault(person, {"orders": 0, "net_spent": 0, "unknown": 0})
        row["orders"] += 1
        row["net_spent"] += cents or 0
        row["unknown"] += cents is None
    return {person: row | {"net_spent": text(row["net_spent"])} for person, row in sorted(found.items())}


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
