"""Our codes looked at in the store, each once a day and whenever the store tells of a change."""

from __future__ import annotations

from collections import Counter

import structlog

from jobs.context import JobContext
from jobs.reconcile import RUNS_A_DAY
from plugin_core.offers import standing
from plugin_core.stores.models import Store

_CHUNK = 100
_MOST = 5_000  # a run; the rest waits for the next

_log = structlog.get_logger("jobs.codes")


def check_codes(context: JobContext, store_id: int) -> Counter[str]:
    """Counts: "checked", "used", "gone", "changed", "restored" codes, offers "failed", "lost" events. Raises StoreError.

    However many are gone at once is believed: a mail held back is a smaller harm than one whose code nobody can use.
    """
    counts: Counter[str] = Counter()
    now = context.clock()
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        codes = standing.due(session, store, now=now, runs_a_day=RUNS_A_DAY, at_least=_CHUNK, limit=_MOST)
    if not codes:
        return counts
    with context.client(store) as client:
        for start in range(0, len(codes), _CHUNK):
            if context.paused():
                break
            some = codes[start : start + _CHUNK]
            looked = list(zip(some, client.look_up_codes([each.code for each in some]), strict=True))
            with context.database.write() as session:
                counts += standing.take_in(session, session.get_one(Store, store_id), looked, now=context.clock())
            counts["checked"] += len(some)
    _log.info("codes looked at", store=store.key, **counts)
    return counts
