"""What SQLite and PostgreSQL spell differently in a segment's SQL, and the statements' way to the driver."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from plugin_core.bulk import driver_cursor
from plugin_core.db import is_sqlite

NEVER = 9_223_372_036_854_775_807


@dataclass(frozen=True)
class Dialect:
    name: str
    least: str
    greatest: str
    floor: str  # of a positive double, as a whole number
    ceil: str
    barrier: str  # keeps a subquery from being folded into the outer one, which would work its columns out again and again
    listed: str  # the ids of the parameter :ids
    tags: str
    every: str  # all people of the store; `k` is customer_stats
    id: str  # a column that holds ids

    def late_from(self, boundary: str, sign: str) -> str:
        """SQL for the first microsecond at which lateness is past (or, for ``>=``, at) ``boundary``."""
        past = f"s.gap_us * {boundary}"
        return (
            f"(s.last_visit_at + {self.floor.format(past)} + 1)"
            if sign == ">"
            else f"(s.last_visit_at + {self.ceil.format(past)})"
        )

    @property
    def stage_began(self) -> str:
        stages = ("slipping", "at_risk", "lapsed", "lost")
        cases = " ".join(f"WHEN '{stage}' THEN {self.late_from(f':b{index}', '>')}" for index, stage in enumerate(stages))
        return f"(CASE s.lifecycle {cases} ELSE s.last_visit_at END)"


SQLITE = Dialect(
    name="sqlite",
    least="min",
    greatest="max",
    floor="CAST({0} AS INTEGER)",
    ceil="(CAST({0} AS INTEGER) + (CAST({0} AS INTEGER) < {0}))",
    barrier="LIMIT -1",
    listed="SELECT value FROM json_each(:ids)",
    tags="json_each(sc.tags) AS tag",
    # The plus keeps SQLite off the key: row by row through it takes ten times as long as reading the table as it lies.
    every="+k.store_id = :store",
    id="INTEGER",
)
POSTGRESQL = Dialect(
    name="postgresql",
    least="LEAST",
    greatest="GREATEST",
    floor="CAST(FLOOR({0}) AS BIGINT)",
    ceil="CAST(CEIL({0}) AS BIGINT)",
    barrier="OFFSET 0",
    listed="SELECT unnest(CAST(:ids AS BIGINT[]))",
    tags="json_array_elements_text(sc.tags) AS tag(value)",
    every="k.store_id = :store",
    id="BIGINT",
)


def of(session: Session) -> Dialect:
    return SQLITE if is_sqlite(session) else POSTGRESQL


def ids(session: Session, customer_ids: Sequence[int]) -> Any:
    """The value of :ids."""
    return json.dumps(list(customer_ids)) if is_sqlite(session) else list(customer_ids)


def run(session: Session, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute ``sql`` with its ``:name`` parameters straight on the driver; its rows, if it gives any."""
    spelled, names = _spell(sql, is_sqlite(session))
    cursor = driver_cursor(session)
    cursor.execute(spelled, {name: params[name] for name in names})
    rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
    cursor.close()
    return rows


@lru_cache(maxsize=512)
def _spell(sql: str, sqlite: bool) -> tuple[str, tuple[str, ...]]:  # noqa: FBT001
    names = tuple(sorted(set(re.findall(r":([a-z]\w*)", sql))))
    return (sql if sqlite else re.sub(r":([a-z]\w*)", r"%(\1)s", sql)), names
