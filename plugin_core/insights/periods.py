"""Days and months of a store: where they begin, in microseconds, at the store's own clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from plugin_core.clock import from_us, to_us


def day_of(moment: int, zone: ZoneInfo) -> date:
    return from_us(moment).astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> int:
    return to_us(datetime(day.year, day.month, day.day, tzinfo=zone))


def months_up_to(now: int, count: int, zone: ZoneInfo) -> list[str]:
    """The current month and those before it, oldest first."""
    day = day_of(now, zone)
    last = day.year * 12 + day.month - 1
    return [_name(index) for index in range(last - count + 1, last + 1)]


def month_start(month: str, zone: ZoneInfo) -> int:
    year, number = map(int, month.split("-"))
    return day_start(date(year, number, 1), zone)


def weeks_before(now: int, count: int, zone: ZoneInfo) -> list[date]:
    """Days 7, 14 ... days before today, oldest first."""
    today = day_of(now, zone)
    return [today - timedelta(days=7 * back) for back in range(count, 0, -1)]


def _name(index: int) -> str:
    year, month = divmod(index, 12)
    return f"{year:04d}-{month + 1:02d}"
