"""New yardsticks for a whole store, judging only those whom they may move: the night's work is small when the night's news are.

Right under one condition: whoever's metrics changed since the last judging is named in ``touched`` or was evaluated by id.

A slightly moved store gap moves everybody's next moment a little. Those are not all rewritten: moments up to two days ahead are
made exact each night, later ones stay as they are until their night comes; expected gaps likewise, within one per cent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US
from plugin_core.segments import basis, dialect, source
from plugin_core.segments import plan as plans
from plugin_core.segments.evaluate import Changes, evaluate, judge
from plugin_core.segments.frame import Frame
from plugin_core.segments.rules import leaves, parse
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

AHEAD_US = 2 * DAY_US
DRIFT = 0.01  # of the store gap, since everybody was rewritten


def refresh(
    session: Session, store: Store, settings: StoreSettings, version: int, *, now: int, touched: Sequence[int] = ()
) -> Changes:
    """Recompute the yardsticks and bring everybody up to date: lifecycle, scores, segments as ``evaluate`` of all gives."""
    recompute_yardsticks(session, store, settings, now=now)
    frame = Frame.of(store, settings, now=now)
    judged = store.rfm_cuts.get("judged")
    boundaries = _boundaries(session, frame)
    if not judged or boundaries is None or judged["rules"] != basis.fingerprint(session, frame):
        return evaluate(session, store, settings, version, customer_ids=None, now=now)
    lowest = min(judged["lowest"], frame.store_gap_days)
    highest = max(judged["highest"], frame.store_gap_days)
    if highest - lowest > DRIFT * frame.store_gap_days:
        return evaluate(session, store, settings, version, customer_ids=None, now=now)
    slack = round((highest - lowest) * max(boundaries) * DAY_US) + 1
    params: dict[str, Any] = {"ids": dialect.ids(session, touched), "soon": now + AHEAD_US + slack}
    conditions = ["+k.next_crossing_at <= :soon", *_moved(judged, frame, params)]
    if touched:
        conditions.append("k.customer_id IN ({listed})")
    if highest > lowest:
        params |= {"slack": slack} | {f"edge{index}": boundary * DAY_US for index, boundary in enumerate(boundaries)}
        late = ":now - k.last_visit_at - k.expected_gap_days * :edge{0}"
        conditions += [f"{late.format(index)} BETWEEN -:slack AND :slack" for index in range(len(boundaries))]
    changes = judge(session, frame, version, f"{source.EVERYBODY} AND ({' OR '.join(conditions)})", params)
    basis.remember(session, store, frame, lowest=lowest, highest=highest)
    return changes


def _boundaries(session: Session, frame: Frame) -> list[float] | None:
    """Every lateness at which something flips; None where a rule asks for the expected gap itself."""
    asked = [leaf for kept in plans.kept(session, frame.store_id) for leaf in leaves(parse(json.loads(kept.rule)))]
    if any(leaf.field == "expected_gap_days" for leaf in asked):
        return None
    return sorted({*map(float, frame.boundaries), *(float(leaf.value) for leaf in asked if leaf.field == "lateness")})


def _moved(judged: dict[str, Any], frame: Frame, params: dict[str, Any]) -> list[str]:
    """Conditions for people between an old cut point and the new one: only their scores can differ."""
    conditions = []
    scales = (
        ("last_order_at", judged["r"], frame.recency_cuts),
        ("orders_count", judged["f"], frame.frequency_cuts),
        ("net_spent", judged["m"], frame.monetary_cuts),
        ("net_spent", _open_below(judged["big"]), _open_below(frame.big_spent)),
    )
    for column, before, after in scales:
        if len(before) != len(after):  # the first order of the store came, or its last one went
            conditions.append("k.orders_count > 0")
            continue
        for old, new in zip(before, after, strict=True):
            if old != new:
                name = f"cut{len(params)}"
                params |= {f"{name}a": min(old, new), f"{name}b": max(old, new)}
                conditions.append(f"(k.{column} > :{name}a AND k.{column} <= :{name}b)")
    return conditions


def _open_below(big: int | None) -> list[int]:
    """Big spenders reach the mark itself; a cut point has to be exceeded."""
    return [] if big is None else [big - 1]
