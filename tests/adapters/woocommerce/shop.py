"""A shop to test against: a client that never sleeps, and a list of records over mocked HTTP that changes while it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import responses

from adapters.woocommerce import WooCommerceClient, WooCommerceOptions, WooCommercePlatform
from plugin_core.platforms import ConnectionInfo

SITE = "https://shop.example"
API = f"{SITE}/wp-json/wc/v3"
KEY, SECRET = "ck_0123456789abcdef", "cs_fedcba9876543210"


def client(address: str = SITE, *, pauses: list[float] | None = None, **connection: Any) -> WooCommerceClient:
    waited = pauses if pauses is not None else []
    options = WooCommerceOptions(allow_private=address.startswith("http://"), pause=waited.append)
    info = {
        "store": "ada-shop",
        "address": address,
        "credentials": {"consumer_key": KEY, "consumer_secret": SECRET},
        "currency": "EUR",
        "zone": "Europe/Istanbul",
    }
    return WooCommercePlatform(options).open(ConnectionInfo(**(info | connection)))


def order(number: int, modified: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "completed",
        "currency": "EUR",
        "total": "12.00",
        "date_created_gmt": "2026-11-01T10:00:00",
        "date_modified_gmt": modified,
        "customer_id": 0,
        "billing": {"first_name": "Ada", "last_name": "Öz", "country": "tr", "email": "Ada@Shop-Example.test", "phone": ""},
        "line_items": [{"id": number * 10, "name": "Tea", "product_id": 7, "quantity": 1, "total": "10.00", "total_tax": "2.00"}],
        "refunds": [],
        "meta_data": [],
    } | more


def account(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"person{number}@shop-example.test",
        "date_created_gmt": "2026-01-01T00:00:00",
        "date_modified_gmt": "2026-01-02T00:00:00",
        "role": "customer",
        "meta_data": [],
    } | more


class Shelf:
    """Lists as seen on a real store: strictly-greater ``modified_after``, X-WP headers, include, trash and drafts apart."""

    def __init__(self, mock: responses.RequestsMock, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.asked: list[dict[str, str]] = []
        self.after_each: Callable[[int], None] = lambda _count: None
        self.refuse_modified = False
        self.too_much_above = 1000
        self.date = "Sun, 22 Nov 2026 12:00:00 GMT"
        for name in lists:
            mock.add_callback(responses.GET, f"{API}/{name}", callback=lambda request, name=name: self._answer(name, request))

    def _answer(self, name: str, request: Any) -> tuple[int, dict[str, str], str]:
        query = dict(parse_qsl(urlsplit(request.url).query))
        self.asked.append(query)
        per_page, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        if self.refuse_modified and query.get("orderby") == "modified":
            problem = {"code": "rest_invalid_param", "message": "Invalid parameter(s): orderby", "data": {"status": 400}}
            return 400, {"Date": self.date}, json.dumps(problem)
        if per_page > self.too_much_above:
            return (
                500,
                {"Date": self.date},
                json.dumps({"code": "internal_server_error", "message": "memory", "data": {"status": 500}}),
            )
        rows = [row for row in self.lists[name] if _matches(name, row, query)]
        rows.sort(key=lambda row: (row["date_modified_gmt"], row["id"]) if query.get("orderby") == "modified" else row["id"])
        pages = -(-len(rows) // per_page)
        headers = {"X-WP-Total": str(len(rows) if page <= pages else 0), "X-WP-TotalPages": str(pages if page <= pages else 0)}
        body = json.dumps(rows[(page - 1) * per_page : page * per_page])
        self.after_each(len(self.asked))
        return 200, headers | {"Date": self.date, "Content-Type": "application/json; charset=UTF-8"}, body


def _matches(name: str, row: dict[str, Any], query: dict[str, str]) -> bool:
    apart = ("trash", "checkout-draft")
    if name == "orders":
        wanted = query.get("status", "any").split(",")
        if row["status"] in apart and row["status"] not in wanted:
            return False
        if wanted != ["any"] and row["status"] not in wanted:
            return False
    if "include" in query and str(row["id"]) not in query["include"].split(","):
        return False
    if "after" in query and not row["date_created_gmt"] > query["after"]:
        return False
    assert "modified_after" not in query or (query["dates_are_gmt"] == "true" and "Z" not in query["modified_after"])
    return "modified_after" not in query or row["date_modified_gmt"] > query["modified_after"]
