"""The rules of a store's programme over time, read from the versions of its settings."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.loyalty.rules import ALWAYS, Rules, of_settings
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings, parse

_OURS = (
    *("earn_rate", "pending_days", "expiry_months"),
    *("tiers", "tier_window_months", "tier_hold_months", "tier_grace_days"),
)


def timeline(session: Session, store: Store, settings: StoreSettings, version: int, *, started_at: int) -> tuple[Rules, ...]:
    """Oldest first and never empty; the first reaches back for ever, the last is ``settings``."""
    rows = bulk.select(
        session,
        "SELECT version, changed_at, body FROM store_settings WHERE store_id = ? AND version <= ? ORDER BY version",
        *(store.id, version),
    )
    found = [(0, ALWAYS, StoreSettings())]
    found += [(number, changed_at, _typed(body)) for number, changed_at, body in rows if number < version]
    saved_at = next((changed_at for number, changed_at, _body in rows if number == version), ALWAYS)
    found.append((version, saved_at, settings))
    in_force: list[Rules] = []
    for number, changed_at, values in found:
        since = ALWAYS if changed_at <= started_at else changed_at
        while in_force and in_force[-1].since >= since:
            in_force.pop()
        in_force.append(of_settings(values, number, store.currency, since))
    return tuple(in_force)


def _typed(body: Any) -> StoreSettings:
    return _from_json(body if isinstance(body, str) else json.dumps(body))


@lru_cache(maxsize=64)
def _from_json(text: str) -> StoreSettings:
    body = json.loads(text)
    return replace(StoreSettings(), **{name: parse(name, body[name]) for name in _OURS if name in body})
