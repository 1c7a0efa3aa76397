"""Guessing made slow: failed tries are counted for an account and for an address on the net, within a quarter of an hour.

A try is counted before the password is looked at, so that many at the same moment get no further than one after another.
The buckets are fixed in number: two accounts may share one, which costs its owner a wait and an attacker the guessing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.errors import TooManyTries

WINDOW_US = 900 * SECOND_US
_BUCKETS = 2**16
_ALLOWED = {"account": 10, "address": 50}  # an office may share one address on the net


def count(session: Session, email: str, address: str, *, now: int) -> None:
    """One more try. TooManyTries where there were too many already: the caller's transaction is to be undone."""
    start = now - WINDOW_US
    for bucket, allowed in _subjects(email, address):
        ((tries, since),) = bulk.select(
            session,
            "INSERT INTO sign_in_tries (bucket, count, since) VALUES (?, 1, ?) ON CONFLICT (bucket) DO UPDATE SET "
            "count = CASE WHEN sign_in_tries.since <= ? THEN 1 ELSE sign_in_tries.count + 1 END, "
            "since = CASE WHEN sign_in_tries.since <= ? THEN excluded.since ELSE sign_in_tries.since END RETURNING count, since",
            *(bucket, now, start, start),
        )
        if tries > allowed:
            raise TooManyTries(
                "There were too many tries to sign in.",
                mend="Wait a quarter of an hour and try again.",
                retry_after=(since + WINDOW_US - now) // SECOND_US + 1,
            )


def forgive(session: Session, email: str) -> None:
    """The password was right, or was set anew. Tries for others from the same address still count."""
    for bucket, _ in _subjects(email, ""):
        bulk.execute(session, "DELETE FROM sign_in_tries WHERE bucket = ?", bucket)


def _subjects(email: str, address: str) -> Sequence[tuple[int, int]]:
    """(bucket, tries allowed); always in the same order, so that two transactions never wait for each other."""
    given = (("account", email), ("address", address))
    return sorted((_bucket(kind, value), _ALLOWED[kind]) for kind, value in given if value)


def _bucket(kind: str, value: str) -> int:
    place = int.from_bytes(hashlib.sha256(f"{kind}:{value}".encode()).digest()[:8], "big") % _BUCKETS
    return place if kind == "account" else _BUCKETS + place


def clear(session: Session, *, now: int) -> int:
    """Forget the tries that no longer count; how many buckets that were."""
    return bulk.execute(session, "DELETE FROM sign_in_tries WHERE since <= ?", now - WINDOW_US)
