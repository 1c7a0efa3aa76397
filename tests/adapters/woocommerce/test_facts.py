"""What is read of a store when it is connected, also where its key may not see everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses

from adapters.woocommerce.facts import zone_from_offset
from plugin_core.errors import AccessRevoked
from plugin_core.platforms import Capability, StoreFacts
from tests.adapters.woocommerce.shop import API, SITE, client

RECORDED = Path(__file__).parents[2] / "contract" / "woocommerce" / "recorded"
STATUS = json.loads((RECORDED / "system_status_trimmed.json").read_text())["response"]["body"]
DENIED = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources.", "data": {"status": 401}}
INDEX = {"name": "Ada&#039;s Tea", "home": SITE, "gmt_offset": 3, "timezone_string": "Europe/Istanbul"}


def general(**values: str) -> list[dict[str, str]]:
    return [{"id": f"woocommerce_{name}", "value": value} for name, value in values.items()]


def facts(*, status: Any = STATUS, settings: Any = None, index: Any = INDEX, orders: Any = None) -> StoreFacts:
    chosen = settings if settings is not None else general(currency="EUR", enable_coupons="yes", default_country="TR:TR34")
    responses.add("GET", f"{API}/orders", json=orders or [])
    for path, answer in (("system_status", status), ("settings/general", chosen)):
        responses.add("GET", f"{API}/{path}", json=answer or DENIED, status=200 if answer else 401)
    responses.add("GET", f"{API}/settings/tax", json=general(prices_include_tax="yes"))
    responses.add("GET", f"{SITE}/wp-json/", json=index or {}, status=200 if index else 404)
    responses.add("GET", f"{API}/data/currencies/current", json={"code": "CHF"})
    return client().facts()


@responses.activate
def test_currency_zone_country_and_versions_are_read():
    found = facts()
    assert (found.name, found.currency, found.zone, found.country, found.version) == (
        "Ada's Tea",
        "EUR",
        "Europe/Istanbul",
        "TR",
        "11.0.1",
    )
    assert found.details["hpos"] is True
    assert found.details["coupons_enabled"] is True
    assert found.details["prices_include_tax"] is True
    assert Capability.GUEST_CODES in found.capabilities
    assert Capability.CUSTOMER_TAGS not in found.capabilities
    assert json.loads(json.dumps(found.details)) == found.details
    assert found.notes == ()


@responses.activate
def test_a_key_that_may_not_see_the_settings_still_connects_and_says_what_is_unknown():
    found = facts(status={}, settings=[])
    assert (found.currency, found.zone, found.version) == ("CHF", "Europe/Istanbul", "")
    assert found.details["coupons_enabled"] is None
    assert len(found.notes) == 2


@responses.activate
def test_switched_off_coupons_are_noted():
    found = facts(settings=general(currency="EUR", enable_coupons="no"))
    assert found.details["coupons_enabled"] is False
    assert "Coupons are switched off" in found.notes[0]


@responses.activate
def test_a_zone_given_as_an_offset_gets_a_name_and_a_note():
    found = facts(index=INDEX | {"timezone_string": ""})
    assert found.zone == "Etc/GMT-3"
    assert "offset" in found.notes[0]


@responses.activate
def test_without_wordpress_index_the_two_dates_of_an_order_tell_the_offset():
    dates = {"date_created": "2026-11-21T16:51:32", "date_created_gmt": "2026-11-21T13:51:32"}
    assert facts(index=None, orders=[{"id": 1, **dates}]).zone == "Etc/GMT-3"


@responses.activate
def test_a_zone_nobody_tells_is_utc_and_noted():
    found = facts(index=None)
    assert found.zone == "UTC"
    assert "time zone can't be read" in found.notes[0]


@responses.activate
def test_a_wrong_key_is_found_out_before_anything_else_is_read():
    said = {"code": "woocommerce_rest_authentication_error", "message": "Consumer secret is invalid."}
    responses.add("GET", f"{API}/orders", status=401, json=said)
    with pytest.raises(AccessRevoked, match="secret"):
        client().facts()
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("minutes", "name"), [(0, "UTC"), (180, "Etc/GMT-3"), (-300, "Etc/GMT+5"), (330, "Asia/Kolkata"), (765, None)]
)
def test_fixed_offsets_have_names(minutes, name):
    assert zone_from_offset(minutes) == name
    if name:
        from datetime import datetime

        offset = datetime(2026, 7, 1, tzinfo=ZoneInfo(name)).utcoffset()
        assert offset is not None
        assert offset.total_seconds() == minutes * 60
