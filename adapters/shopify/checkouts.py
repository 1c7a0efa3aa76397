"""Whether Shopify's own reminder covers a checkout already, so that nobody gets two."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from adapters.shopify.ids import gid
from adapters.shopify.transport import AdminTransport
from plugin_core.clock import DAY_US
from plugin_core.errors import Permanent
from plugin_core.records import CheckoutRecord, Record

log = logging.getLogger(__name__)

RECENT_US = 4 * DAY_US  # older checkouts get no reminder of ours, so nobody needs to know
_COVERED = frozenset({"SENT", "SCHEDULED"})
_A_CALL = 10  # as many as the document has places


def with_coverage(transport: AdminTransport, records: Sequence[Record], now_us: int) -> list[Record]:
    open_ones = [
        each.external_id
        for each in records
        if isinstance(each, CheckoutRecord) and each.completed_at is None and each.email and now_us - each.created_at <= RECENT_US
    ]
    covered = set()
    for start in range(0, len(open_ones), _A_CALL):
        covered |= _covered(transport, open_ones[start : start + _A_CALL])
    return [
        each._replace(covered_by_platform=True) if isinstance(each, CheckoutRecord) and each.external_id in covered else each
        for each in records
    ]


def _covered(transport: AdminTransport, external_ids: Sequence[str]) -> set[str]:
    places = [external_ids[min(number, len(external_ids) - 1)] for number in range(_A_CALL)]
    try:
        found = transport.call(
            "abandonments", {f"id{number}": gid("AbandonedCheckout", each) for number, each in enumerate(places)}, repeatable=True
        )
    except Permanent as problem:
        log.warning("%s: Shopify doesn't say whether it sent reminders itself: %s", transport.store, problem.message)
        return set()
    return {each for number, each in enumerate(places) if (found.get(f"c{number}") or {}).get("emailState") in _COVERED}
