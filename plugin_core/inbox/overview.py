"""How a store's deliveries stand, for people: what waits, what failed and why, what was turned away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.stores.models import Store


class Trouble(NamedTuple):
    id: int
    topic: str
    state: str  # failed | dead
    attempts: int
    problem: str


def states(session: Session, store_id: int) -> dict[str, int]:
    """State -> deliveries; one being worked on counts as pending."""
    sql = (
        "SELECT CASE WHEN state = 'claimed' THEN 'pending' ELSE state END AS shown, COUNT(*) "
        "FROM webhook_deliveries WHERE store_id = ? GROUP BY shown ORDER BY shown"
    )
    return dict(bulk.select(session, sql, store_id))


def troubles(session: Session, store_id: int, *, limit: int = 20) -> list[Trouble]:
    sql = (
        "SELECT id, topic, state, attempts, problem FROM webhook_deliveries "
        "WHERE store_id = ? AND state IN ('failed', 'dead') ORDER BY id LIMIT ?"
    )
    return [Trouble(*row) for row in bulk.select(session, sql, store_id, limit)]


def counts(session: Session, store: str = "") -> dict[str, int]:
    """What happened to a store's deliveries that left no other trace: "bad signature", "ping" ... -> times."""
    sql = "SELECT what, SUM(count) FROM webhook_counts WHERE store = ? GROUP BY what ORDER BY what"
    return {what: int(count) for what, count in bulk.select(session, sql, store)}


def needs(session: Session, store: Store) -> Iterator[str]:
    """What somebody has to look at, in words."""
    found = states(session, store.id)
    mend = f"After mending: comeback replay {store.key}"
    for state, words in (("dead", "were given up"), ("failed", "could not be applied yet and are tried again")):
        if found.get(state):
            first = next(one for one in troubles(session, store.id, limit=1_000) if one.state == state)
            more = f" {mend}" if state == "dead" else ""
            yield f"{found[state]} webhook deliveries {words}. The first ({first.id}, {first.topic}): {first.problem}{more}"
    rows = bulk.select(session, "SELECT problem FROM webhook_secrets WHERE store_id = ? AND problem <> ''", store.id)
    yield from (row[0] for row in rows)
