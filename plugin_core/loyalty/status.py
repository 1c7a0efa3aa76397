"""What a shopper may see of their own standing in one store."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk


class Status(NamedTuple):
    points: int
    points_pending: int
    tier: str
    referral_code: str


NOTHING = Status(0, 0, "", "")

_SQL = """
    SELECT n.points, n.points_pending, n.tier, r.code FROM stores s
    JOIN store_customers a ON a.store_id = s.id AND a.external_id = ? AND a.deleted_at IS NULL
    JOIN customers c ON c.id = a.customer_id AND c.erased_at IS NULL
    LEFT JOIN customer_stats n ON n.store_id = s.id AND n.customer_id = c.id
    LEFT JOIN referral_codes r ON r.store_id = s.id AND r.customer_id = c.id
    WHERE s.platform = ? AND s.address = ? AND s.state = 'connected'
"""


def of_account(session: Session, platform: str, address: str, external_id: str) -> Status:
    """Of an account of the store at ``address``; nothing where either is not known."""
    for points, pending, tier, code in bulk.select(session, _SQL, external_id, platform, address):
        return Status(points or 0, pending or 0, tier or "", code or "")
    return NOTHING
