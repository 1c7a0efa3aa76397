"""What is kept no longer than the settings say: store by store, each in a transaction of its own."""

from __future__ import annotations

from collections import Counter

import structlog
from sqlalchemy import select

from jobs.context import JobContext
from plugin_core import retention
from plugin_core.stores.models import Account, Store

_log = structlog.get_logger("jobs.forgetting")


def forget_old(context: JobContext) -> Counter[str]:
    """Repeatable; how many rows of what are gone."""
    with context.database.read() as session:
        stores = list(session.scalars(select(Store.id).order_by(Store.id)))
        accounts = list(session.scalars(select(Account.id).order_by(Account.id)))
    gone: Counter[str] = Counter()
    for store_id in stores:
        with context.database.write() as session:
            store = session.get(Store, store_id)
            if store is not None:
                gone += retention.forget_store(session, store, now=context.clock())
    with context.database.write() as session:
        for account_id in accounts:
            gone["audit"] += retention.forget_account(session, session.get_one(Account, account_id), now=context.clock())
        gone += retention.forget_rest(session, now=context.clock())
    if gone:
        _log.info("kept no longer", **gone)
    return gone
