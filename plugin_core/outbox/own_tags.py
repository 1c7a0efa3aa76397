"""The tags that could be ours: each prefix there ever was, with each name we ever had a tag for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.segments.lifecycle import STAGES
from plugin_core.stores.models import Store, StoreSettingsVersion
from plugin_core.stores.settings import StoreSettings, as_json


def prefixes(session: Session, store: Store) -> list[str]:
    return sorted({str(body["tag_prefix"]) for body in _ever(session, store) if body.get("tag_prefix")})


def own_tags(session: Session, store: Store) -> tuple[list[str], set[str]]:
    """The prefixes, and the tags in full. Lower-case names with hyphens, as they are written."""
    slugs = bulk.select(session, "SELECT slug FROM segments WHERE store_id = ?", store.id)
    tiers = {str(tier["name"]) for body in _ever(session, store) for tier in body.get("tiers", ())}
    names = {*STAGES, *(row[0] for row in slugs), *(f"tier-{each}" for each in tiers)}
    starts = prefixes(session, store)
    return starts, {start + name.replace("_", "-") for start in starts for name in names}


def _ever(session: Session, store: Store) -> list[dict[str, Any]]:
    bodies = session.scalars(select(StoreSettingsVersion.body).where(StoreSettingsVersion.store_id == store.id))
    return [as_json(StoreSettings()), *bodies]
