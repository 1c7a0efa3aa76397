"""By what everybody was last judged: kept with the store, so that new yardsticks need only those whom they move."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from plugin_core.segments import plan as plans
from plugin_core.segments.frame import Frame
from plugin_core.stores.models import Store


def remember(session: Session, store: Store, frame: Frame, *, lowest: float | None = None, highest: float | None = None) -> None:
    """Everybody stands by ``frame`` now. ``lowest`` and ``highest`` bound the store gaps in stored moments and expected gaps."""
    gap = frame.store_gap_days
    judged: dict[str, Any] = {
        "rules": fingerprint(session, frame),
        "r": list(frame.recency_cuts),
        "f": list(frame.frequency_cuts),
        "m": list(frame.monetary_cuts),
        "big": frame.big_spent,
        "lowest": gap if lowest is None else lowest,
        "highest": gap if highest is None else highest,
    }
    if store.rfm_cuts.get("judged") != judged:
        store.rfm_cuts = {**store.rfm_cuts, "judged": judged}
        session.flush()


def fingerprint(session: Session, frame: Frame) -> str:
    """Of all that decides besides people and yardsticks: rules, boundaries, zone."""
    text = repr((plans.kept(session, frame.store_id), frame.boundaries, frame.zone.key))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
