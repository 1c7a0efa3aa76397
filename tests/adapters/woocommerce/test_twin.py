"""The adapter against a store over real HTTP: what it reads is what the store holds, to the cent, also on a bad day."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import requests

from adapters.sandbox import Twins, start_twins
from adapters.woocommerce import WooCommerceClient, WooCommerceOptions, WooCommercePlatform
from plugin_core.clock import DAY_US, SECOND_US, to_us, utc_now
from plugin_core.errors import BadAnswer, OutcomeUnknown, StoreError
from plugin_core.platforms import CodeSpec, CodeTerms, ConnectionInfo, MadeCode, ProfileWrite
from plugin_core.records import OrderRecord, Page


@pytest.fixture
def twins() -> Iterator[Twins]:
    with start_twins(60) as running:
        yield running


@pytest.fixture
def store(twins: Twins) -> Iterator[WooCommerceClient]:
    options = WooCommerceOptions(allow_private=True, timeouts=(2.0, 2.0), pause=lambda _seconds: None)
    keys = {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret}
    connection = ConnectionInfo("demo", twins.woocommerce.url, keys)
    found = WooCommercePlatform(options).open(connection)
    facts = found.facts()
    found.close()
    client = WooCommercePlatform(options).open(connection._replace(currency=facts.currency, zone=facts.zone, facts=facts.details))
    yield client
    client.close()


def orders(pages: list[Page]) -> dict[str, OrderRecord]:
    return {record.external_id: record for page in pages for record in page.records if isinstance(record, OrderRecord)}


def net_spent(records: dict[str, OrderRecord]) -> str:
    cents = [
        (Decimal(max(0, each.total - each.refunded)) * Decimal(each.fx_rate)).quantize(Decimal(1), ROUND_HALF_UP)
        for each in records.values()
        if each.counted and each.fx_rate is not None
    ]
    return f"{sum(cents) / 100:.2f}"


def imported(store: WooCommerceClient) -> dict[str, OrderRecord]:
    """A pull that begins again at its last cursor whenever the store breaks it off, as the core does."""
    cursor: Any = None
    pages: list[Page] = []
    for _ in range(20):
        try:
            for page in store.pull("orders", cursor, full=True):
                pages.append(page)
                cursor = page.cursor
        except StoreError:
            continue
        return orders(pages)
    raise AssertionError("the pull never came to its end")


def test_everything_the_store_holds_is_read_to_the_cent(twins, store):
    holds = twins.woocommerce.state()
    found = imported(store)
    customers = [record for page in store.pull("customers", None) for record in page.records]
    products = [record for page in store.pull("products", None) for record in page.records]
    assert len(found) == holds["orders"]
    assert sum(each.counted for each in found.values()) == holds["orders_counted"]
    assert sum(len(each.refunds) for each in found.values()) == holds["refunds"]
    assert net_spent(found) == holds["net_spent"]
    assert len({record.external_id for record in customers}) == holds["customers"]
    assert len({record.external_id for record in products}) == holds["products"]
    assert holds["write_calls"] == 0


def test_a_bad_day_changes_nothing_of_what_is_read(twins, store):
    expected = imported(store)
    for kind, options in (
        ("status", {"status": 503, "match": "GET .*orders"}),
        ("drop", {"match": "GET .*orders", "skip": 1}),
        ("truncated", {"match": "GET .*orders", "skip": 2}),
        ("html", {"match": "GET .*orders", "skip": 3}),
        ("status", {"status": 500, "match": "per_page=100", "skip": 1, "times": 3}),
        ("drop_after", {"match": "GET .*refunds"}),
    ):
        twins.woocommerce.faults.add(kind, **options)
    assert imported(store) == expected
    assert twins.woocommerce.faults.struck >= 6


def test_a_store_without_a_list_of_refunds_gives_the_same_amounts(twins, store):
    expected = imported(store)
    twins.woocommerce.store.refunds_route = False
    assert imported(store) == expected


def test_a_challenge_page_is_no_empty_store(twins, store):
    twins.woocommerce.faults.add("html", match="GET .*customers")
    with pytest.raises(BadAnswer, match="firewall"):
        list(store.pull("customers", None))


def test_a_code_whose_answer_was_lost_exists_once_and_is_adopted(twins, store):
    spec = CodeSpec("cb-lost", "Comeback", "winback:60:abc:1", 10, 0, to_us(utc_now()) + 14 * DAY_US, email="ada@mail.example")
    twins.woocommerce.faults.add("drop_after", match="POST .*coupons")
    created = store.create_code(spec)
    assert created.adopted
    again = store.create_code(spec)
    assert again == created
    codes = twins.woocommerce.state()["codes"]
    assert list(codes) == ["cb-lost"]


def test_a_code_that_never_arrived_is_an_unknown_outcome_and_the_next_try_makes_it(twins, store):
    spec = CodeSpec("cb-late", "Comeback", "winback:60:abc:1", 10, 0, to_us(utc_now()) + 14 * DAY_US, email="ada@mail.example")
    twins.woocommerce.faults.add("drop", match="POST .*coupons")
    with pytest.raises(OutcomeUnknown):
        store.create_code(spec)
    assert not store.create_code(spec).adopted


def test_our_meta_is_written_and_the_merchants_own_is_left_alone(twins, store):
    before = twins.woocommerce.state()
    people = [record.external_id for page in store.pull("customers", None) for record in page.records]
    results = store.write_profiles(
        [ProfileWrite(each, {"points": 10, "tier": "bronze", "segments": None}) for each in [*people, "99999999"]]
    )
    assert all(each.ok for each in results[:-1])
    assert results[-1].gone
    after = twins.woocommerce.state()
    assert after["merchant_meta"] == before["merchant_meta"]
    assert {key for meta in after["meta"].values() for key in meta} == {"comeback_points", "comeback_tier"}


def test_the_next_pull_brings_what_changed_since(twins, store):
    pages = list(store.pull("orders", None))
    known = orders(pages)
    chosen = next(each for each in known.values() if each.status == "completed" and not each.refunds)
    store._api.write("POST", f"orders/{chosen.external_id}/refunds", {"amount": "1.00", "api_refund": False})
    changed = orders(list(store.pull("orders", pages[-1].cursor)))
    assert changed[chosen.external_id].refunded == chosen.refunded + 100
    assert changed[chosen.external_id].basis < chosen.basis


def test_our_writing_is_no_change_of_the_customer(store):
    person = next(record for page in store.pull("customers", None) for record in page.records)
    store.write_profiles([ProfileWrite(person.external_id, {"points": 10, "lifecycle": "new"})])
    after = store.fetch("customers", [person.external_id]).records[0]
    assert after.content_hash == person.content_hash


def test_how_our_coupons_stand_is_known_by_id_and_by_name(twins, store):
    now = to_us(utc_now())
    made = {}
    for name in ("used", "free", "lost", "gone"):
        spec = CodeSpec(
            f"cb-look-{name}", "Comeback winback", f"winback:{name}", 10, now, now + DAY_US, email="ada@people.example"
        )
        made[name] = store.create_code(spec)
    store.delete_code(made["gone"])
    twins.woocommerce.store.coupons[int(made["used"].external_id)]["usage_count"] = 1
    asked = [
        *(MadeCode(each.code, f"winback:{name}", each.external_id) for name, each in made.items() if name != "lost"),
        MadeCode("CB-LOOK-LOST", "winback:lost"),
        MadeCode("CB-LOOK-LOST", "somebody else's"),
    ]
    stand = store.look_up_codes(asked)
    assert [each.state for each in stand] == ["used", "unused", "gone", "unused", "gone"]
    assert stand[3].code.external_id == made["lost"].external_id
    until = (now + DAY_US) // SECOND_US * SECOND_US
    as_made = CodeTerms(active=True, percent=10, expires_at=until, uses=1, bound=True, narrowed=False)
    assert [each.terms for each in stand[:3]] == [as_made, as_made, None]
    change = {"discount_type": "fixed_cart", "email_restrictions": [], "date_expires": None, "minimum_amount": "20"}
    twins.woocommerce.change(kind="code", id=made["free"].external_id, set=change)
    changed = as_made._replace(percent=None, bound=False, expires_at=None, narrowed=True)
    assert store.look_up_codes(asked[1:2])[0].terms == changed


def test_only_webhooks_that_lead_to_us_are_removed(twins, store):
    store.ensure_webhooks("https://comeback.example/webhooks/woocommerce/demo", "s", ["order.created", "order.updated"])
    store.ensure_webhooks("https://comeback.example/webhooks/woocommerce/other", "s", ["order.created"])
    assert store.remove_setup("/webhooks/woocommerce/demo") == store.remove_setup("/webhooks/woocommerce/demo") == []
    assert [each["delivery_url"][-5:] for each in twins.woocommerce.store.webhooks.values()] == ["other"]


def test_a_reminders_code_is_entered_for_who_the_shop_knows_and_typed_by_who_it_does_not(twins, store):
    woo, now = twins.woocommerce.store, to_us(utc_now())
    product = next(iter(woo.products))
    lines = [{"product_id": product, "quantity": 3}]
    number = str(twins.woocommerce.change(kind="order", status="pending", line_items=lines))
    checkout = next(each for page in store.pull("checkouts", None) for each in page.records if each.external_id == number)
    spec = CodeSpec("cb-back", "Comeback", "abandoned:1", 5, now, now + DAY_US, email="ada@people.example")
    url = checkout.offer_url.replace("{code}", store.create_code(spec).code)
    for shopper in ("ada@people.example", "", "ben@people.example"):
        answer = requests.get(url, headers={"X-Shopper": shopper}, timeout=5, allow_redirects=False)
        assert answer.headers["Location"].endswith("/checkout/")
    assert [(each["products"], each["coupon"]) for each in woo.baskets] == [
        ({product: 3}, "cb-back"),
        ({product: 3}, ""),
        ({product: 3}, ""),
    ]
    assert all("valid email" in each["notice"] for each in woo.baskets[1:])
