"""Lists, pages, dates and statuses of the WooCommerce twin, against what the real store answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import recorded, woo


def everything(twins: Twins, resource: str, **params: str | int) -> list[dict]:
    found: list[dict] = []
    for page in range(1, 100):
        answer = woo(twins).get(resource, params={"per_page": 100, "page": page, **params})
        found += answer.json()
        if page >= int(answer.headers["X-WP-TotalPages"]):
            return found
    raise AssertionError("no end of pages")


@pytest.mark.parametrize(
    ("resource", "name", "params"),
    [
        ("orders", "orders_page", {}),
        ("orders", "orders_guest", {"customer": 0}),
        ("customers", "customers_page", {"role": "all", "orderby": "id"}),
        ("refunds", "refunds_global", {}),
        ("products/categories", "products_categories", {}),
    ],
)
def test_records_have_the_recorded_fields(twins: Twins, resource: str, name: str, params: dict):
    ours, real = woo(twins).get(resource, params=params).json(), recorded(name)
    assert {key for each in ours for key in each} == {key for each in real for key in each}
    kinds = {key: {type(each[key]).__name__ for each in real} | {"NoneType"} for key in real[0]}
    assert {key: type(ours[0][key]).__name__ for key in kinds if type(ours[0][key]).__name__ not in kinds[key]} == {}


def test_the_lines_of_orders_have_the_recorded_fields(twins: Twins):
    real = recorded("order_partial_refund")
    ours = everything(twins, "orders")
    for part in ("line_items", "shipping_lines", "tax_lines", "refunds"):
        assert set(next(each[part][0] for each in ours if each[part])) == set(real[part][0]), part
    refunds = woo(twins).get(f"orders/{next(each['id'] for each in ours if each['refunds'])}/refunds").json()
    assert set(refunds[0]) == set(recorded("order_partial_refund_refunds")[0])


@pytest.mark.parametrize(
    ("params", "name"),
    [({"per_page": 101, "modified_after": "garbage"}, "error_400_invalid_param"), ({"page": "x"}, "error_400_bad_page")],
)
def test_bad_parameters_are_refused_as_recorded(twins: Twins, params: dict, name: str):
    answer = woo(twins).get("orders", params=params)
    ours, real = answer.json(), recorded(name)
    assert (answer.status_code, ours["code"], ours["message"], ours["data"]["params"]) == (
        400, real["code"], real["message"], real["data"]["params"],
    )  # fmt: skip


@pytest.mark.parametrize("value", ["2026-11-22", "1795338670", "yesterday"])
def test_a_date_without_a_time_is_refused(twins: Twins, value: str):
    assert woo(twins).get("orders", params={"modified_after": value}).status_code == 400


def test_a_page_past_the_end_is_empty_and_counts_nothing(twins: Twins):
    answer = woo(twins).get("orders", params={"page": 99999})
    assert (answer.status_code, answer.json()) == (200, [])
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("0", "0")


def test_the_link_header_gives_the_credentials_back(twins: Twins):
    answer = woo(twins).get("orders", params={"per_page": 1})
    assert twins.woocommerce.consumer_key in answer.headers["Link"]
    assert 'rel="next"' in answer.headers["Link"]


def test_any_hides_the_trash_and_unfinished_checkouts(twins: Twins):
    usual = {each["status"] for each in everything(twins, "orders")}
    also = {each["status"] for each in everything(twins, "orders", status="any,trash")}
    assert usual == also
    assert not usual & {"trash", "checkout-draft"}
    drafts = everything(twins, "orders", status="checkout-draft")
    assert drafts
    assert {each["status"] for each in drafts} == {"checkout-draft"}


def test_changes_are_asked_for_strictly_after_a_second(twins: Twins):
    stamps = sorted(each["date_modified_gmt"] for each in everything(twins, "orders"))
    middle = stamps[len(stamps) // 2]
    found = everything(twins, "orders", modified_after=middle, dates_are_gmt="true", orderby="modified", order="asc")
    assert [each["date_modified_gmt"] for each in found] == [each for each in stamps if each > middle]


def test_an_offset_together_with_gmt_is_three_hours_wrong(twins: Twins):
    stamps = sorted(each["date_modified_gmt"] for each in everything(twins, "orders"))
    moment = datetime.fromisoformat(stamps[-1]).replace(tzinfo=UTC) - timedelta(hours=1)

    def count(**params: str) -> int:
        return len(everything(twins, "orders", **params))

    utc, site = moment.strftime("%Y-%m-%dT%H:%M:%S"), (moment + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S")
    right = sum(each > utc for each in stamps)
    assert count(modified_after=utc, dates_are_gmt="true") == right
    assert count(modified_after=site) == right
    assert count(modified_after=f"{utc}Z") == right
    assert count(modified_after=f"{utc}Z", dates_are_gmt="true") == sum(each > site for each in stamps) < right


def test_customers_by_name_lose_some_and_by_id_none(twins: Twins):
    role = {"role": "all"}
    by_id = [each["id"] for each in everything(twins, "customers", orderby="id", **role)]
    assert sorted(by_id) == sorted(twins.woocommerce.store.customers)
    pages = [woo(twins).get("customers", params={"per_page": 3, "page": page, **role}).json() for page in range(1, 9)]
    assert len({each["id"] for page in pages for each in page}) < sum(map(len, pages))


def test_guests_are_no_customers_and_roles_are_checked(twins: Twins):
    assert woo(twins).get("customers", params={"role": "guest"}).status_code == 400
    assert {each["role"] for each in woo(twins).get("customers").json()} == {"customer"}
    email = next(
        each["email"] for each in twins.woocommerce.store.customers.values() if each["role"] == "customer" and each["email"]
    )
    assert [each["email"] for each in woo(twins).get("customers", params={"email": email.upper()}).json()] == [email]


def test_unknown_things_are_missing_as_recorded(twins: Twins):
    assert woo(twins).get("orders/99999999").json() == recorded("error_404_unknown_order")
    assert woo(twins).get("customers/99999999").json() == recorded("error_404_unknown_customer")
    assert woo(twins).get("nonsense").json() == recorded("error_404_no_route")


def test_an_older_store_has_no_list_of_refunds(fresh: Twins):
    fresh.woocommerce.store.refunds_route = False
    answer = woo(fresh).get("refunds")
    assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")


def test_only_the_fields_asked_for_are_sent(twins: Twins):
    [first] = woo(twins).get("orders", params={"per_page": 1, "_fields": "id,billing.email"}).json()
    assert set(first) == {"id", "billing"}
    assert set(first["billing"]) == {"email"}
