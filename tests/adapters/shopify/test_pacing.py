from __future__ import annotations

import pytest

from plugin_core.errors import Throttled
from tests.adapters.shopify.shop import Shop, client, error, ok

EMPTY = {"customers": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
IDLE = {"v": 1, "phase": "idle", "since": 1_000_000}


def ask(acme, times=1):
    for _ in range(times):
        list(acme.pull("customers", IDLE))


def test_half_of_the_bucket_is_left_to_the_merchants_other_apps(shop: Shop, tmp_path, time):
    level = {"at": time.now, "points": 600.0}
    lowest = []

    def answer(_variables):
        level["points"] = min(600.0, level["points"] + (time.now - level["at"]) * 30.0) - 100.0
        level["at"] = time.now
        lowest.append(level["points"])
        return ok(EMPTY, cost=(100, 600, level["points"], 30))

    shop.on["Customers"] = answer
    ask(client(tmp_path, time), times=20)
    assert min(lowest) >= 299.99  # floats
    assert min(lowest) == pytest.approx(360.0)  # a tenth more, which news may be asked for with
    assert sum(time.waits) == pytest.approx((20 * 100 - 240) / 30, abs=0.5)


def test_a_throttled_query_waits_until_its_points_are_back_and_is_asked_again(shop: Shop, tmp_path, time):
    throttled = {
        "requestedQueryCost": 500,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 100, "restoreRate": 50},
    }
    status, headers, body = error("THROTTLED")
    body = body[:-1] + ', "extensions": {"cost": ' + str(throttled).replace("'", '"') + "}}"
    shop.on["Customers"] = [(status, headers, body), ok(EMPTY)]
    ask(client(tmp_path, time))
    assert len(shop.asked) == 2
    assert sum(time.waits) >= 8.0  # (500 - 100) / 50


def test_too_many_requests_wait_as_long_as_the_shop_says(shop: Shop, tmp_path, time):
    shop.on["Customers"] = [(429, {"Retry-After": "7.0"}, ""), ok(EMPTY)]
    ask(client(tmp_path, time))
    assert time.waits == [7.0]


@pytest.mark.parametrize("asked", ["inf", "1e99", "86400000"])
def test_a_wait_without_end_is_cut_to_an_hour(shop: Shop, tmp_path, time, asked):
    shop.on["Customers"] = [(429, {"Retry-After": asked}, "")]
    with pytest.raises(Throttled) as told:
        ask(client(tmp_path, time))
    assert told.value.retry_after == 3600


def test_patience_with_a_throttling_shop_ends(shop: Shop, tmp_path, time):
    shop.on["Customers"] = [error("THROTTLED")]
    started = time.now
    with pytest.raises(Throttled, match="acme: Shopify asks us to slow down"):
        ask(client(tmp_path, time))
    assert time.now - started <= 120
