"""How many people a rule would find, before it is saved: exactly, or at once from a sample with its margin.

The sample is drawn by person, the same for a store each time, so that the figure moves with the rule and not with the dice. Each
id from the store's first one on is as likely as any other; those that belong to nobody of the store count as misses.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.segments import compile as compiler
from plugin_core.segments import dialect, source
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import Rule
from plugin_core.segments.terms import Build
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

DRAWN = 10_000
SMALL = 15_000  # ids: counted exactly at once
SAMPLES = 5
_Z = 1.959964  # 95 %


class Count(NamedTuple):
    """``people`` lies between ``low`` and ``high`` with 95 % certainty; all three are equal where it was counted."""

    people: int
    low: int
    high: int
    exact: bool
    sample: tuple[int, ...]  # customer ids

    @property
    def margin(self) -> int:
        return max(self.high - self.people, self.people - self.low)


def exact(session: Session, store: Store, rule: Rule, *, now: int) -> Count:
    """By looking at everybody, once."""
    truth, people, params = _compiled(session, store, rule, source.EVERYBODY, now)
    sql = (
        f"WITH found AS (SELECT s.customer_id FROM ({people}) AS s WHERE {truth}) "
        "SELECT (SELECT COUNT(*) FROM found), shown.customer_id FROM (SELECT 1 AS one) AS always "
        f"LEFT JOIN (SELECT customer_id FROM found ORDER BY customer_id LIMIT {SAMPLES}) AS shown ON 1 = 1"
    )
    rows = dialect.run(session, sql, params)
    count = int(rows[0][0])
    return Count(count, count, count, True, tuple(row[1] for row in rows if row[1] is not None))


def quick(session: Session, store: Store, rule: Rule, *, now: int) -> Count:
    """Within a moment, whatever the size of the store: exact where it is small."""
    first, last = _range(session, store)
    spread = _rounded_up(last - first + 1)
    if spread <= SMALL:
        return exact(session, store, rule, now=now)
    truth, people, params = _compiled(session, store, rule, source.LISTED, now)
    drawn = _draw(store.id, first, spread)
    params["ids"] = dialect.ids(session, drawn)
    rows = dialect.run(session, f"SELECT s.customer_id FROM ({people}) AS s WHERE {truth} ORDER BY s.customer_id", params)
    hits = len(rows)
    low, high = _interval(hits, len(drawn))
    return Count(
        round(hits * spread / len(drawn)),
        max(math.floor(low * spread), hits),
        math.ceil(high * spread),
        False,
        tuple(row[0] for row in rows[:SAMPLES]),
    )


def _compiled(session: Session, store: Store, rule: Rule, scope: str, now: int) -> tuple[str, str, dict[str, object]]:
    settings, _ = store_settings.current(session, store)
    frame = Frame.of(store, settings, now=now)
    spelling = dialect.of(session)
    build = Build(spelling)
    truth = compiler.truth(build, rule)
    return truth, source.people(spelling, scope, truth), source.bound(frame, build.params)


def _range(session: Session, store: Store) -> tuple[int, int]:
    """The store's first and last customer id; (0, -1) without people."""
    ((first, last),) = bulk.select(
        session,
        "SELECT (SELECT MIN(customer_id) FROM customer_stats WHERE store_id = ?), "
        "(SELECT MAX(customer_id) FROM customer_stats WHERE store_id = ?)",
        *(store.id, store.id),
    )
    return (0, -1) if first is None else (int(first), int(last))


def _rounded_up(number: int) -> int:
    """To two digits: a few more people must not draw another sample."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // unit) * unit


@lru_cache(maxsize=32)
def _draw(store_id: int, first: int, spread: int) -> tuple[int, ...]:
    dice = random.Random(store_id)  # noqa: S311 - a sample, not a secret
    return tuple(sorted(dice.sample(range(first, first + spread), DRAWN)))


def _interval(hits: int, drawn: int) -> tuple[float, float]:
    """Wilson's, for a share."""
    share, z2 = hits / drawn, _Z * _Z
    middle = share + z2 / (2 * drawn)
    half = _Z * math.sqrt(share * (1 - share) / drawn + z2 / (4 * drawn * drawn))
    return max(0.0, (middle - half) / (1 + z2 / drawn)), min(1.0, (middle + half) / (1 + z2 / drawn))
