"""Routes of coupons, with the two traps a connector must know: dropped e-mail restrictions and the ignored date_expires_gmt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from adapters.sandbox.cents import minor, text
from adapters.sandbox.web import Request, Response, answer
from adapters.sandbox.woocommerce.customers import BATCH, EMAIL
from adapters.sandbox.woocommerce.errors import UNKNOWN_COUPON, WooError, unknown
from adapters.sandbox.woocommerce.orders import in_order, write_meta
from adapters.sandbox.woocommerce.params import DATE, Params, only, page, within
from adapters.sandbox.woocommerce.store import Record, WooStore
from adapters.sandbox.woocommerce.telling import tell

CHOICES = ("date", "id", "include", "title", "slug", "modified")
TYPES = ("percent", "fixed_cart", "fixed_product")
PLAIN = (
    "description", "individual_use", "product_ids", "excluded_product_ids", "usage_limit", "usage_limit_per_user",
    "limit_usage_to_x_items",
    "free_shipping", "product_categories", "excluded_product_categories", "exclude_sale_items",
)  # fmt: skip


def listing(store: WooStore, request: Request) -> Response:
    params = Params(request, CHOICES, "date")
    found = [each for each in store.coupons.values() if each["status"] == "publish"]
    if code := params.values.get("code"):
        found = [each for each in found if each["code"] == code.lower()]
    return page(store, request, params, in_order(params, within(store, params, found)), lambda each: store.shown("coupons", each))


def single(store: WooStore, request: Request, number: int) -> Response:
    shown = store.shown("coupons", _the(store, number))
    fields = dict(request.query).get("_fields")
    return answer(only(shown, fields) if fields else shown)


def _the(store: WooStore, number: int) -> Record:
    if number not in store.coupons:
        raise unknown(UNKNOWN_COUPON)
    return store.coupons[number]


def create(store: WooStore, request: Request) -> Response:
    made = add(store, request.json())
    return answer(made, 201, {"Location": made["_links"]["self"][0]["href"]})


def add(store: WooStore, body: dict[str, Any]) -> Record:
    code = str(body.get("code", "")).strip().lower()
    if not code:
        raise WooError(400, "woocommerce_rest_empty_coupon_code", "The coupon code cannot be empty.")
    if any(each["code"] == code and each["status"] == "publish" for each in store.coupons.values()):
        store.code_attempts[code]["refused"] += 1
        raise WooError(400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists")
    number, now = store.post_id(), store.clock.now()
    made: Record = {
        "id": number, "code": code, "amount": "0.00", "status": "publish", **store.dates("date_created", now),
        **store.dates("date_modified", now),
        "discount_type": "fixed_cart", "description": "", "date_expires": None, "date_expires_gmt": None, "usage_count": 0,
        "individual_use": False, "product_ids": [], "excluded_product_ids": [], "usage_limit": None, "usage_limit_per_user": None,
        "limit_usage_to_x_items": None, "free_shipping": False, "product_categories": [], "excluded_product_categories": [],
        "exclude_sale_items": False, "minimum_amount": "0.00", "maximum_amount": "0.00", "email_restrictions": [], "used_by": [],
        "meta_data": [], "_links": store.links(f"coupons/{number}"),
    }  # fmt: skip
    _apply(store, made, body)
    store.coupons[number] = made
    store.code_attempts[code]["created"] += 1
    tell(store, "coupon", number, "created", "updated")
    return made


def _apply(store: WooStore, held: Record, body: dict[str, Any]) -> None:
    kind = body.get("discount_type", held["discount_type"])
    amount = minor(str(body.get("amount", held["amount"])))
    if kind not in TYPES:
        raise WooError(400, "coupon_invalid_discount_type", "Invalid discount type.")
    if amount < 0 or (kind == "percent" and amount > 100_00):
        raise WooError(400, "coupon_invalid_amount", "Invalid discount amount.")
    held.update(discount_type=kind, amount=text(amount))
    held.update({name: body[name] for name in PLAIN if name in body})
    for name in ("minimum_amount", "maximum_amount"):
        if name in body:
            held[name] = text(minor(str(body[name])))
    if "email_restrictions" in body:
        # an address that is none vanishes without a word: the coupon is then open to everybody
        held["email_restrictions"] = [
            each.strip().lower() for each in body["email_restrictions"] if EMAIL.match(str(each).strip())
        ]
    if "date_expires" in body:
        held.update(store.dates("date_expires", _expiry(store, body["date_expires"])))
    write_meta(store, held["meta_data"], body.get("meta_data", []))


def _expiry(store: WooStore, value: str | None) -> datetime | None:
    """Site time; a bare date is its midnight. ``date_expires_gmt`` is not read at all."""
    if not value:
        return None
    if DATE.match(value) or len(value) == len("2026-01-01"):
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=store.zone)
    raise WooError(400, "rest_invalid_param", "Invalid parameter(s): date_expires")


def update(store: WooStore, request: Request, number: int) -> Response:
    return answer(change(store, number, request.json()))


def change(store: WooStore, number: int, body: dict[str, Any]) -> Record:
    held = _the(store, number)
    _apply(store, held, body)
    store.touch(held)
    tell(store, "coupon", number, "updated")
    return held


def remove(store: WooStore, request: Request, number: int) -> Response:
    held = _the(store, number)
    before = held | {}
    store.code_attempts[held["code"]]["deleted"] += 1
    if dict(request.query).get("force") == "true":
        del store.coupons[number]
        return answer(before)
    held["status"] = "trash"  # which frees the code
    store.touch(held)
    tell(store, "coupon", number, "deleted")
    return answer(before)


def batch(store: WooStore, request: Request) -> Response:
    body: dict[str, list[Any]] = request.json()
    if sum(len(body.get(kind, [])) for kind in ("create", "update", "delete")) > BATCH:
        raise WooError(
            413, "woocommerce_rest_request_entity_too_large", f"Unable to accept more than {BATCH} items for this request."
        )
    result: dict[str, list[Record]] = {}
    for kind in ("create", "update", "delete"):
        for item in body.get(kind, []):
            number = int(item) if kind == "delete" else int(item.get("id") or 0)
            try:
                result.setdefault(kind, []).append(_one(store, kind, number, item))
            except WooError as error:
                result.setdefault(kind, []).append({"id": number, "error": error.body()})
    return answer(result)


def _one(store: WooStore, kind: str, number: int, item: Any) -> Record:
    if kind == "create":
        return add(store, item)
    held = _the(store, number)
    if kind == "update":
        _apply(store, held, item)
        store.touch(held)
        return held
    store.code_attempts[held["code"]]["deleted"] += 1
    return store.coupons.pop(number)
