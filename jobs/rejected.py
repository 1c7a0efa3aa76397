"""Records no adapter could translate: kept raw (encrypted), said, and asked for again at each sync."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.context import JobContext
from plugin_core.apply import upsert_many
from plugin_core.customers.privacy.door import names_erased
from plugin_core.platforms import StoreClient
from plugin_core.records import Rejected
from plugin_core.stores import settings as store_settings
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import RejectedRecord, Store


def keep_rejected(session: Session, vault: Vault, store: Store, rejected: Sequence[Rejected], *, now: int) -> None:
    for item in rejected:
        if names_erased(session, store, item):
            continue
        digest = hashlib.blake2b(item.raw.encode(), digest_size=8).hexdigest()
        stored = session.scalars(
            select(RejectedRecord).where(
                RejectedRecord.store_id == store.id,
                RejectedRecord.resource == item.resource,
                RejectedRecord.external_id == item.external_id,
                RejectedRecord.raw_hash == digest,
            )
        ).first()
        if stored is not None:
            stored.attempts += 1
            stored.resolved_at = None
            continue
        session.add(
            RejectedRecord(
                store_id=store.id,
                resource=item.resource,
                external_id=item.external_id,
                raw_hash=digest,
                raw=vault.seal(f"store:{store.id}:rejected", item.raw),
                reason=item.reason,
                attempts=1,
                first_seen_at=now,
            )
        )
        session.flush()


def retry_rejected(context: JobContext, client: StoreClient, store_id: int) -> int:
    """Ask the store once more for each record that is still open; what translates now is taken in and settled."""
    with context.database.read() as session:
        rows = list(
            session.scalars(
                select(RejectedRecord).where(RejectedRecord.store_id == store_id, RejectedRecord.resolved_at.is_(None))
            )
        )
    by_resource: dict[str, set[str]] = {}
    for row in rows:
        if row.external_id:
            by_resource.setdefault(row.resource, set()).add(row.external_id)
    changed = 0
    for resource, ids in by_resource.items():
        chosen = sorted(ids)
        for start in range(0, len(chosen), 100):
            page = client.fetch(resource, chosen[start : start + 100])
            now = context.clock()
            with context.database.write() as session:
                store = session.get_one(Store, store_id)
                settings, _ = store_settings.current(session, store)
                changed += upsert_many(session, store, settings, page.records, now=now).changed
                came = {record.external_id for record in page.records}
                for row in session.scalars(
                    select(RejectedRecord).where(
                        RejectedRecord.store_id == store_id,
                        RejectedRecord.resource == resource,
                        RejectedRecord.external_id.in_(came),
                        RejectedRecord.resolved_at.is_(None),
                    )
                ):
                    row.resolved_at = now
    return changed
