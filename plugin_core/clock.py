"""Time as the core sees it: aware UTC datetimes in code, whole microseconds since 1970 in the tables.

``now`` is always an argument; only edges call :func:`utc_now`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


def utc_now() -> datetime:
    return datetime.now(UTC)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z; exact. ``moment`` must be aware."""
    return (moment - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def months_before(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same wall time in ``zone``, ``months`` calendar months earlier, clipped to the month's last day."""
    return shift_months(moment, -months, zone)


def shift_months(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    day = min(local.day, _days_in(year, month))
    return local.replace(year=year, month=month, day=day).astimezone(UTC)


def _days_in(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - calendar arithmetic only
    return (following - timedelta(days=1)).day
