"""Judging people: RFM, lifecycle, segments and the next moment to look again, for one person or a whole store.

One scan works out what is due and keeps only what differs from what is stored; only that is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from plugin_core.db import roomy
from plugin_core.segments import basis, dialect, source
from plugin_core.segments import plan as plans
from plugin_core.segments.frame import Frame
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


@dataclass(frozen=True, slots=True)
class Changes:
    """``customer_ids``: those whose lifecycle, scores or segments changed. ``entered`` and ``left``: people per segment slug."""

    customer_ids: list[int] = field(default_factory=list)
    entered: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    written: int = 0

    def and_then(self, later: Changes) -> Changes:
        """Both together; somebody may have moved twice."""
        return Changes(
            sorted({*self.customer_ids, *later.customer_ids}),
            dict(Counter(self.entered) + Counter(later.entered)),
            dict(Counter(self.left) + Counter(later.left)),
            self.written + later.written,
        )


def evaluate(
    session: Session, store: Store, settings: StoreSettings, version: int, *, customer_ids: Sequence[int] | None, now: int
) -> Changes:
    """Bring these people (None: everybody) up to date with the store's stored yardsticks. Equal state writes nothing."""
    if customer_ids is not None and not customer_ids:
        return Changes()
    if store.yardsticks_at is None:
        recompute_yardsticks(session, store, settings, now=now)
    frame = Frame.of(store, settings, now=now)
    if customer_ids is not None:
        return judge(session, frame, version, source.LISTED, {"ids": dialect.ids(session, customer_ids)})
    with roomy(session):
        changes = judge(session, frame, version, source.EVERYBODY, {})
    dialect.run(session, _RELEASE, {"store": store.id})
    basis.remember(session, store, frame)
    return changes


def judge(
    session: Session, frame: Frame, version: int, scope: str, chosen: Mapping[str, Any], *, drifting: bool = False
) -> Changes:
    """Bring the people in ``scope`` (a condition on customer_stats ``k``; its parameters are ``chosen``) up to date.

    ``drifting``: see ``Plan.find``.
    """
    segments = plans.kept(session, frame.store_id)
    plan = plans.plan(session, segments, frame)
    params = source.bound(frame, plan.params) | {"version": version, **chosen}
    dialect.run(session, plans.CREATE.format(id=plan.dialect.id), {})
    dialect.run(session, "DELETE FROM segment_changes", {})
    dialect.run(session, plan.find(scope, drifting=drifting), params)
    combinations = dialect.run(session, "SELECT old_bits, bits, COUNT(*) FROM segment_changes GROUP BY old_bits, bits", {})
    if not combinations:
        return Changes()
    if plan.dialect is dialect.POSTGRESQL:
        # A temporary table has no statistics of its own: a single changed person must not lead to a scan of all.
        dialect.run(session, "ANALYZE segment_changes", {})
    changes = Changes(written=sum(count for _, _, count in combinations))
    changes.customer_ids.extend(row[0] for row in dialect.run(session, _VISIBLE, {}))
    dialect.run(session, plans.WRITE_MANY if changes.written > plans.MANY else plans.WRITE, params)
    dialect.run(session, "DELETE FROM segment_changes WHERE bits = old_bits", {})
    for segment in segments:
        mask = 1 << segment.bit
        mine = params | {"segment": segment.id, "mask": mask}
        if left := sum(count for old, new, count in combinations if old & mask and not new & mask):
            changes.left[segment.slug] = left
            dialect.run(session, plan.ceased(segment.id), mine)
            dialect.run(session, plans.LEAVE_NOW, mine)
        if entered := sum(count for old, new, count in combinations if new & mask and not old & mask):
            changes.entered[segment.slug] = entered
            dialect.run(session, plan.began(segment.id), mine)
            dialect.run(session, plans.ENTER_NOW, mine)
    session.expire_all()
    return changes


_VISIBLE = "SELECT customer_id FROM segment_changes WHERE bits <> old_bits OR lifecycle <> old_lifecycle ORDER BY customer_id"
# A removed segment that nobody is in any more gives its bit back.
_RELEASE = """UPDATE segments SET bit = NULL WHERE store_id = :store AND archived_at IS NOT NULL AND bit IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.segment_id = segments.id AND m.left_at IS NULL)"""
