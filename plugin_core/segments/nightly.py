"""New yardsticks for a whole store, judging only those whom they may move: the night's work is small when the night's news are.

Right under one condition: whoever's metrics changed since the last judging is named in ``touched`` or was evaluated by id.

A slightly moved store gap moves everybody's next moment a little. Those are not all rewritten: moments up to two days ahead are
made exact each night, later ones stay as they are until their night comes; expected gaps likewise, within one per cent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.db import roomy
from plugin_core.segments import basis, moved
from plugin_core.segments import plan as plans
from plugin_core.segments.evaluate import Changes, evaluate, judge
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import Leaf, leaves, parse
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

AHEAD_US = 2 * DAY_US
DRIFT = 0.01  # of the store gap, since everybody was rewritten


def refresh(
    session: Session, store: Store, settings: StoreSettings, version: int, *, now: int, touched: Sequence[int] = ()
) -> Changes:
    """Recompute the yardsticks and bring everybody up to date: lifecycle and segments as ``evaluate`` of all gives."""
    with roomy(session):
        return _refresh(session, store, settings, version, now, touched)


def _refresh(session: Session, store: Store, settings: StoreSettings, version: int, now: int, touched: Sequence[int]) -> Changes:
    recompute_yardsticks(session, store, settings, now=now)
    frame = Frame.of(store, settings, now=now)
    judged = store.rfm_cuts.get("judged")
    asked = _asked(session, frame)
    if (
        not judged
        or judged["rules"] != basis.fingerprint(session, frame)
        or any(leaf.field == "expected_gap_days" for leaf in asked)
        or len(judged["r"]) != len(frame.recency_cuts)  # the store's first order came, or its last one went
    ):
        return evaluate(session, store, settings, version, customer_ids=None, now=now)
    lowest = min(judged["lowest"], frame.store_gap_days)
    highest = max(judged["highest"], frame.store_gap_days)
    if highest - lowest > DRIFT * frame.store_gap_days:
        return evaluate(session, store, settings, version, customer_ids=None, now=now)
    edges = {*map(float, frame.boundaries), *(float(leaf.value) for leaf in asked if leaf.field == "lateness")}
    late = moved.Late(tuple(edges), (highest - lowest) / lowest, AHEAD_US)
    moved.gather(session, frame, list(moved.passed(judged, frame, asked)), late)
    changes = evaluate(session, store, settings, version, customer_ids=touched, now=now)
    soon = {"soon": now + AHEAD_US}
    changes = changes.and_then(judge(session, frame, version, moved.CHOSEN, soon, drifting=True))
    basis.remember(session, store, frame, lowest=lowest, highest=highest)
    return changes


def _asked(session: Session, frame: Frame) -> list[Leaf]:
    """Every condition of the store's rules."""
    return [leaf for kept in plans.kept(session, frame.store_id) for leaf in leaves(parse(json.loads(kept.rule)))]
