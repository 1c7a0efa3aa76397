"""Texts written for people to read, where somebody's address or name may have slipped in, and records kept sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers.privacy.traces import Traces
from plugin_core.errors import SettingsProblem
from plugin_core.inbox.models import WebhookDelivery
from plugin_core.inbox.receive import open_body
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import RejectedRecord
from plugin_core.tables import metadata

ERASED = "(erased)"

# Table -> columns of free text or of JSON that anybody may have put anything into.
FREE_TEXTS = {
    "audit_entries": ("subject", "before", "after"),
    "customer_notes": ("text", "author"),
    "install_states": ("problem",),
    "offers": ("reason",),
    "outbox": ("payload", "problem"),
    "privacy_requests": ("outcome",),
    "rejected_records": ("reason",),
    "runs": ("problem", "counts"),
    "store_tasks": ("problem",),
    "stores": ("problem",),
    "touches": ("problem",),
    "webhook_deliveries": ("problem", "trace", "headers"),
    "webhook_secrets": ("problem",),
}


def sweep_texts(session: Session, traces: Traces) -> int:
    """Blank every free text that holds an address, number or full name of theirs; the number of rows."""
    needles = sorted({spelling for needle in traces.needles() for spelling in _spellings(needle)})
    swept = 0
    if not needles:
        return swept
    for name, columns in FREE_TEXTS.items():
        table = metadata.tables[name]
        for column in columns:
            held = sa.func.lower(sa.cast(table.c[column], sa.Text))
            hit = sa.or_(*(held.contains(needle, autoescape=True) for needle in needles))
            blank: Any = {} if isinstance(table.c[column].type, sa.JSON) else ERASED
            result: Any = session.execute(sa.update(table).where(hit).values({column: blank}))
            swept += int(result.rowcount)
    return swept


def remove_sealed(session: Session, vault: Vault, store_ids: Sequence[int], traces: Traces) -> int:
    """Records and deliveries kept as they came that speak of the person; one that can't be opened any more might."""
    accounts = {(each.store_id, each.external_id) for each in traces.accounts}
    removed = 0
    for row in session.scalars(select(RejectedRecord).where(RejectedRecord.store_id.in_(store_ids))):
        named = row.resource == "customers" and (row.store_id, row.external_id) in accounts
        if named or _might(traces, lambda kept: vault.open(f"store:{kept.store_id}:rejected", kept.raw), row):
            session.delete(row)
            removed += 1
    kept = sa.func.length(WebhookDelivery.body) > 0
    named_too = WebhookDelivery.resource_id.in_([external_id for _, external_id in accounts])
    for delivery in session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.store_id.in_(store_ids), sa.or_(kept, named_too))
    ):
        about = (delivery.store_id, delivery.resource_id) in accounts and "customer" in delivery.topic
        if delivery.body and (about or _might(traces, lambda held: _body(vault, held), delivery)):
            delivery.body, delivery.state, delivery.due_at = b"", "ignored", None
            delivery.problem, delivery.trace = "The person it was about has been erased.", ""
            removed += 1
        if about:
            delivery.resource_id = ""
    session.flush()
    return removed


def _might(traces: Traces, read: Callable[[Any], str], row: object) -> bool:
    try:
        return traces.speaks_of(read(row))
    except SettingsProblem:  # the key it was sealed with is gone
        return True


def _body(vault: Vault, delivery: WebhookDelivery) -> str:
    return open_body(vault, delivery.store_id, bytes(delivery.body)).decode("utf-8", "replace")


def _spellings(needle: str) -> set[str]:
    """As LOWER() of either database may leave it (SQLite's knows ASCII only), and as JSON writes it."""
    spelt = (needle, needle.lower(), needle.upper(), needle.title())
    plain = {each.lower() for each in spelt} | {_ascii_lower(each) for each in spelt}
    return plain | {_ascii_lower(json.dumps(each)[1:-1]) for each in (*plain, *spelt)}


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
