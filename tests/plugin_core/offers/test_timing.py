"""Nobody is written to at night, by their own clock, nor too often."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from plugin_core.clock import DAY_US, from_us, to_us
from plugin_core.errors import InvalidInput
from plugin_core.offers.definitions import parse
from plugin_core.offers.timing import earliest, quiet_until
from plugin_core.offers.zones import BY_COUNTRY, zone_of
from plugin_core.stores.settings import StoreSettings

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = StoreSettings()


def local(text: str, zone: ZoneInfo = BERLIN) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=zone))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22T20:59:59", None),
        ("2026-11-22T21:00", "2026-11-23T09:00"),
        ("2026-11-23T00:30", "2026-11-23T09:00"),
        ("2026-11-23T08:59", "2026-11-23T09:00"),
        ("2026-11-23T09:00", None),
        ("2026-03-28T22:00", "2026-03-29T09:00"),  # the clocks go forward that night
        ("2026-10-24T22:00", "2026-10-25T09:00"),  # and back that night
    ],
)
def test_the_night_ends_at_nine_by_the_wall_clock(at: str, until: str | None) -> None:
    assert quiet_until(local(at), BERLIN, NIGHT) == (until and local(until))


def test_the_night_is_the_readers_where_the_country_has_one_clock_else_the_stores() -> None:
    assert zone_of("TR", "Europe/Berlin").key == "Europe/Istanbul"
    assert zone_of("US", "Europe/Berlin").key == zone_of("", "Europe/Berlin").key == "Europe/Berlin"
    assert zone_of("", "Not/AZone").key == "UTC"
    assert [name for name in set(BY_COUNTRY.values()) if ZoneInfo(name).key != name] == []


def test_quiet_hours_can_be_within_a_day_or_switched_off() -> None:
    siesta = StoreSettings(quiet_from=13, quiet_until=16)
    assert quiet_until(local("2026-11-22T14:00"), BERLIN, siesta) == local("2026-11-22T16:00")
    assert quiet_until(local("2026-11-22T23:00"), BERLIN, siesta) is None
    assert quiet_until(local("2026-11-22T23:00"), BERLIN, StoreSettings(quiet_hours=False)) is None
    assert quiet_until(local("2026-11-22T23:00"), BERLIN, StoreSettings(quiet_from=9, quiet_until=9)) is None


def test_a_mail_held_back_by_the_cap_into_the_night_waits_for_the_morning_as_well() -> None:
    now = local("2026-11-22T12:00")
    sent = [local("2026-11-15T22:00"), local("2026-11-20T10:00")]
    at, why = earliest(now, BERLIN, sent, NIGHT)
    assert (from_us(at).astimezone(BERLIN).isoformat(), why) == ("2026-11-23T09:00:00+01:00", "frequency cap")
    assert earliest(now, BERLIN, [now - 7 * DAY_US, now - DAY_US], NIGHT) == (now, "")


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("winback", {}, "steps must be a list"),
        ("winback", {"steps": [{"days": 60, "percent": 101}]}, "percent must be a whole number from 0 to 100"),
        ("winback", {"steps": [{"days": 60, "percent": 10.5}]}, "percent must be a whole number"),
        ("winback", {"steps": [{"days": 90}, {"days": 60}]}, "later than the one before"),
        ("winback", {"steps": [{"days": 60}, {"days": 60}]}, "same name"),
        ("winback", {"steps": [{"hours": 1}]}, "must name one of days, gaps"),
        ("winback", {"steps": [{"days": -1}]}, "above 0"),
        ("winback", {"steps": [{"days": True}]}, "above 0"),
        ("winback", {"steps": [{"days": 60}], "colour": 1}, "unknown field 'colour'"),
        ("abandoned_checkout", {"steps": [{"hours": 1}], "entry_hours": 0}, "entry_hours must be a whole number"),
        ("birthday", {}, "no kind of campaign"),
    ],
)
def test_a_campaign_that_makes_no_sense_is_refused_with_the_reason(kind: str, body: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse(kind, body)
