"""Finding one person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk


def find_person(session: Session, account_id: int, email: str) -> int | None:
    """The id of the person known by ``email`` (identity form) within the account."""
    rows = bulk.select(
        session, "SELECT customer_id FROM customer_addresses WHERE account_id = ? AND address = ?", account_id, email
    )
    return int(rows[0][0]) if rows else None


def addresses(session: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """Person -> the e-mail address we would write to; "" where none is known."""
    sql = f"SELECT id, email FROM customers WHERE id IN ({bulk.listed(session, 'bigint')})"
    return dict(bulk.select(session, sql, bulk.values(session, customer_ids)))
