"""What claimed deliveries ask for: translated, filled in from what is stored, and what has to be asked of the store."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jobs.asking import Wanted
from jobs.context import JobContext
from plugin_core import bulk
from plugin_core.deliveries import Amendment, Ignore, Refetch, Repull, Retagged, Step, StoreEvent, Unusable
from plugin_core.errors import ComebackError
from plugin_core.inbox import gaps
from plugin_core.inbox.doubts import doubtful, resource_of
from plugin_core.inbox.queue import Claimed, Failure
from plugin_core.inbox.receive import open_body
from plugin_core.json_text import without_nul
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import Record
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store


@dataclass(slots=True)
class Read:
    """What one delivery asks for."""

    delivery: Claimed
    records: list[Record] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    questions: list[Refetch | Retagged] = field(default_factory=list)
    wanted: set[Wanted] = field(default_factory=set)
    repulls: set[str] = field(default_factory=set)
    events: list[StoreEvent] = field(default_factory=list)
    ignored: str = ""


def translated(context: JobContext, store: Store, claimed: Sequence[Claimed]) -> tuple[list[Read], list[Failure]]:
    with context.database.read() as session:
        settings, _ = store_settings.current(session, store)
    connection = ConnectionInfo(
        store=store.key,
        address=store.address,
        credentials={},
        currency=store.currency,
        zone=store.zone,
        facts=store.facts,
        settings=asdict(settings),
    )
    webhooks = context.platforms[store.platform].webhooks
    works: list[Read] = []
    failures: list[Failure] = []
    for delivery in claimed:
        work = Read(delivery)
        try:
            raw = without_nul(open_body(context.vault, store.id, delivery.body))
            unusable = _noted(work, webhooks.translate(delivery.topic, raw, connection, at=delivery.at))
        except Exception as problem:  # noqa: BLE001 - whatever it is, the others go on and it is kept
            failures.append(failure(delivery, problem))
            continue
        if unusable:
            failures.append(Failure(delivery, unusable, retry=False))
        else:
            works.append(work)
    return works, failures


def _noted(work: Read, steps: Sequence[Step]) -> str:
    """Why nothing can be done with the delivery; "" where something can."""
    unusable = ""
    for step in steps:
        match step:
            case Refetch() | Retagged():
                work.questions.append(step)
            case Amendment():
                work.amendments.append(step)
            case Repull(resource):
                work.repulls.add(resource)
            case StoreEvent():
                work.events.append(step)
            case Ignore(reason):
                work.ignored = reason
            case Unusable(reason):
                unusable = reason
            case _:
                work.records.append(step)
    return unusable


def fill_in(context: JobContext, store: Store, works: Sequence[Read]) -> None:
    """Completes what was told in part, and leaves in ``wanted`` what only the store can say."""
    consents: list[tuple[Read, Record]] = []
    with context.database.read() as session:
        amended = [each.record.external_id for work in works for each in work.amendments]
        kept = gaps.kept(session, store.id, amended) if amended else {}
        for work in works:
            for each in work.amendments:
                stored = kept.get(each.record.external_id)
                if stored is None:
                    work.wanted.add(Wanted("customers", each.record.external_id))
                elif each.only_consents:
                    consents.append((work, gaps.completed(each, stored)))
                else:
                    work.records.append(gaps.completed(each, stored))
        questions = [each for work in works for each in work.questions]
        settled = gaps.settled(session, store.id, questions, [each for work in works for each in work.records])
        for work in works:
            for question in work.questions:
                if question not in settled:
                    _want(context, store, work, question)
        doubts = doubtful(session, store.id, [each for work in works for each in work.records])
    for work in works:
        # Of the same moment with different content: which is newer can't be told, so the store is asked.
        wanted = {Wanted(resource_of(each), each.external_id) for each in work.records} & {Wanted(*each) for each in doubts}
        work.wanted |= wanted
        work.records = [each for each in work.records if Wanted(resource_of(each), each.external_id) not in wanted]
    for work, record in consents:  # they have a time of their own
        work.records.append(record)


def _want(context: JobContext, store: Store, work: Read, question: Refetch | Retagged) -> None:
    if isinstance(question, Retagged):
        work.wanted.add(Wanted("customers", question.external_id))
        return
    work.wanted |= {Wanted(question.resource, each) for each in question.external_ids}
    if question.with_orders:
        work.wanted |= {Wanted("orders", each) for each in _orders_of(context, store, question.external_ids)}


def _orders_of(context: JobContext, store: Store, accounts: Sequence[str]) -> list[str]:
    with context.database.read() as session:
        sql = f"SELECT external_id FROM orders WHERE store_id = ? AND account_external_id IN ({bulk.listed(session, 'text')})"  # noqa: S608
        return [row[0] for row in bulk.select(session, sql, store.id, bulk.values(session, accounts))]


def failure(delivery: Claimed, problem: Exception) -> Failure:
    """Where it happened, and what kind of thing: an exception's own words may quote the body."""
    said = str(problem) if isinstance(problem, ComebackError) else f"It could not be applied ({type(problem).__name__})."
    frames = traceback.extract_tb(problem.__traceback__)
    lines = [f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return Failure(delivery, said, "\n".join([*lines, type(problem).__name__]))
