"""Find the accounts whose store shows something else than it should, and ask for each to be reconciled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.locks import hold_account
from plugin_core.outbox import queue
from plugin_core.outbox.desired import Account, accounts
from plugin_core.platforms import Capability
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

PROFILE = "profile"
CONSENT = "consent"
_BATCH = 5_000


def plan_profiles(
    session: Session, store: Store, settings: StoreSettings, *, customer_ids: Sequence[int] | None, now: int
) -> int:
    """The number of accounts to write; ``customer_ids`` None: the whole store. Equal state asks for nothing.

    What the store refused for good is not asked for again until something else is wanted.
    """
    refused = {
        key: payload if isinstance(payload, str) else json.dumps(payload)
        for key, payload in bulk.select(
            session,
            "SELECT key, payload FROM outbox WHERE store_id = ? AND kind = ? AND state = 'dead'",
            *(store.id, PROFILE),
        )
    }
    planned = 0
    hold_account(session, store.account_id)
    for batch in _batches(session, store, customer_ids):
        items = []
        for account in accounts(session, store, settings, batch):
            if account.differs(settings.tag_prefix):
                payload = {"wanted": _digest(account)}
                if str(account.id) not in refused or json.loads(refused[str(account.id)]) != payload:
                    items.append((str(account.id), payload))
        queue.put_many(session, store.id, PROFILE, items, due_at=now, now=now)
        planned += len(items)
    return planned


def want_consent(session: Session, store: Store, customer_id: int, channel: str, state: str, *, at: int, now: int) -> int:
    """Tell the store, on each of the person's accounts there, what they chose with us; the number of accounts."""
    if Capability.CONSENT not in store.capabilities:
        return 0
    rows = bulk.select(
        session,
        "SELECT id, external_id FROM store_customers WHERE customer_id = ? AND +store_id = ? AND deleted_at IS NULL",
        *(customer_id, store.id),
    )
    items = [(f"{number}:{channel}", {"customer_id": ext, "channel": channel, "state": state, "at": at}) for number, ext in rows]
    queue.put_many(session, store.id, CONSENT, items, due_at=now, now=now)
    return len(items)


def _digest(account: Account) -> str:
    text = json.dumps([dict(account.fields), account.tags], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _batches(session: Session, store: Store, customer_ids: Sequence[int] | None) -> Iterator[list[int]]:
    if customer_ids is not None:
        some = bulk.listed(session, "bigint")
        sql = f"SELECT id FROM store_customers WHERE customer_id IN ({some}) AND +store_id = ? ORDER BY id"
        ids = [row[0] for row in bulk.select(session, sql, bulk.values(session, customer_ids), store.id)]
        for start in range(0, len(ids), _BATCH):
            yield ids[start : start + _BATCH]
        return
    last = ""
    while True:
        rows = bulk.select(
            session,
            "SELECT external_id, id FROM store_customers WHERE store_id = ? AND external_id > ? ORDER BY external_id LIMIT ?",
            *(store.id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1][0]
        yield [row[1] for row in rows]
