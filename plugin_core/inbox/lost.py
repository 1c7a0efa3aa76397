"""What a reconciliation found changed and no delivery had announced: events that webhooks lost."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import SECOND_US
from plugin_core.known import known
from plugin_core.records import CheckoutRecord, Deletion, Record

# A delivery may be on its way for so long before it counts as lost, and may have come so long before the change it tells of.
ON_ITS_WAY_US = 120 * SECOND_US
_EARLY_US = 300 * SECOND_US


def lost(session: Session, store_id: int, resource: str, records: Sequence[Record], *, now: int) -> int:
    """How many of ``records``, not taken in yet, are news that should have been told. 0 for a store that tells us nothing."""
    told_at_all = bulk.select(session, "SELECT MIN(received_at) FROM webhook_deliveries WHERE store_id = ?", store_id)[0][0]
    if told_at_all is None:
        return 0
    moments = {
        record.external_id: record.at if isinstance(record, Deletion) else record.modified_at
        for record in records
        if not isinstance(record, CheckoutRecord)  # not every platform tells of checkouts
    }
    stored = known(session, store_id, resource, list(moments))
    gone = {record.external_id for record in records if isinstance(record, Deletion)}
    news = [
        (each, at)
        for each, at in moments.items()
        if told_at_all <= at <= now - (0 if each in gone else ON_ITS_WAY_US)
        and (each in stored if each in gone else stored.get(each, (-1, ""))[0] < at)
    ]
    if not news:
        return 0
    sql = (
        "SELECT resource_id, MAX(received_at) FROM webhook_deliveries "
        f"WHERE store_id = ? AND resource_id IN ({bulk.listed(session, 'text')}) GROUP BY resource_id"
    )
    told = dict(bulk.select(session, sql, store_id, bulk.values(session, [each for each, _ in news])))
    # When a deletion happened is not known: any word of it in the last days will do, its own record ended there.
    return sum(1 for each, at in news if told.get(each, 0) < at - _EARLY_US and not (each in gone and each in told))
