"""When a marketing mail may go out: the frequency cap and the quiet hours put it off, they never drop it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from plugin_core.clock import DAY_US, from_us, to_us
from plugin_core.stores.settings import StoreSettings

CAP = "frequency cap"
QUIET = "quiet hours"


def quiet_until(at: int, zone: ZoneInfo, settings: StoreSettings) -> int | None:
    """The end of the quiet hours ``at`` falls into, None outside them. Equal hours mean that there are none."""
    begin, end = settings.quiet_from, settings.quiet_until
    if not settings.quiet_hours or begin == end:
        return None
    local = from_us(at).astimezone(zone)
    quiet = begin <= local.hour < end if begin < end else local.hour >= begin or local.hour < end
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if local.hour >= end else 0)
    return to_us(datetime.combine(day, time(end % 24), tzinfo=zone))


def capped_until(at: int, sent: Sequence[int], settings: StoreSettings) -> int | None:
    """The moment the cap leaves room again; ``sent`` are this person's recent mails, oldest first."""
    window = settings.cap_days * DAY_US
    recent = [moment for moment in sent if moment > at - window]
    return recent[-settings.cap_mails] + window if len(recent) >= settings.cap_mails else None


def earliest(now: int, zone: ZoneInfo, sent: Sequence[int], settings: StoreSettings) -> tuple[int, str]:
    """The first moment from ``now`` on at which the mail may go, and what holds it back until then ("" : nothing)."""
    at, why = now, ""
    room = capped_until(at, sent, settings)
    if room is not None:
        at, why = room, CAP
    end = quiet_until(at, zone, settings)
    return (end, why or QUIET) if end is not None else (at, why)
