"""A change of settings played through on copies, the way saving it and running what is due would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.loyalty.settle import settle
from plugin_core.orders import stale, stats
from plugin_core.rehearsal.shadows import Shadows, shadowed
from plugin_core.segments.evaluate import evaluate
from plugin_core.segments.yardsticks import recompute_yardsticks
from plugin_core.settings_effects import FIGURES, LOYALTY, work_out_again
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

_OF_STORE = ("store_settings", "segments", "loyalty_programmes", "outbox")
_BEGUN_EMPTY = ("audit_entries", "stale_customers", "memberships")


@dataclass
class Stage:
    """``play`` a group of people; then the copy of customer_stats holds them as they would be, ``real`` has them as they are."""

    session: Session
    store: Store
    after: StoreSettings
    version: int
    changed: frozenset[str]
    now: int
    shadows: Shadows
    _began: bool = field(default=False, init=False)
    _values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Everybody's purchase figures are others, and with them the yardsticks: people can only be played all at once."""
        return bool(self.changed & FIGURES)

    def play(self, people: Sequence[int], before: Callable[[], None] = lambda: None) -> None:
        """``before`` is called when their copies are there and the settings are still the old ones (for the first group only)."""
        chosen = bulk.values(self.session, people)
        mine = f"store_id = ? AND customer_id IN ({bulk.listed(self.session, 'bigint')})"
        self.shadows.cast("customer_stats", mine, self.store.id, chosen)
        settles = bool(self.changed & (LOYALTY | FIGURES))
        if settles:
            for table in ("tier_states", "points_entries"):
                self.shadows.cast(table, mine, self.store.id, chosen)
        if "exchange_rates" in self.changed:
            self.shadows.cast("orders", "store_id = ?", self.store.id)
        if not self._began:
            before()
            self._begin()
        if self.whole:
            self._figures()
        if settles:
            settle(self.session, self.store, self.after, self.version, customer_ids=None, now=self.now)
        evaluate(self.session, self.store, self.after, self.version, customer_ids=None, now=self.now)

    def _begin(self) -> None:
        store_settings.change(self.session, self.store, self._values, actor="", now=self.now)
        self._began = True

    def _figures(self) -> None:
        work_out_again(self.session, self.store, self.changed)
        while chosen := stale.listed(self.session, self.store.id, 20_000):
            stats.recompute(self.session, self.store, self.after, chosen)
            stale.clear(self.session, self.store.id, chosen)
        recompute_yardsticks(self.session, self.store, self.after, now=self.now)


@contextmanager
def stage(session: Session, store: Store, values: Mapping[str, Any], *, now: int) -> Iterator[Stage]:
    """InvalidInput where a value can't be used."""
    before, version = store_settings.current(session, store)
    after = store_settings.candidate(before, values)
    changed = frozenset(store_settings.differing(before, after))
    with shadowed(session) as shadows:
        shadows.cast("stores", "id = ?", store.id)
        for table in _OF_STORE:
            shadows.cast(table, "store_id = ?", store.id)
        for table in _BEGUN_EMPTY:
            shadows.cast(table)
        # By the real figures of everybody; before these have copies of a few people only.
        recompute_yardsticks(session, store, after, now=now)
        yield Stage(session, store, after, version + 1, changed, now, shadows, values)
