"""An earlier record arrived later: the person's key becomes the one it would have had from the start."""

from __future__ import annotations

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.identity import Claim


def rekey(session: Session, account_id: int, person: int, old: str, claim: Claim) -> None:
    """Once an offer was drawn by the key it stays for ever. Somebody absorbed who holds the new key gets the old one for it."""
    if bulk.select(session, "SELECT 1 FROM offers WHERE customer_id = ? LIMIT 1", person):
        return
    if claim.key != old:
        holders = bulk.select(
            session, "SELECT id, merged_into FROM customers WHERE account_id = ? AND key = ?", account_id, claim.key
        )
        if holders and _survivor(session, holders[0][0]) != person:
            return
        if holders:
            bulk.execute(session, "UPDATE customers SET key = ? WHERE id = ?", f"{old}-swapped", holders[0][0])
        _rename(session, account_id, person, old, claim.key)
        if holders:
            bulk.execute(session, "UPDATE customers SET key = ? WHERE id = ?", old, holders[0][0])
    bulk.execute(session, "UPDATE customers SET key_since = ?, key_at = ? WHERE id = ?", claim.since, claim.at, person)


def _rename(session: Session, account_id: int, person: int, old: str, new: str) -> None:
    bulk.execute(session, "UPDATE customers SET key = ? WHERE id = ?", new, person)
    for mine, other in (("key_a", "key_b"), ("key_b", "key_a")):
        for (theirs,) in bulk.select(
            session, f"SELECT {other} FROM merge_blocks WHERE account_id = ? AND {mine} = ?", account_id, old
        ):
            key_a, key_b = sorted((new, theirs))
            bulk.execute(
                session,
                f"UPDATE merge_blocks SET key_a = ?, key_b = ? WHERE account_id = ? AND {mine} = ? AND {other} = ?",
                *(key_a, key_b, account_id, old, theirs),
            )


def _survivor(session: Session, person: int) -> int:
    while True:
        (following,) = bulk.select(session, "SELECT merged_into FROM customers WHERE id = ?", person)[0]
        if following is None:
            return person
        person = following
