"""The routes of the WooCommerce twin."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from adapters.sandbox.web import App, Request, Response
from adapters.sandbox.woocommerce import auth, basket, catalogue, coupons, customers, grant, orders, webhooks
from adapters.sandbox.woocommerce.errors import WooError, no_route
from adapters.sandbox.woocommerce.store import WooStore

Handler = Callable[..., Response]
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "", catalogue.namespace),
    ("GET", "/orders", orders.listing),
    ("POST", "/orders", orders.create),
    ("GET", "/orders/#", orders.single),
    ("PUT", "/orders/#", orders.update),
    ("DELETE", "/orders/#", orders.remove),
    ("GET", "/orders/#/refunds", orders.refunds_of),
    ("POST", "/orders/#/refunds", orders.create_refund),
    ("DELETE", "/orders/#/refunds/#", orders.remove_refund),
    ("GET", "/refunds", orders.all_refunds),
    ("GET", "/customers", customers.listing),
    ("POST", "/customers", customers.create),
    ("POST", "/customers/batch", customers.batch),
    ("GET", "/customers/#", customers.single),
    ("PUT", "/customers/#", customers.update),
    ("DELETE", "/customers/#", customers.remove),
    ("GET", "/coupons", coupons.listing),
    ("POST", "/coupons", coupons.create),
    ("POST", "/coupons/batch", coupons.batch),
    ("GET", "/coupons/#", coupons.single),
    ("PUT", "/coupons/#", coupons.update),
    ("DELETE", "/coupons/#", coupons.remove),
    ("GET", "/products", catalogue.products),
    ("GET", "/products/categories", catalogue.categories),
    ("GET", "/products/#", catalogue.product),
    ("GET", "/system_status", catalogue.system_status),
    ("GET", "/settings/@", catalogue.settings),
    ("GET", "/settings/@/@", catalogue.setting),
    ("GET", "/data/currencies/current", catalogue.currency),
    ("GET", "/webhooks", webhooks.listing),
    ("POST", "/webhooks", webhooks.create),
    ("GET", "/webhooks/#", webhooks.single),
    ("PUT", "/webhooks/#", webhooks.update),
    ("DELETE", "/webhooks/#", webhooks.remove),
)
BASE = "/wp-json/wc/v3"
HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.escape(BASE) + re.escape(route).replace(r"\#", r"(\d+)").replace("@", r"([a-z_]+)") + "/?")


TABLE = tuple((method, route, _pattern(route), handler) for method, route, handler in ROUTES)


def app(store: WooStore) -> App:
    def serve(request: Request) -> Response:
        if request.path.startswith(grant.PREFIX) and request.method == "GET":
            return grant.serve(store, request)
        if request.path.rstrip("/") == basket.PATH and request.method == "GET":
            return basket.serve(store, request)
        try:
            response = _answer(store, request)
        except WooError as error:
            response = error.response()
        response.headers = HEADERS | {"Link": f'<{store.origin}/wp-json/>; rel="https://api.w.org/"'} | response.headers
        response.headers["Content-Type"] = HEADERS["Content-Type"]
        return response

    return serve


def _answer(store: WooStore, request: Request) -> Response:
    if request.path.rstrip("/") == "/wp-json" and request.method == "GET":
        return catalogue.index(store, request)
    matches = [
        (method, route, found, handler) for method, route, pattern, handler in TABLE if (found := pattern.fullmatch(request.path))
    ]
    if not store.refunds_route:
        matches = [each for each in matches if each[1] != "/refunds"]
    method = "PUT" if request.method == "PATCH" else request.method
    chosen = next((each for each in matches if each[0] == method), None)
    if chosen is None:
        raise no_route()
    auth.authorise(store, request)
    _, route, found, handler = chosen
    _check_json(request)
    arguments: list[Any] = [int(each) if each.isdigit() else each for each in found.groups()]
    with store.lock:
        (store.reads if method == "GET" else store.writes)[f"{method} {route}"] += 1
        return handler(store, request, *arguments)


def _check_json(request: Request) -> None:
    if not request.body:
        return
    try:
        request.json()
    except orjson.JSONDecodeError:
        data = {"status": 400, "json_error_code": 4, "json_error_message": "Syntax error"}
        raise WooError(400, "rest_invalid_json", "Invalid JSON body passed.", data) from None
