"""The real adapter against the sandbox twin, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import jwt
import pytest

from adapters.sandbox import start_twins
from adapters.shopify import ShopifyOptions, ShopifyPlatform
from adapters.shopify.tokens import exchange_id_token, refresh
from plugin_core.clock import to_us
from plugin_core.errors import AccessRevoked
from plugin_core.money import major
from plugin_core.platforms import CodeSpec, CodeTerms, ConnectionInfo, CreatedCode, MadeCode, ProfileWrite
from plugin_core.records import OrderRecord


@pytest.fixture(scope="module", params=[False, True], ids=["grouped", "shuffled"])
def twin(request) -> Iterator:
    with start_twins(people=60, shuffled=request.param) as twins:
        yield twins.shopify


@pytest.fixture
def connect(twin, tmp_path):
    options = ShopifyOptions(
        twin.origin,
        allow_private=True,
        client_id=twin.store.client_id,
        client_secret=twin.store.client_secret,
        spool_dir=tmp_path,
    )

    def opened(token: str = twin.token, **more):
        address = ShopifyPlatform(options).normalise_address(twin.shop)
        return ShopifyPlatform(options).open(ConnectionInfo("demo", address, {"access_token": token}, currency="GBP", **more))

    return opened


def pulled(client, resource, cursor=None):
    pages = list(client.pull(resource, cursor))
    assert [page.rejected for page in pages if page.rejected] == []
    return [record for page in pages for record in page.records], pages[-1].cursor


def test_what_is_imported_equals_what_the_twin_holds(connect, twin):
    client, state = connect(), twin.state()
    orders, cursor = pulled(client, "orders")
    customers, _ = pulled(client, "customers")
    products, _ = pulled(client, "products")
    counted = [each for each in orders if isinstance(each, OrderRecord) and each.counted]
    net = sum(max(0, each.total - each.refunded) for each in counted)
    assert (len(orders), len(counted), len(customers), len(products)) == tuple(
        state[name] for name in ("orders", "orders_counted", "customers", "products")
    )
    assert major(net, "GBP") == Decimal(state["net_spent"])
    assert sum(len(each.refunds) for each in orders) == state["refunds"]
    assert len(pulled(client, "checkouts")[0]) == state["abandoned_checkouts"]
    again, _ = pulled(client, "orders", cursor)
    assert set(again) <= set(orders)  # the overlap brings back the very same records


def test_facts_are_read(connect, twin):
    facts = connect().facts()
    assert (facts.currency, facts.zone, facts.country) == ("GBP", "Europe/London", "GB")
    assert facts.notes == ()


def test_without_read_all_orders_the_merchant_is_told_what_can_not_be_seen(connect, twin):
    twin.store.tokens["recent"] = tuple(scope for scope in twin.store.tokens[twin.token] if scope != "read_all_orders")
    facts = connect(token="recent").facts()
    buyers = sum(bool(orders) for orders in twin.store.orders_of.values())
    assert buyers > 10
    assert len(facts.notes) == 2
    assert "only the orders of the last 60 days can be seen" in facts.notes[0]
    assert f"Shopify counts {buyers} customers who ever bought" in facts.notes[1]
    assert facts.details["orders_seen_days"] == 60
    assert connect().facts().details["orders_seen_days"] is None


def test_each_customer_comes_with_the_shops_own_totals(connect, twin):
    client = connect()
    imported, _ = pulled(client, "customers")
    told = {each.external_id: each.totals for each in client.fetch("customers", [each.external_id for each in imported]).records}
    assert told == {each.external_id: each.totals for each in imported}
    for customer in imported:
        orders = twin.store.orders_of.get(f"gid://shopify/Customer/{customer.external_id}", [])
        assert customer.totals.orders == len(orders)
        newest = max((each["processed"] for each in orders), default=None)
        assert (customer.totals.last_order_at is None) == (newest is None)


def test_profiles_are_written_by_calls_and_in_bulk_alike(connect, twin):
    client = connect()
    customers, _ = pulled(client, "customers")
    ids = [each.external_id for each in customers]
    few = [ProfileWrite(each, {"points": 5, "tier": "gold", "lifecycle": None}, ("cb:active",)) for each in ids[:3]]
    assert all(each.ok for each in client.write_profiles(few))
    many = [ProfileWrite(str(each), {"points": 7}, ("cb:slipping",), ("cb:active",)) for each in [*ids, *range(1, 60 - len(ids))]]
    results = client.write_profiles(many)
    assert [each.ok for each in results] == [each.customer_id in ids for each in results]
    assert all(each.gone for each in results if not each.ok)
    state = twin.state()
    assert sorted(state["tags"].values()) == [["cb:slipping"]] * len(ids)
    assert client.fetch("customers", ids[:1]).records[0].tags[-1] == "cb:slipping"


def test_a_code_is_made_once_and_adopted_after_a_lost_answer(connect, twin, now):
    client = connect()
    customers, _ = pulled(client, "customers")
    day = to_us(now + timedelta(days=30))
    spec = CodeSpec("CBTWIN0001", "Comeback winback", "winback:1:abc:1", 10, to_us(now), day, customers[0].external_id)
    twin.faults.add("drop_after", match="discountCodeBasicCreate")
    assert client.create_code(spec).adopted
    assert [each for each in twin.state()["codes"] if each.upper() == spec.code] == [spec.code]
    client.delete_code(client.create_code(spec))


def test_how_our_codes_stand_is_known_by_id_and_by_name(connect, twin, now):
    client = connect()
    customers, _ = pulled(client, "customers")
    until = to_us((now + timedelta(days=30)).replace(microsecond=0))
    made = {}
    for name in ("USED", "FREE", "LOST", "GONE"):
        spec = CodeSpec(f"CBLOOK{name}", "Comeback winback", f"winback:{name}", 10, to_us(now), until, customers[0].external_id)
        made[name] = client.create_code(spec)
    client.delete_code(made["GONE"])
    node = twin.store.discounts[f"gid://shopify/DiscountCodeNode/{made['USED'].external_id}"]
    node["discount"]["used"] = 1
    asked = [
        *(MadeCode(each.code, f"winback:{name}", each.external_id) for name, each in made.items() if name != "LOST"),
        MadeCode("CBLOOKLOST", "winback:LOST"),
        MadeCode("CBLOOKLOST", "somebody else's"),
    ]
    stand = client.look_up_codes(asked)
    assert [each.state for each in stand] == ["used", "unused", "gone", "unused", "gone"]
    assert stand[3].code.external_id == made["LOST"].external_id
    as_made = CodeTerms(active=True, percent=10, expires_at=until, uses=1, bound=True, narrowed=False)
    assert [each.terms for each in stand[:3]] == [as_made, as_made, None]
    gid = f"gid://shopify/DiscountCodeNode/{made['FREE'].external_id}"
    gets = {"value": {"__typename": "DiscountPercentage", "percentage": 0.5}, "items": {"__typename": "AllDiscountItems"}}
    twin.change(kind="code", id=gid, set={"gets": gets, "status": "EXPIRED", "ends": None, "usage_limit": None})
    changed = as_made._replace(percent=50, active=False, expires_at=None, uses=None)
    assert client.look_up_codes(asked[1:2])[0].terms == changed
    for each in (*stand[:2], stand[3]):
        client.delete_code(CreatedCode(each.code.code, each.code.external_id))


def test_definitions_of_our_fields_go_with_their_values_and_twice_is_no_error(connect, twin):
    client = connect()
    customers, _ = pulled(client, "customers")
    client.define_fields()
    client.write_profiles([ProfileWrite(customers[0].external_id, {"points": 5})])
    assert client.remove_setup("/webhooks/shopify/demo") == client.remove_setup("/webhooks/shopify/demo") == []
    assert twin.store.definitions == {}
    assert f"gid://shopify/Customer/{customers[0].external_id}" not in twin.state()["metafields"]


def test_a_wrong_token_is_said_to_be_one(connect):
    with pytest.raises(AccessRevoked, match="demo: Shopify doesn't accept the access token"):
        connect(token="wrong").facts()


def test_a_truncated_bulk_file_loses_nothing(connect, twin):
    twin.faults.add("bulk_truncated", times=1)
    orders, _ = pulled(connect(), "orders")
    assert len(orders) == twin.state()["orders"]


def test_a_session_token_becomes_an_offline_token_and_is_refreshed(connect, twin):
    options = ShopifyOptions(twin.origin, client_id=twin.store.client_id, client_secret=twin.store.client_secret)
    moment = int(twin.store.clock.now().timestamp())
    host = f"https://{twin.shop}"
    claims = {
        "iss": f"{host}/admin",
        "dest": host,
        "aud": options.client_id,
        "sub": "1",
        "exp": moment + 60,
        "nbf": moment,
        "iat": moment,
    }
    claims |= {"jti": "1", "sid": "1"}
    token = jwt.encode(claims, options.client_secret, algorithm="HS256")
    first = exchange_id_token(options, token, claims, store="demo")
    second = refresh(options, twin.shop, first.refresh_token, store="demo")
    assert second.access_token not in {"", first.access_token}
    assert second.access_expires_at
    assert connect(token=second.access_token).facts().currency == "GBP"


def test_a_refresh_token_that_nobody_gave_is_not_renewed(twin):
    options = ShopifyOptions(twin.origin, client_id=twin.store.client_id, client_secret=twin.store.client_secret)
    with pytest.raises(AccessRevoked, match="demo: Shopify doesn't renew"):
        refresh(options, twin.shop, "shprt_unknown", store="demo")
