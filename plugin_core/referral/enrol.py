"""Every brand advocate gets a referral code of their own, once, and keeps it for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.codes import crockford
from plugin_core.referral.models import ReferralCode
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

ADVOCATES = "brand_advocates"  # the segment
PREFIX = "FRIEND-"
_LENGTH = 8
_COLUMNS = ("store_id", "customer_id", "code", "offered_at")


def enrol(session: Session, store: Store, secret: bytes, *, customer_ids: Sequence[int] | None, now: int) -> list[int]:
    """The customers who got a code now; ``customer_ids`` None: everybody. ``secret`` is the account's.

    Leaving the segment later takes nothing away. Two workers at once: one code a person, the first one stays.
    """
    newcomers = _without_code(session, store, customer_ids)
    if not newcomers:
        return []
    drawn = {key: code_for(secret, store, key) for _customer_id, key in newcomers}
    taken = _taken(session, store, list(drawn.values()))
    rows = []
    for customer_id, key in newcomers:
        code, further = drawn[key], 1
        while code in taken:
            further += 1
            code = code_for(secret, store, key, further)
            taken |= _taken(session, store, [code])
        taken.add(code)
        rows.append((store.id, customer_id, code, now))
    table = metadata.tables[ReferralCode.__tablename__]
    bulk.upsert(session, table, _COLUMNS, rows, key=("store_id", "customer_id"))
    return [customer_id for customer_id, _key in newcomers]


def code_for(secret: bytes, store: Store, customer_key: str, draw: int = 1) -> str:
    """``draw`` beyond 1 only where an earlier one gave somebody else's code (one in 2**40 a pair)."""
    again = f":{draw}" if draw > 1 else ""
    return PREFIX + crockford(secret, f"referral:{store.key}:{customer_key}{again}", _LENGTH)


def _without_code(session: Session, store: Store, customer_ids: Sequence[int] | None) -> list[tuple[int, str]]:
    """By key, so that whoever draws the same code as another does so in the same order each time."""
    chosen: tuple[Any, ...] = () if customer_ids is None else (bulk.values(session, customer_ids),)
    narrowed = "" if customer_ids is None else f"AND s.customer_id IN ({bulk.listed(session, 'bigint')})"
    rows = bulk.select(
        session,
        f"""
        SELECT c.id, c.key FROM customer_stats s JOIN customers c ON c.id = s.customer_id
        JOIN segments g ON g.store_id = s.store_id AND g.slug = ?
        WHERE s.store_id = ? AND (s.segment_bits >> CAST(g.bit AS INTEGER)) & 1 = 1 {narrowed}
        AND c.merged_into IS NULL AND c.erased_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM referral_codes r WHERE r.store_id = s.store_id AND r.customer_id = s.customer_id)
        ORDER BY c.key
        """,
        *(ADVOCATES, store.id, *chosen),
    )
    return [(customer_id, key) for customer_id, key in rows]


def _taken(session: Session, store: Store, codes: list[str]) -> set[str]:
    rows = bulk.select(
        session,
        f"SELECT code FROM referral_codes WHERE store_id = ? AND code IN ({bulk.listed(session, 'text')})",
        *(store.id, bulk.values(session, codes)),
    )
    return {row[0] for row in rows}
