"""People and a moment to judge rules by without a database."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US
from plugin_core.segments.facts import Facts, Purchase
from plugin_core.segments.frame import Frame

NOW = 1_795_348_800 * 1_000_000
FRAME = Frame(
    now=NOW,
    store_id=1,
    account_id=1,
    zone=ZoneInfo("Europe/Istanbul"),
    currency="EUR",
    store_gap_days=60.0,
    boundaries=(1.0, 2.0, 3.0, 6.0),
    recency_cuts=(NOW - 400 * DAY_US, NOW - 200 * DAY_US, NOW - 100 * DAY_US, NOW - 10 * DAY_US),
    frequency_cuts=(1, 2, 3, 5),
    monetary_cuts=(1_000, 5_000, 10_000, 50_000),
    big_spent=40_000,
)
FACTS = (
    Facts(),
    *(
        Facts(
            orders_count=count,
            priced_orders=count,
            net_spent=count * 5_000,
            received=count * 5_000,
            first_order_at=NOW - 300 * DAY_US,
            last_order_at=NOW - days * DAY_US,
            visits=count,
            last_visit_at=NOW - days * DAY_US,
            own_gap_days=30.0 if count > 1 else None,
            tags=frozenset({"vip"} if count > 2 else ()),
            purchases=tuple(Purchase(NOW - days * DAY_US, frozenset({"tea"}), frozenset({"drinks"})) for _ in range(count)),
        )
        for count in (1, 2, 5)
        for days in (1, 60, 90, 365)
    ),
)
