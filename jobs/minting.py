"""Minting: planned offers get their code made in the store."""

from __future__ import annotations

from collections import Counter

import structlog

from jobs.context import JobContext
from plugin_core.clock import SECOND_US
from plugin_core.errors import BadAnswer, OutcomeUnknown, Refused, StoreError, Transient
from plugin_core.offers import minting, retry
from plugin_core.offers.minting import Minting
from plugin_core.platforms import CreatedCode, StoreClient
from plugin_core.stores.credentials import account_secret
from plugin_core.stores.models import Account, Store

log = structlog.get_logger("jobs.minting", stage="minting")

BATCH = 50
# So many failures in a row are the store's, not the offers': the rest waits for the next run.
GIVE_UP_AFTER = 3


def mint_due(context: JobContext, store_id: int) -> Counter[str]:
    """Counts: "minted", "adopted", "deferred", "skipped", "retried", "failed".

    Raises what concerns the whole store (AccessRevoked, MissingScope, WrongAddress, Unsupported); its offers stay planned.
    """
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        secret = account_secret(context.vault, session.get_one(Account, store.account_id))
    counts: Counter[str] = Counter()
    while store.state == "connected" and not context.paused():
        with context.database.write() as session:
            claim = minting.claim(session, store, secret, now=context.clock(), limit=BATCH)
        counts += claim.counts
        if claim.work and not _mint_all(context, store, claim.work, counts):
            break
        if not claim.seen:
            break
    return counts


def _mint_all(context: JobContext, store: Store, work: list[Minting], counts: Counter[str]) -> bool:
    """False: the store is in trouble, or others wait."""
    failures = 0
    with context.client(store) as client:
        for item in work:
            if context.paused():
                return False
            log.info("minting", store=store.key, offer=item.offer_id)
            try:
                created = _create(client, item)
            except Refused as problem:
                failures = 0
                with context.database.write() as session:
                    retry.fail(session, item.offer_id, problem.message, now=context.clock())
                counts["failed"] += 1
                log.warning("code refused", store=store.key, offer=item.offer_id, code=problem.code)
            except (Transient, BadAnswer) as problem:
                failures += 1
                counts["retried" if _later(context, item, problem) else "failed"] += 1
                log.warning("code not made", store=store.key, offer=item.offer_id, problem=type(problem).__name__)
                if failures >= GIVE_UP_AFTER:
                    return False
            else:
                failures = 0
                with context.database.write() as session:
                    recorded = minting.minted(session, store, item, created, now=context.clock())
                if recorded:
                    counts["adopted" if created.adopted else "minted"] += 1
                log.info("minted", store=store.key, offer=item.offer_id, adopted=created.adopted)
    return True


def _create(client: StoreClient, item: Minting) -> CreatedCode:
    try:
        return client.create_code(item.spec)
    except OutcomeUnknown:
        # The code may exist by now: asking again adopts it.
        return client.create_code(item.spec)


def _later(context: JobContext, item: Minting, problem: StoreError) -> bool:
    asked = problem.retry_after if isinstance(problem, Transient) else None
    with context.database.write() as session:
        return retry.again(
            session,
            item.offer_id,
            item.attempts,
            "planned",
            problem.message,
            now=context.clock(),
            at_least=int((asked or 0) * SECOND_US),
        )
