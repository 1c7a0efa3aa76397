"""The tasks: what can be done for one store, each short, repeatable, and by itself finding out what there is to do.

::

    inbox      what the store told us            -> writeback, offers
    refresh    people whose numbers may move     -> writeback, offers, insights
    writeback  what the store should show
    offers     planned, minted, sent
    sync       what changed over there           -> refresh
    deletions  what is no longer over there      -> refresh
    codes      whether our codes are still what we made
    webhooks   that we are still told (where we have to look after that ourselves)
    privacy    what people asked for about themselves, and what erasing them leaves to do in the store
    uninstall  leaves the store as it was, once somebody has asked for that
    counting   whom a change of settings would move; it only reads, so it waits for nobody
    insights   figures for the pages
    notice     tells the merchant that we are locked out

A task that is asked to pause ends after the step it is at; the rest is asked for again, behind whatever else waits. What a store
has told us is reason enough to ask any task of that turn but ``inbox``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import NamedTuple

from jobs import offers, writeback
from jobs.codes import check_codes
from jobs.context import JobContext
from jobs.counting import count_waiting
from jobs.due import CHECK_EVERY_US, SYNC_EVERY_US, sync_due
from jobs.inbox import apply_batch
from jobs.insights import refresh_insights
from jobs.notice import tell_merchant
from jobs.privacy import answer_requests
from jobs.reconcile import check_deletions
from jobs.refresh import Refreshed, refresh_store, refresh_touched
from jobs.sync import sync_store
from jobs.turns import BOTH, KNOWING, WRITING
from jobs.uninstall import uninstall
from jobs.webhooks import check_webhooks
from plugin_core.clock import SECOND_US
from plugin_core.errors import Refused
from plugin_core.outbox.undo import UNINSTALLING
from plugin_core.stores.models import Store


class Done(NamedTuple):
    counts: Mapping[str, int] = {}
    unfinished: bool = False
    then: tuple[str, ...] = ()  # tasks this one has made work for


class Task(NamedTuple):
    """``every_seconds``: after it was last done the timer asks for it; 0: only where its tables say so."""

    run: Callable[[JobContext, int], Done]
    every_seconds: int
    locked_out: bool = False  # also for stores we have no access to
    turns: tuple[str, ...] = (KNOWING,)  # that have to be ours meanwhile


def _inbox(context: JobContext, store_id: int) -> Done:
    """What follows from a batch is worked out before the next one: somebody else may be writing it to the store by then."""
    counts: Counter[str] = Counter()
    while not context.paused() and (some := apply_batch(context, store_id)) is not None:
        counts += some
        with context.database.read() as session:
            connected = session.get_one(Store, store_id).state == "connected"
        touched = refresh_touched(context, store_id) if connected else Refreshed(0, yardsticks=False, queued=0)
        counts += Counter(people=touched.people, queued=touched.queued)
        if touched.queued:
            context.queue.nudge("writeback", store_id)
    # Whoever came into a segment or has a new moment to be told something: campaigns look at them at once.
    then = (*(("writeback",) if counts["queued"] else ()), *(("offers",) if counts["people"] else ()))
    return Done(counts, unfinished=context.paused(), then=then)


def _refresh(context: JobContext, store_id: int) -> Done:
    refreshed = refresh_store(context, store_id)
    then = (
        *(("writeback",) if refreshed.queued else ()),
        *(("offers",) if refreshed.people else ()),
        *(("insights",) if refreshed.yardsticks else ()),
    )
    return Done({"people": refreshed.people, "queued": refreshed.queued}, then=then)


def _writeback(context: JobContext, store_id: int) -> Done:
    counts: Counter[str] = Counter(asdict(writeback.write_profiles(context, store_id)))
    counts.update({f"consent_{name}": count for name, count in asdict(writeback.write_consents(context, store_id)).items()})
    return Done(counts, unfinished=context.paused())


def _offers(context: JobContext, store_id: int) -> Done:
    counts = offers.plan_offers(context, store_id)
    counts += offers.mint_due(context, store_id)
    counts += offers.send_due(context, store_id)
    return Done(counts, unfinished=context.paused())


def _sync(context: JobContext, store_id: int) -> Done:
    if not sync_due(context, store_id):
        return Done()
    synced = sync_store(context, store_id)
    counts = {f"received_{name}": count for name, count in synced.received.items()}
    counts |= {"changed": synced.changed, "rejected": synced.rejected, "lost": synced.lost}
    return Done(counts, unfinished=synced.unfinished, then=() if synced.unfinished else ("refresh",))


def _deletions(context: JobContext, store_id: int) -> Done:
    counts = check_deletions(context, store_id)
    return Done(counts, then=("refresh",) if counts["changed"] else ())


def _codes(context: JobContext, store_id: int) -> Done:
    return Done(check_codes(context, store_id), unfinished=context.paused())


def _webhooks(context: JobContext, store_id: int) -> Done:
    return Done({"checked": check_webhooks(context, store_id)})


def _privacy(context: JobContext, store_id: int) -> Done:
    counts = answer_requests(context, store_id)
    return Done(counts, unfinished=bool(counts["busy"] + counts["put_off"]))


def _counting(context: JobContext, store_id: int) -> Done:
    return Done({"counted": count_waiting(context, store_id)})


def _uninstall(context: JobContext, store_id: int) -> Done:
    """Only where somebody has begun it; gone on with until nothing of ours is left."""
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
    if store.state != UNINSTALLING:
        return Done()
    report = uninstall(context, store_id, actor="comeback")
    if report.problems:
        raise Refused(report.problems[0], store=store.key, mend=f"{len(report.problems)} things are left; it is tried again.")
    return Done(report.counts)


def _insights(context: JobContext, store_id: int) -> Done:
    return Done({"figures": refresh_insights(context, store_id)})


def _notice(context: JobContext, store_id: int) -> Done:
    return Done({"mails": tell_merchant(context, store_id)})


# Most urgent first.
TASKS: Mapping[str, Task] = {
    "inbox": Task(_inbox, 0, locked_out=True),
    "refresh": Task(_refresh, 60),
    "writeback": Task(_writeback, 0, turns=(WRITING,)),
    "offers": Task(_offers, 60),
    "sync": Task(_sync, SYNC_EVERY_US // SECOND_US),
    "deletions": Task(_deletions, CHECK_EVERY_US // SECOND_US),
    "codes": Task(_codes, CHECK_EVERY_US // SECOND_US),
    "webhooks": Task(_webhooks, 1_800),
    "privacy": Task(_privacy, 300, locked_out=True, turns=BOTH),
    "uninstall": Task(_uninstall, 0, locked_out=True, turns=BOTH),
    "counting": Task(_counting, 0, locked_out=True, turns=()),
    "insights": Task(_insights, 600, turns=()),
    "notice": Task(_notice, 0, locked_out=True),
}
