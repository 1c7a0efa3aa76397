"""Leaving a store as it was: batch by batch, each noted when it is done, so that whatever is cut off is gone on with.

The order of things: what erasures still wait for, our fields and tags, unused codes, webhooks and definitions; then the
credentials are forgotten. Whoever holds the store's turn does it; nothing else is done for the store meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from jobs.context import JobContext
from jobs.erasing import carry_out_effects
from plugin_core.errors import InvalidInput, Refused, SettingsProblem, StoreError, Transient
from plugin_core.outbox import undo
from plugin_core.platforms import CodeStanding, CreatedCode, MadeCode, StoreClient
from plugin_core.stores.models import Store

BATCH = 1_000  # accounts; enough for a platform's bulk write to pay
CODES = 100

# (what, how many so far, how many in all)
Progress = Callable[[str, int, int], None]

_log = structlog.get_logger("jobs.uninstall")


@dataclass(frozen=True, slots=True)
class Plan:
    """``codes``: how many of ours are unused, used and gone in the store; "unknown" where it could not be asked."""

    store: str
    accounts: int
    tags: int
    codes: Counter[str]
    note: str = ""


@dataclass(slots=True)
class Report:
    counts: Counter[str] = field(default_factory=Counter)  # accounts, gone, codes, codes_kept, codes_gone
    problems: list[str] = field(default_factory=list)  # each about one thing that is still there
    finished: bool = False


class _Told(NamedTuple):
    total: int
    progress: Progress | None
    batch: int


def plan(context: JobContext, store_id: int) -> Plan:
    """Reads only."""
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        traces = undo.traces(session, store)
        made = undo.codes(session, store)
        redeemed = undo.redeemed(session, store)
    standings: Counter[str] = Counter()
    note = ""
    try:
        if made:
            with context.client(store) as client:
                standings = Counter(each.state for some in _chunks(made) for each in _standings(client, some, redeemed))
    except (StoreError, SettingsProblem) as problem:
        standings, note = Counter({"unknown": len(made)}), f"The store could not be asked about its codes: {problem}"
    return Plan(store.key, traces.accounts, traces.tags, standings, note)


def uninstall(context: JobContext, store_id: int, *, actor: str, progress: Progress | None = None, batch: int = BATCH) -> Report:
    """Raises StoreError where the store can't be worked with at all; what was done until then is done.

    Unless everything could be removed the store stays "uninstalling" and keeps its credentials: call it again.
    """
    report = Report()
    with context.database.write() as session:
        store = session.get_one(Store, store_id)
        if store.state == "disconnected":
            raise InvalidInput(
                f"{store.key} is disconnected: nothing can be removed there.", mend="Connect it once more, then uninstall it."
            )
        undo.begin(session, store, actor=actor, now=context.clock())
        traces = undo.traces(session, store)
    left = carry_out_effects(context, store_id)
    if left["waiting"]:
        report.problems.append(f"{left['waiting']} things of people who were erased are still in the store.")
    with context.client(store) as client:
        _remove_profiles(context, store, client, report, _Told(traces.accounts, progress, batch))
        _remove_codes(context, store, client, report, progress)
        path = f"/webhooks/{store.platform}/{store.key}"
        report.problems += client.remove_setup(path)
    _log.info("traces removed", store=store.key, left=len(report.problems), **report.counts)
    if not report.problems:
        with context.database.write() as session:
            undo.finish(session, session.get_one(Store, store_id), actor=actor, now=context.clock())
        report.finished = True
    return report


def _remove_profiles(context: JobContext, store: Store, client: StoreClient, report: Report, told: _Told) -> None:
    after = 0
    while True:
        with context.database.read() as session:
            steps = undo.profiles(session, store, after=after, limit=told.batch)
        if not steps:
            return
        after = steps[-1].account_id
        results = client.write_profiles([step.write for step in steps])
        done = []
        for step, result in zip(steps, results, strict=True):
            if result.ok or result.gone:
                done.append(step)
                report.counts["gone" if result.gone else "accounts"] += 1
            else:
                report.problems.append(f"Customer {step.write.customer_id}: {result.error}")
        with context.database.write() as session:
            undo.undone(session, session.get_one(Store, store.id), done, now=context.clock())
        if told.progress:
            told.progress("accounts", report.counts["accounts"] + report.counts["gone"], told.total)


def _remove_codes(context: JobContext, store: Store, client: StoreClient, report: Report, progress: Progress | None) -> None:
    with context.database.read() as session:
        made = undo.codes(session, store)
        redeemed = undo.redeemed(session, store)
    for number, some in enumerate(_chunks(made)):
        removed = []
        for standing in _standings(client, some, redeemed):
            if standing.state == "used":
                report.counts["codes_kept"] += 1
            elif standing.state == "gone":
                report.counts["codes_gone"] += 1
                removed.append(standing.code)
            elif _deleted(client, standing.code, report):
                report.counts["codes"] += 1
                removed.append(standing.code)
        with context.database.write() as session:
            undo.codes_undone(session, session.get_one(Store, store.id), removed, now=context.clock())
        if progress:
            progress("codes", number * CODES + len(some), len(made))


def _deleted(client: StoreClient, code: MadeCode, report: Report) -> bool:
    try:
        client.delete_code(CreatedCode(code.code, code.external_id))
    except (Refused, Transient) as problem:
        report.problems.append(f"Code {code.code}: {problem.message}")
        return False
    return True


def _standings(client: StoreClient, codes: Sequence[MadeCode], redeemed: set[str]) -> Iterator[CodeStanding]:
    """Stores count a use a little late: an order that we know counts, too."""
    for standing in client.look_up_codes(codes):
        used = standing.state == "unused" and standing.code.code.upper() in redeemed
        yield standing._replace(state="used") if used else standing


def _chunks(codes: Sequence[MadeCode]) -> Iterator[Sequence[MadeCode]]:
    for start in range(0, len(codes), CODES):
        yield codes[start : start + CODES]
