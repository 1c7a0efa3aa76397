"""What an erasure has to bring about outside the tables: asked for here, in its transaction; carried out by a job."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.customers.privacy.traces import Traces
from plugin_core.outbox import queue

PROFILE = "erase_profile"  # remove our tags and fields from an account in the store
CODE = "erase_code"  # delete an unused personal code in the store
MAILS = "forget_mails"  # remove copies of mails
KINDS = (PROFILE, CODE, MAILS)


class Planned(NamedTuple):
    accounts: int
    codes: int
    mails: int


def plan(session: Session, traces: Traces, *, now: int) -> Planned:
    """Nothing is asked of a store that is not connected any more; copies of mails are on this machine."""
    some, family = bulk.listed(session, "bigint"), bulk.values(session, traces.family)
    profiles = bulk.select(
        session,
        f"SELECT a.store_id, a.external_id, w.tags FROM written_states w JOIN store_customers a ON a.id = w.store_customer_id "
        f"JOIN stores s ON s.id = a.store_id "
        f"WHERE a.customer_id IN ({some}) AND a.deleted_at IS NULL AND s.state <> 'disconnected'",
        family,
    )
    codes = bulk.select(
        session,
        f"SELECT c.store_id, o.id, o.code, o.code_external_id, s.key, c.key, o.step, p.key, o.round FROM offers o "
        f"JOIN campaigns c ON c.id = o.campaign_id JOIN customers p ON p.id = o.customer_id "
        f"JOIN stores s ON s.id = c.store_id WHERE o.customer_id IN ({some}) AND o.code <> '' AND s.state <> 'disconnected'",
        family,
    )
    mails = bulk.select(
        session,
        f"SELECT c.store_id, t.message_id FROM touches t JOIN offers o ON o.id = t.offer_id "
        f"JOIN campaigns c ON c.id = o.campaign_id WHERE t.customer_id IN ({some})",
        family,
    )
    for store_id, external_id, tags in profiles:
        payload = {"customer_id": external_id, "tags": json.loads(tags) if isinstance(tags, str) else tags}
        queue.put(session, store_id, PROFILE, external_id, payload, due_at=now, now=now)
    for store_id, offer_id, code, code_id, store_key, campaign, step, customer_key, number in codes:
        reference = f"{store_key}/{campaign}:{step}:{customer_key}:{number}"
        payload = {"code": code, "external_id": code_id, "reference": reference}
        queue.put(session, store_id, CODE, str(offer_id), payload, due_at=now, now=now)
    by_store: dict[int, list[str]] = {}
    for store_id, message_id in mails:
        by_store.setdefault(store_id, []).append(message_id)
    for store_id, ids in by_store.items():
        queue.put(session, store_id, MAILS, str(traces.survivor), {"message_ids": sorted(ids)}, due_at=now, now=now)
    return Planned(len(profiles), len(codes), len(mails))


def waiting(session: Session, store_ids: Sequence[int]) -> int:
    """Effects of erasures that are not carried out yet, those given up included."""
    kinds: tuple[Any, ...] = KINDS
    sql = (
        f"SELECT COUNT(*) FROM outbox WHERE store_id IN ({bulk.listed(session, 'bigint')}) AND kind IN (?, ?, ?) "
        "AND store_id IN (SELECT id FROM stores WHERE state <> 'disconnected' OR kind = ?)"
    )
    return int(bulk.select(session, sql, bulk.values(session, store_ids), *kinds, MAILS)[0][0])
