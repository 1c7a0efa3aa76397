"""What the store should show of each account: the same on every platform, worked out from the present state of the core.

Every account of the store is written, people without an order included (they are prospects on the first tier): a merchant who
filters by a field of ours must not find people without it. Guests have no account and are not written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.platforms import Capability
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

MOST_TAGS = 12  # of ours a person
FIELDS = ("points", "tier", "referral_code", "segments", "lifecycle")

Fields = Mapping[str, str | int | None]


class Account(NamedTuple):
    """One account: how it should look, and how we last left it."""

    id: int  # store_customers.id
    external_id: str
    fields: Fields  # None: the field should not be there
    tags: tuple[str, ...]  # ours, most important first
    store_tags: tuple[str, ...]  # all that the store showed last, the merchant's too
    written_fields: Fields | None  # None: never written
    written_tags: tuple[str, ...]

    def differs(self, prefix: str) -> bool:
        return self.fields != self.written_fields or set(self.tags) != set(self.written_tags) or bool(self.to_remove(prefix))

    def to_add(self) -> tuple[str, ...]:
        there = set(self.written_tags) & set(self.store_tags)
        return tuple(tag for tag in self.tags if tag not in there)

    def to_remove(self, prefix: str) -> tuple[str, ...]:
        """Ours by what we wrote, or by its prefix; never the merchant's."""
        prefixed = (tag for tag in self.store_tags if prefix and tag.startswith(prefix))
        ours = {*self.written_tags, *prefixed}
        return tuple(sorted(ours - set(self.tags)))


def accounts(session: Session, store: Store, settings: StoreSettings, account_ids: Sequence[int]) -> list[Account]:
    """Those among ``account_ids`` that are there to be written: known, not deleted, not erased; in order of id."""
    rows = bulk.select(
        session,
        f"""
        SELECT a.id, a.external_id, a.tags, COALESCE(s.points, 0), COALESCE(s.tier, ''), COALESCE(s.segment_bits, 0),
            COALESCE(s.lifecycle, 'prospect'), r.code, w.fields, w.tags
        FROM store_customers a JOIN customers c ON c.id = a.customer_id
        LEFT JOIN customer_stats s ON s.store_id = a.store_id AND s.customer_id = a.customer_id
        LEFT JOIN referral_codes r ON r.store_id = a.store_id AND r.customer_id = a.customer_id
        LEFT JOIN written_states w ON w.store_customer_id = a.id
        WHERE a.id IN ({bulk.listed(session, "bigint")}) AND +a.store_id = ?
        AND NOT a.placeholder AND a.deleted_at IS NULL AND c.erased_at IS NULL ORDER BY a.id
        """,
        *(bulk.values(session, account_ids), store.id),
    )
    slugs = dict(bulk.select(session, "SELECT bit, slug FROM segments WHERE store_id = ? AND archived_at IS NULL", store.id))
    with_tags = Capability.CUSTOMER_TAGS in store.capabilities
    found = []
    for number, external_id, store_tags, points, tier, bits, lifecycle, code, fields, tags in rows:
        inside = {slug for bit, slug in slugs.items() if bits >> bit & 1}
        wanted = {
            "points": points,
            "tier": tier or None,
            "referral_code": code,
            "segments": ",".join(sorted(inside)) or None,
            "lifecycle": lifecycle,
        }
        shown = tags_for(settings, lifecycle, tier, inside) if with_tags else ()
        present = tuple(_loaded(store_tags)) if with_tags else ()
        written = () if tags is None else tuple(_loaded(tags))
        found.append(Account(number, external_id, wanted, shown, present, None if fields is None else _loaded(fields), written))
    return found


def tags_for(settings: StoreSettings, lifecycle: str, tier: str, segments: set[str]) -> tuple[str, ...]:
    """Lifecycle and tier first: they are one each. Then the merchant's chosen segments in the merchant's order."""
    names = [lifecycle, *([f"tier-{tier}"] if tier else []), *(slug for slug in settings.tagged_segments if slug in segments)]
    # A comma would part a tag in two; settings refuse it, but once they did not.
    tags = dict.fromkeys(settings.tag_prefix + name.replace("_", "-").replace(",", " ") for name in names)
    return tuple(tags)[:MOST_TAGS]


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
