"""What a store owes in points."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.stores.models import Store


class Liability(NamedTuple):
    """All in points. ``available`` and ``pending`` leave out people below zero: nobody's debt pays another's claim."""

    available: int
    pending: int
    people: int  # with points available
    earned: int  # ever, what was clawed back taken off
    expired: int
    redeemed: int


def liability(session: Session, store: Store) -> Liability:
    available, pending, people = bulk.select(
        session,
        "SELECT COALESCE(SUM(CASE WHEN points > 0 THEN points END), 0), "
        "COALESCE(SUM(CASE WHEN points_pending > 0 THEN points_pending END), 0), "
        "COALESCE(SUM(CASE WHEN points > 0 THEN 1 END), 0) FROM customer_stats WHERE store_id = ?",
        store.id,
    )[0]
    by_kind = dict(
        bulk.select(session, "SELECT kind, SUM(points) FROM points_entries WHERE store_id = ? GROUP BY kind", store.id)
    )
    earned = sum(int(by_kind.get(kind, 0)) for kind in ("earn", "adjust", "grant"))
    return Liability(
        int(available), int(pending), int(people), earned, -int(by_kind.get("expire", 0)), -int(by_kind.get("redeem", 0))
    )
