"""What the installation does, as figures by store: sums since the beginning, and what waits now. No names, no addresses."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from jobs.context import JobContext
from plugin_core import bulk
from plugin_core.work.totals import Total, totals

# Counts that tasks return, by what they are to somebody who watches. (metric, help, task or "" for any, counts)
_COUNTERS = (
    ("comeback_writes", "Accounts and consents written to the store", "writeback", ("written", "consent_written")),
    ("comeback_store_calls", "Calls made for writing", "writeback", ("calls", "consent_calls")),
    ("comeback_codes", "Discount codes made or found made", "offers", ("minted", "adopted")),
    ("comeback_mails", "Mails handed over", "offers", ("sent",)),
    ("comeback_deliveries_applied", "Webhook deliveries applied", "inbox", ("applied",)),
    ("comeback_throttled", "Times a store asked us to slow down", "", ("throttled",)),
    ("comeback_lost_events", "Changes that reconciling found and no webhook had told of", "", ("lost",)),
    ("comeback_deletions_found", "Records that reconciling found deleted", "deletions", ("gone",)),
)
_DELIVERIES = "webhook_deliveries w JOIN stores s ON s.id = w.store_id"
_OUTBOX = "outbox w JOIN stores s ON s.id = w.store_id"
# What waits now. (queue, rows by store)
_WAITING = (
    ("outbox", f"{_OUTBOX} WHERE w.state <> 'dead'"),
    ("outbox_dead", f"{_OUTBOX} WHERE w.state = 'dead'"),
    ("inbox", f"{_DELIVERIES} WHERE w.due_at IS NOT NULL"),
    ("inbox_dead", f"{_DELIVERIES} WHERE w.state = 'dead'"),
    ("people", "stale_customers w JOIN stores s ON s.id = w.store_id"),
)


class Figures(Collector):
    """Reads the tables anew at each scrape."""

    def __init__(self, context: JobContext) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        with self._context.database.read() as session:
            rows = totals(session)
            yield from _counters(rows)
            yield from _by_task(rows)
            yield from _records(rows)
            yield from _waiting(session)
            yield from _stores(session)
        nudges = GaugeMetricFamily("comeback_nudges", "Nudges on their way through the queue")
        nudges.add_metric([], self._context.queue.depth())
        yield nudges


def _counters(rows: list[Total]) -> Iterator[Metric]:
    for name, words, task, counts in _COUNTERS:
        family = CounterMetricFamily(name, words, labels=["store"])
        sums: dict[str, int] = {}
        for row in rows:
            if row.what in counts and task in {"", row.task}:
                sums[row.store] = sums.get(row.store, 0) + row.total
        for store, total in sums.items():
            family.add_metric([store], total)
        yield family


def _records(rows: list[Total]) -> Iterator[Metric]:
    family = CounterMetricFamily("comeback_records", "Records read from the store", labels=["store", "resource"])
    for row in rows:
        if row.what.startswith("received_"):
            family.add_metric([row.store, row.what.removeprefix("received_")], row.total)
    yield family


def _by_task(rows: list[Total]) -> Iterator[Metric]:
    held = {(row.store, row.task, row.what): row.total for row in rows}
    durations = SummaryMetricFamily("comeback_task_seconds", "Tasks run and the time they took", labels=["store", "task"])
    failures = CounterMetricFamily(
        "comeback_task_failures", "Tasks that ended early, by error", labels=["store", "task", "error"]
    )
    for (store, task, what), total in held.items():
        if what == "runs":
            seconds = held.get((store, task, "milliseconds"), 0) / 1000
            durations.add_metric([store, task], total, seconds)
        elif what.startswith("error "):
            failures.add_metric([store, task, what.removeprefix("error ")], total)
    yield durations
    yield failures


def _waiting(session: Session) -> Iterator[Metric]:
    family = GaugeMetricFamily("comeback_waiting", "Rows waiting to be worked on, or given up (dead)", labels=["store", "queue"])
    for name, rows in _WAITING:
        for store, count in bulk.select(session, f"SELECT s.key, COUNT(*) FROM {rows} GROUP BY s.key"):  # noqa: S608
            family.add_metric([store, name], count)
    yield family


def _stores(session: Session) -> Iterator[Metric]:
    family = GaugeMetricFamily("comeback_store_connected", "1: the store accepts our access", labels=["store"])
    for key, state in bulk.select(session, "SELECT key, state FROM stores WHERE state <> 'disconnected'"):
        family.add_metric([key], int(state == "connected"))
    yield family
