"""What a rule is judged against besides the person: the moment, the store's zone and yardsticks, the settings in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US, from_us, to_us
from plugin_core.segments import window
from plugin_core.segments.rules import Span
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


@dataclass(frozen=True, slots=True)
class Frame:
    now: int
    store_id: int
    account_id: int
    zone: ZoneInfo
    currency: str
    store_gap_days: float
    boundaries: tuple[float, ...]
    recency_cuts: tuple[int, ...]
    frequency_cuts: tuple[int, ...]
    monetary_cuts: tuple[int, ...]
    big_spent: int | None  # net_spent from which somebody is a big spender

    @classmethod
    def of(cls, store: Store, settings: StoreSettings, *, now: int) -> Frame:
        cuts = store.rfm_cuts or {}
        return cls(
            now=now,
            store_id=store.id,
            account_id=store.account_id,
            zone=ZoneInfo(store.zone),
            currency=store.currency,
            store_gap_days=store.store_gap_days,
            boundaries=tuple(settings.lifecycle_boundaries),
            recency_cuts=tuple(cuts.get("r", ())),
            frequency_cuts=tuple(cuts.get("f", ())),
            monetary_cuts=tuple(cuts.get("m", ())),
            big_spent=cuts.get("big"),
        )

    def start_of(self, span: Span) -> int:
        """The oldest moment within ``span``, itself included."""
        if span.unit == "days":
            return self.now - span.amount * DAY_US
        return window.start(self.now, span.amount, self.zone)

    def day_start(self, day: date) -> int:
        return to_us(datetime(day.year, day.month, day.day, tzinfo=self.zone))

    @property
    def month(self) -> str:
        """The month in the store's zone, "01" to "12"."""
        return f"{from_us(self.now).astimezone(self.zone).month:02d}"

    def month_start(self, ahead: int = 0) -> int:
        """The first moment of the current month in the store's zone, or of the one ``ahead`` months later."""
        local = from_us(self.now).astimezone(self.zone)
        return _month_start(local.year * 12 + local.month - 1 + ahead, self.zone)

    def birthday_turns(self, month: int) -> int:
        """For somebody born in ``month`` (1 to 12): the next moment at which the birthday month begins or ends."""
        return self.month_start((month - int(self.month)) % 12 or 1)


@lru_cache(maxsize=256)
def _month_start(index: int, zone: ZoneInfo) -> int:
    year, month = divmod(index, 12)
    return to_us(datetime(year, month + 1, 1, tzinfo=zone))
