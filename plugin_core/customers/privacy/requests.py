"""What people, or the platform for them, asked for: taken down at once, answered by a job, with the day by which it must be done.

::

    open --answered--> done                      data_request: the sealed export waits until it is handed over
    open --erased--> erasing --no trace left outside the tables--> done
    open --the store was installed again--> cancelled
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers.identity import normalise_email
from plugin_core.customers.lookup import find_person
from plugin_core.customers.privacy.effects import MAILS
from plugin_core.customers.privacy.identities import digest, ensure_key
from plugin_core.customers.privacy.models import PrivacyRequest
from plugin_core.errors import InvalidInput
from plugin_core.outbox.models import OutboxEntry
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Store

DEADLINE_US = 30 * DAY_US
KINDS = ("data_request", "redact", "shop_redact")
KEPT_US = 60 * DAY_US  # an export nobody took is removed then


class Subject(NamedTuple):
    """Whom it is about, as the store knows them; any of it may be missing."""

    external_id: str = ""
    email: str = ""
    orders: tuple[str, ...] = ()  # external ids


class Asked(NamedTuple):
    kind: str
    subject: Subject
    at: int  # microseconds UTC, by the word of whoever hands it on
    source: str = "platform"  # or "cli", or "page"


def receive(session: Session, vault: Vault, store: Store, asked: Asked, *, now: int) -> PrivacyRequest:
    """Take a request down. The same one handed on again is the same row."""
    if asked.kind not in KINDS:
        raise InvalidInput(f"{store.key}: there is no privacy request {asked.kind!r}.", mend=f"Kinds: {', '.join(KINDS)}.")
    subject = json.dumps(asked.subject)
    key = ensure_key(session, store.account_id)
    reference = digest(key, json.dumps((store.key, asked.kind, subject, asked.at)))
    known = session.scalar(
        select(PrivacyRequest).where(PrivacyRequest.account_id == store.account_id, PrivacyRequest.reference == reference)
    )
    if known is not None:
        return known
    made = PrivacyRequest(
        account_id=store.account_id,
        reference=reference,
        store_key=store.key,
        kind=asked.kind,
        source=asked.source,
        subject=vault.seal(_subject(store.account_id), subject),
        customer_id=None,
        received_at=now,
        asked_at=asked.at,
        deadline_at=now + DEADLINE_US,
        state="open",
        outcome="",
        result=b"",
        done_at=None,
    )
    session.add(made)
    session.flush()
    return made


def whom(session: Session, vault: Vault, request: PrivacyRequest) -> int | None:
    """The person it is about; None where nobody like that is known."""
    if not request.subject:
        return None
    external_id, email, orders = json.loads(vault.open(_subject(request.account_id), request.subject))
    store = session.scalar(select(Store).where(Store.key == request.store_key))
    if store is None:
        return None
    sql = "SELECT customer_id FROM store_customers WHERE store_id = ? AND external_id = ? AND external_id <> ''"
    rows = bulk.select(session, sql, store.id, external_id)
    if rows:
        return int(rows[0][0])
    found = find_person(session, store.account_id, normalise_email(email)) if email else None
    if found is None and orders:
        some = bulk.listed(session, "text")
        sql = (
            f"SELECT customer_id FROM orders WHERE store_id = ? AND external_id IN ({some}) AND customer_id IS NOT NULL "
            "ORDER BY placed_at DESC, id LIMIT 1"
        )
        rows = bulk.select(session, sql, store.id, bulk.values(session, orders))
        found = int(rows[0][0]) if rows else None
    return found


def keep_result(vault: Vault, request: PrivacyRequest, body: Mapping[str, Any]) -> None:
    text = json.dumps(body, ensure_ascii=False)
    request.result = vault.seal_bytes(_result(request.id), text.encode("utf-8", "replace"))


def result(vault: Vault, request: PrivacyRequest) -> dict[str, Any] | None:
    """The export; None where there is none, or none any more."""
    if not request.result:
        return None
    found: dict[str, Any] = json.loads(vault.open_bytes(_result(request.id), bytes(request.result)))
    return found


def close(request: PrivacyRequest, outcome: str, *, state: str = "done", now: int) -> None:
    """The reference to the person goes as soon as it is of no more use."""
    request.state, request.outcome, request.subject = state, outcome, ""
    request.done_at = None if state == "erasing" else now


def waiting(session: Session, *, store_key: str = "") -> list[PrivacyRequest]:
    """Not done yet; the most urgent first."""
    query = select(PrivacyRequest).where(PrivacyRequest.state.in_(("open", "erasing")))
    if store_key:
        query = query.where(PrivacyRequest.store_key == store_key)
    return list(session.scalars(query.order_by(PrivacyRequest.deadline_at, PrivacyRequest.id)))


def asked_of(session: Session) -> list[Store]:
    """Stores with something to do about it, connected or not."""
    keys = {each.store_key for each in waiting(session)}
    effects = select(OutboxEntry.store_id).where(OutboxEntry.kind == MAILS)
    return list(session.scalars(select(Store).where(Store.key.in_(keys) | Store.id.in_(effects)).order_by(Store.id)))


def listed(session: Session) -> list[PrivacyRequest]:
    return list(session.scalars(select(PrivacyRequest).order_by(PrivacyRequest.deadline_at, PrivacyRequest.id)))


def page(
    session: Session, account_id: int, store_key: str | None, *, before: int | None = None, limit: int = 50
) -> list[PrivacyRequest]:
    """Newest first, those older than request ``before``; of one store, or of the whole account."""
    query = select(PrivacyRequest).where(PrivacyRequest.account_id == account_id)
    if store_key is not None:
        query = query.where(PrivacyRequest.store_key == store_key)
    if before is not None:
        query = query.where(PrivacyRequest.id < before)
    return list(session.scalars(query.order_by(PrivacyRequest.id.desc()).limit(limit)))


def remove_old_results(session: Session, *, now: int) -> int:
    return bulk.execute(
        session,
        "UPDATE privacy_requests SET result = ? WHERE state = 'done' AND done_at < ? AND result <> ?",
        *(b"", now - KEPT_US, b""),
    )


def _subject(account_id: int) -> str:
    return f"account:{account_id}:privacy subject"


def _result(request_id: int) -> str:
    return f"privacy request:{request_id}"
