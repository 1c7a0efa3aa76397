"""Routes of orders and refunds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from adapters.sandbox.cents import minor, share
from adapters.sandbox.web import Request, Response, answer
from adapters.sandbox.woocommerce import build, shapes
from adapters.sandbox.woocommerce.errors import UNKNOWN_CUSTOMER, UNKNOWN_ORDER, WooError, unknown
from adapters.sandbox.woocommerce.params import Params, only, page, within
from adapters.sandbox.woocommerce.store import Record, WooStore
from adapters.sandbox.woocommerce.telling import tell

CHOICES = ("date", "id", "include", "title", "slug", "modified")
KEYS = {"date": "date_created_gmt", "modified": "date_modified_gmt", "title": "date_created_gmt", "slug": "date_created_gmt"}
NOT_ANY = frozenset({"trash", "checkout-draft"})
CALCULATING = frozenset({"line_items", "billing", "shipping", "coupon_lines", "shipping_lines", "fee_lines"})


def listing(store: WooStore, request: Request) -> Response:
    params = Params(request, CHOICES, "date")
    statuses = {each.removeprefix("wc-") for each in params.many.get("status", ["any"])} or {"any"}
    found = [
        each for each in store.orders.values()
        if (each["status"] not in NOT_ANY if "any" in statuses else each["status"] in statuses)
    ]  # fmt: skip
    if "customer" in params.values:
        customer = params.values["customer"]
        found = [each for each in found if str(each["customer_id"]) == customer]
    if search := params.values.get("search", "").strip().lower():
        found = [each for each in found if search in each["billing"]["email"].lower() or search == each["number"]]
    found = in_order(params, within(store, params, found))
    return page(store, request, params, found, lambda each: store.shown("orders", each))


def in_order(params: Params, found: list[Record]) -> list[Record]:
    if params.orderby == "include":
        place = {number: index for index, number in enumerate(params.ids("include"))}
        return sorted(found, key=lambda each: place.get(each["id"], 0))
    name = KEYS.get(params.orderby)
    return sorted(found, key=lambda each: ((each.get(name) or "") if name else "", each["id"]), reverse=params.order == "desc")


def the_order(store: WooStore, number: int) -> Record:
    if number not in store.orders:
        raise unknown(UNKNOWN_ORDER)
    return store.orders[number]


def single(store: WooStore, request: Request, number: int) -> Response:
    return _shown(store, request, the_order(store, number))


def _shown(store: WooStore, request: Request, order: Record, status: int = 200) -> Response:
    fields = dict(request.query).get("_fields")
    shown = store.shown("orders", order)
    return answer(only(shown, fields) if fields else shown, status)


def update(store: WooStore, request: Request, number: int) -> Response:
    """Even an identical or empty PUT moves date_modified."""
    order = the_order(store, number)
    body: Record = request.json()
    if CALCULATING & set(body):
        raise WooError(
            400, "twin_not_held", "The twin does not recalculate orders: only status and meta_data can be changed here."
        )
    write_meta(store, order["meta_data"], body.get("meta_data", []))
    status = body.get("status")
    if status == "refunded" and order["status"] != "refunded":
        left = minor(order["total"]) + sum(minor(each["total"]) for each in order["refunds"])
        if left > 0:
            build.add_refund(store, order, left, store.clock.now(), [], "Order fully refunded.")
    # Out of the trash by the API: no webhook at all.
    silent = order["status"] == "trash"
    if status:
        order["status"] = status
    store.touch(order)
    if not silent:
        tell(store, "order", number, "updated")
    return _shown(store, request, order)


def remove(store: WooStore, request: Request, number: int) -> Response:
    """Without force: to the trash, and the answer still shows the old status."""
    order = the_order(store, number)
    before = order | {}
    if dict(request.query).get("force") == "true":
        del store.orders[number]
        return answer(before)
    order["meta_data"].append(store.meta("_wp_trash_meta_status", f"wc-{order['status']}"))
    order["status"] = "trash"
    store.touch(order)
    tell(store, "order", number, "deleted")
    return answer(before)


def write_meta(store: WooStore, held: list[Record], given: list[Record], *, hidden: bool = True) -> list[str]:
    """Upserts by key (or id), deletes on null. ``hidden``: keys with an underscore are taken too. Answers the keys written."""
    written = []
    for each in given:
        key, value = each.get("key"), each.get("value")
        row = next((old for old in held if (old["id"] == each["id"] if each.get("id") else old["key"] == key)), None)
        key = key or (row and row["key"])
        if not isinstance(key, str) or (key.startswith("_") and not hidden):
            continue
        written.append(key)
        if value is None:
            if row:
                held.remove(row)
        elif row:
            row["value"] = value if isinstance(value, dict | list) else str(value)
        else:
            held.append(store.meta(key, value if isinstance(value, dict | list) else str(value)))
    return written


def refunds_of(store: WooStore, request: Request, number: int) -> Response:
    order = the_order(store, number)
    held = [store.refunds[each["id"]] for each in reversed(order["refunds"])]
    shown = [{key: value for key, value in each.items() if key != "parent_id"} for each in held]
    params = Params(request, CHOICES, "date")
    return page(store, request, params, shown, lambda each: each)


def all_refunds(store: WooStore, request: Request) -> Response:
    params = Params(request, CHOICES, "date")
    found = in_order(
        params, within(store, params, [each | {"date_modified_gmt": each["date_created_gmt"]} for each in store.refunds.values()])
    )
    return page(
        store, request, params, found, lambda each: {key: value for key, value in each.items() if key != "date_modified_gmt"}
    )


def create_refund(store: WooStore, request: Request, number: int) -> Response:
    order = the_order(store, number)
    body: dict[str, Any] = request.json()
    left = minor(order["total"]) + sum(minor(each["total"]) for each in order["refunds"])
    amount = minor(str(body.get("amount", "0")))
    if not 0 < amount <= left:
        raise WooError(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.", 500)
    if body.get("api_refund", True):
        raise WooError(
            500,
            "woocommerce_rest_cannot_create_order_refund",
            "The payment gateway for this order does not support automatic refunds.",
            500,
        )
    made = build.add_refund(store, order, amount, store.clock.now(), [], body.get("reason", ""))
    store.touch(order)
    return answer({key: value for key, value in made.items() if key != "parent_id"}, 201)


def remove_refund(store: WooStore, request: Request, number: int, refund: int) -> Response:
    """Moves nothing: neither the order's date_modified nor its status."""
    order = the_order(store, number)
    if refund not in store.refunds or store.refunds[refund]["parent_id"] != number:
        raise WooError(404, "woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.")
    order["refunds"] = [each for each in order["refunds"] if each["id"] != refund]
    return answer(store.refunds.pop(refund))


def create(store: WooStore, request: Request) -> Response:
    """Thin: products by id and quantity, a customer or a billing address, status."""
    body: dict[str, Any] = request.json()
    return answer(place(store, body), 201)


def place(store: WooStore, body: dict[str, Any]) -> Record:
    customer_id = int(body.get("customer_id") or 0)
    if customer_id and customer_id not in store.customers:
        raise WooError(400, *UNKNOWN_CUSTOMER)
    billing = shapes.EMPTY_BILLING | (store.customers[customer_id]["billing"] if customer_id else {}) | body.get("billing", {})
    if customer_id and not billing["email"]:
        billing["email"] = store.customers[customer_id]["email"]
    lines, goods, tax = [], 0, 0
    for wanted in body.get("line_items", []):
        article = store.products[int(wanted["product_id"])]
        quantity = int(wanted.get("quantity", 1))
        subtotal = minor(article["price"]) * quantity
        line_tax = share(subtotal, build.TAX, 100)
        lines.append(shapes.line(store, article, quantity, subtotal, subtotal, (line_tax, line_tax)))
        goods, tax = goods + subtotal, tax + line_tax
    at = (
        datetime.fromisoformat(body["date_created_gmt"]).replace(tzinfo=UTC)
        if body.get("date_created_gmt")
        else store.clock.now()
    )
    amounts = {
        "discount_total": 0, "discount_tax": 0, "shipping_total": 0, "shipping_tax": 0, "cart_tax": tax, "total": goods + tax,
        "total_tax": tax
    }  # fmt: skip
    made = shapes.order(
        store, store.post_id(), at, body.get("status", "pending"), billing, line_items=lines, shipping_lines=[],
        amounts=amounts, paid=at,
        tax_lines=[shapes.tax_line(store, tax, 0)], customer_id=customer_id, created_via=body.get("created_via", "rest-api"),
        modified=store.clock.now(),
        coupon_lines=[shapes.coupon_line(store, each["code"].lower(), 0, 0, 0) for each in body.get("coupon_lines", [])],
    )  # fmt: skip
    write_meta(store, made["meta_data"], body.get("meta_data", []))
    store.orders[made["id"]] = made
    tell(store, "order", made["id"], "created", "updated")
    return made


def totals(order: Record) -> tuple[int, int]:
    """Received and refunded, in the order's cents."""
    return minor(order["total"]), -sum(minor(each["total"]) for each in order["refunds"])
