"""What deliveries leave open, asked of the store: each record once, however many deliveries are about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.context import JobContext
from jobs.sync import pull_changes
from plugin_core.clock import SECOND_US
from plugin_core.errors import AccessRevoked, StoreError, Transient
from plugin_core.inbox.doubts import resource_of
from plugin_core.platforms import StoreClient
from plugin_core.records import Record, Rejected
from plugin_core.stores.models import Store, SyncCursor

_AT_ONCE = 100
REPULL_EVERY_US = 60 * SECOND_US  # a busy checkout page tells us of every key pressed


class Wanted(NamedTuple):
    resource: str
    external_id: str


@dataclass(slots=True)
class Answers:
    records: dict[Wanted, list[Record]] = field(default_factory=dict)
    rejected: dict[Wanted, list[Rejected]] = field(default_factory=dict)
    problems: dict[Wanted | str, StoreError] = field(default_factory=dict)  # of records, or of a whole resource

    def trouble(self, wanted: Iterable[Wanted], repulls: Iterable[str]) -> StoreError | None:
        return next((self.problems[each] for each in (*wanted, *repulls) if each in self.problems), None)


def ask(context: JobContext, store: Store, wanted: set[Wanted], repulls: set[str]) -> Answers:
    """Never raises StoreError: each question carries its own."""
    answers = Answers()
    if not wanted and not repulls:
        return answers
    by_resource: dict[str, list[str]] = {}
    for each in sorted(wanted):
        by_resource.setdefault(each.resource, []).append(each.external_id)
    chunks = [
        (resource, ids[start : start + _AT_ONCE])
        for resource, ids in by_resource.items()
        for start in range(0, len(ids), _AT_ONCE)
    ]
    try:
        with context.client(store) as client:
            over = _fetch_all(client, chunks, answers)
            for resource in sorted(repulls):
                if over is None:
                    over = _pull(context, client, store, resource, answers)
                else:
                    answers.problems[resource] = over
    except StoreError as problem:  # no client could be had
        answers.problems |= dict.fromkeys((*wanted, *repulls), problem)
    return answers


def _fetch_all(client: StoreClient, chunks: Sequence[tuple[str, list[str]]], answers: Answers) -> StoreError | None:
    """A store that can't be talked to just now is not asked any further."""
    over: StoreError | None = None
    for resource, ids in chunks:
        if over is not None:
            answers.problems |= dict.fromkeys((Wanted(resource, each) for each in ids), over)
            continue
        try:
            page = client.fetch(resource, ids)
        except StoreError as problem:
            answers.problems |= dict.fromkeys((Wanted(resource, each) for each in ids), problem)
            over = problem if isinstance(problem, Transient | AccessRevoked) else None
            continue
        for record in page.records:
            answers.records.setdefault(Wanted(resource_of(record), record.external_id), []).append(record)
        for rejected in page.rejected:
            answers.rejected.setdefault(Wanted(rejected.resource, rejected.external_id), []).append(rejected)
    return over


def _pull(context: JobContext, client: StoreClient, store: Store, resource: str, answers: Answers) -> StoreError | None:
    """Once a minute at most: what comes in between waits for its end together."""
    now = context.clock()
    with context.database.read() as session:
        cursor = session.get(SyncCursor, (store.id, resource))
        last = cursor.updated_at if cursor is not None else 0
    if now - last < REPULL_EVERY_US:
        wait = (last + REPULL_EVERY_US - now) / SECOND_US
        answers.problems[resource] = Transient("It was asked a moment ago.", store=store.key, retry_after=wait)
        return None
    try:
        pull_changes(context, client, store.id, resource)
    except StoreError as problem:
        answers.problems[resource] = problem
        return problem if isinstance(problem, Transient | AccessRevoked) else None
    return None
