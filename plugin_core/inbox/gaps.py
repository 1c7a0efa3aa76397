"""What deliveries leave out, filled in from what is stored where that is enough; the rest has to be asked of the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.deliveries import Amendment, Refetch, Retagged
from plugin_core.records import CustomerRecord, OrderRecord, Record


class Kept(NamedTuple):
    """What is stored of an account whose own record has come."""

    id: int
    email: str
    tags: tuple[str, ...]
    role: str
    platform_group: str
    created_at: int | None
    modified_at: int


def kept(session: Session, store_id: int, external_ids: Iterable[str]) -> dict[str, Kept]:
    rows = bulk.select(
        session,
        "SELECT external_id, id, email, tags, role, platform_group, created_at, modified_at FROM store_customers "
        f"WHERE store_id = ? AND NOT placeholder AND deleted_at IS NULL AND external_id IN ({bulk.listed(session, 'text')})",
        store_id,
        bulk.values(session, set(external_ids)),
    )
    return {row[0]: Kept(row[1], row[2], _loaded(row[3]), *row[4:]) for row in rows}


def completed(amendment: Amendment, stored: Kept) -> CustomerRecord:
    """A whole record of an account of which only a part was told."""
    record = amendment.record._replace(tags=stored.tags, role=stored.role, platform_group=stored.platform_group)
    if not amendment.only_consents:
        return record
    return record._replace(email=stored.email, created_at=stored.created_at, modified_at=stored.modified_at)


def settled(
    session: Session, store_id: int, questions: Sequence[Refetch | Retagged], records: Iterable[Record]
) -> set[Refetch | Retagged]:
    """Those of ``questions`` that need not be asked: ``records``, or what is stored, give the answer."""
    if not questions:
        return set()
    refunds = [each for each in questions if isinstance(each, Refetch) and each.unless_refund]
    accounts = [each.external_ids for each in questions if isinstance(each, Refetch) and each.unless_known]
    tagged = [each for each in questions if isinstance(each, Retagged)]
    known = kept(session, store_id, [*(one for ids in accounts for one in ids), *(each.external_id for each in tagged)])
    paid_back = _refunds(session, store_id, refunds, records)
    found: set[Refetch | Retagged] = {each for each in refunds if (each.external_ids[0], each.unless_refund) in paid_back}
    found |= {
        each for each in questions if isinstance(each, Refetch) and each.unless_known and known.keys() >= {*each.external_ids}
    }
    if tagged:
        written = _written(session, [one.id for one in known.values()])
        found |= {each for each in tagged if _stands(each, known.get(each.external_id), written)}
    return found


def _stands(told: Retagged, account: Kept | None, written: dict[int, Collection[str]]) -> bool:
    """Whether the tags are here as they were told to be; those that we are just writing count as there."""
    if account is None:
        return False
    if told.added:
        return {*account.tags, *written.get(account.id, ())} >= {*told.tags}
    return not {*account.tags} & {*told.tags}


def _refunds(session: Session, store_id: int, questions: Sequence[Refetch], records: Iterable[Record]) -> set[tuple[str, str]]:
    """(order, refund) known or about to be."""
    if not questions:
        return set()
    coming = {
        (record.external_id, refund.external_id)
        for record in records
        if isinstance(record, OrderRecord)
        for refund in record.refunds
    }
    rows = bulk.select(
        session,
        "SELECT o.external_id, r.external_id FROM orders o JOIN refunds r ON r.order_id = o.id "
        f"WHERE o.store_id = ? AND o.external_id IN ({bulk.listed(session, 'text')})",
        store_id,
        bulk.values(session, {each.external_ids[0] for each in questions}),
    )
    return coming | {(row[0], row[1]) for row in rows}


def _written(session: Session, accounts: Sequence[int]) -> dict[int, Collection[str]]:
    some = bulk.listed(session, "bigint")
    sql = f"SELECT store_customer_id, tags FROM written_states WHERE store_customer_id IN ({some})"
    return {row[0]: _loaded(row[1]) for row in bulk.select(session, sql, bulk.values(session, accounts))}


def _loaded(value: Any) -> tuple[str, ...]:
    return tuple(json.loads(value) if isinstance(value, str) else value)
