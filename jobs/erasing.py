"""What an erasure leaves to do outside the tables: our tags and fields and unused codes in the store, copies of mails, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import structlog

from jobs.context import JobContext
from plugin_core.clock import SECOND_US
from plugin_core.customers.privacy import effects
from plugin_core.errors import AccessRevoked, MessageError, MissingScope, Permanent, StoreError, Transient
from plugin_core.outbox import queue
from plugin_core.outbox.desired import FIELDS
from plugin_core.outbox.queue import Claimed
from plugin_core.platforms import CreatedCode, MadeCode, ProfileWrite, StoreClient
from plugin_core.stores.models import Store

BATCH = 500
_LATER_US = 300 * SECOND_US
_REACHABLE = {"connected", "uninstalling"}

_log = structlog.get_logger("jobs.erasing")


def carry_out_effects(context: JobContext, store_id: int) -> Counter[str]:
    """Counts: "mails", "profiles", "codes" done, "dead" given up, "waiting" left. Trouble with the store puts its part off."""
    counts: Counter[str] = Counter()
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
    while claimed := _claim(context, store_id, effects.MAILS):
        _forget_mails(context, claimed, counts)
    if store.state in _REACHABLE:
        for kind, work in ((effects.PROFILE, _erase_profiles), (effects.CODE, _erase_codes)):
            while claimed := _claim(context, store_id, kind):
                try:
                    with context.client(store) as client:
                        work(context, store, client, claimed, counts)
                except StoreError as problem:
                    _put_off(context, store, claimed, problem, counts)
                    break
    with context.database.read() as session:
        counts["waiting"] = effects.waiting(session, [store_id])
    return counts


def discard_files(context: JobContext, store: Store) -> None:
    """Parts of an import that lie on this machine; an import that is not through fetches them again."""
    if store.platform in context.platforms:
        context.platforms[store.platform].discard_files(store.address)


def _claim(context: JobContext, store_id: int, kind: str) -> list[Claimed]:
    with context.database.write() as session:
        return queue.claim(session, store_id, kind, limit=BATCH, now=context.clock())


def _forget_mails(context: JobContext, claimed: Sequence[Claimed], counts: Counter[str]) -> None:
    for one in claimed:
        try:
            context.channel.forget(one.payload["message_ids"])
        except MessageError as problem:
            with context.database.write() as session:
                counts["dead"] += queue.fail(session, [(one, problem.message)], now=context.clock(), retry=True)
            continue
        with context.database.write() as session:
            queue.settle(session, [one], now=context.clock())
        counts["mails"] += len(one.payload["message_ids"])


def _erase_profiles(
    context: JobContext, store: Store, client: StoreClient, claimed: Sequence[Claimed], counts: Counter[str]
) -> None:
    writes = [ProfileWrite(one.payload["customer_id"], dict.fromkeys(FIELDS), (), tuple(one.payload["tags"])) for one in claimed]
    results = client.write_profiles(writes)
    done = [one for one, result in zip(claimed, results, strict=True) if result.ok or result.gone]
    failed = [(one, result) for one, result in zip(claimed, results, strict=True) if not result.ok and not result.gone]
    now = context.clock()
    with context.database.write() as session:
        queue.settle(session, done, now=now)
        for retry in (True, False):
            those = [(one, result.error) for one, result in failed if result.retry is retry]
            counts["dead"] += queue.fail(session, those, now=now, retry=retry)
    counts["profiles"] += len(done)
    _log.info("profiles erased", store=store.key, done=len(done), failed=len(failed))


def _erase_codes(
    context: JobContext, store: Store, client: StoreClient, claimed: Sequence[Claimed], counts: Counter[str]
) -> None:
    """A code that was used is part of an order: the store keeps it."""
    made = [MadeCode(one.payload["code"], one.payload["reference"], one.payload["external_id"]) for one in claimed]
    for one, standing in zip(claimed, client.look_up_codes(made), strict=True):
        if standing.state == "unused":
            client.delete_code(CreatedCode(standing.code.code, standing.code.external_id))
        with context.database.write() as session:
            queue.settle(session, [one], now=context.clock())
        counts["codes"] += standing.state == "unused"
    _log.info("codes erased", store=store.key, seen=len(claimed))


def _put_off(context: JobContext, store: Store, claimed: Sequence[Claimed], problem: StoreError, counts: Counter[str]) -> None:
    now = context.clock()
    with context.database.write() as session:
        if isinstance(problem, Permanent) and not isinstance(problem, AccessRevoked | MissingScope):
            counts["dead"] += queue.fail(session, [(one, str(problem)) for one in claimed], now=now, retry=True)
        else:
            asked = problem.retry_after if isinstance(problem, Transient) else None
            wait = _LATER_US if asked is None else int(asked * SECOND_US)
            queue.postpone(session, claimed, until=now + wait)
    _log.warning("put off", store=store.key, entries=len(claimed), problem=type(problem).__name__)
