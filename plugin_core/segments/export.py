"""The port through which a rule is put into a platform's own segment language, condition by condition, with the losses said."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from plugin_core.segments.rules import Leaf, Rule
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


class Terms(NamedTuple):
    """What the words of the other language depend on."""

    currency: str
    tag_prefix: str
    tiers: tuple[str, ...]
    tagged: frozenset[str]  # slugs of the segments that are shown as tags, on everybody in them


class Clause(NamedTuple):
    """One condition: ``query`` with how far it means the same, or the reason why there is none."""

    leaf: Leaf
    query: str = ""
    note: str = ""  # "" the same; "day": whole days instead of moments; "addresses", "consent": what they count differs a little
    reason: str = ""  # "ranking" "rhythm" "refunds" "points" "category" "codes" "birthday" "groups" "average" "basis" "text"


class Expressed(NamedTuple):
    query: str  # "" where a condition has none
    clauses: tuple[Clause, ...]


Express = Callable[[Rule, Terms], Expressed]

# Lifecycle and tier take a place each.
_ROOM_FOR_TAGS = 10


def terms(store: Store, settings: StoreSettings) -> Terms:
    sure = frozenset(settings.tagged_segments[:_ROOM_FOR_TAGS])
    return Terms(store.currency, settings.tag_prefix, tuple(tier.name for tier in settings.tiers), sure)


def tag_of(settings: StoreSettings, slug: str) -> str:
    """The tag that shows the segment in the store; "" where the settings don't ask for one."""
    return settings.tag_prefix + slug.replace("_", "-") if slug in settings.tagged_segments else ""
