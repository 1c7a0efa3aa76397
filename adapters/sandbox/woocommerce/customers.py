"""Routes of customers."""

from __future__ import annotations

import re
from typing import Any

from adapters.sandbox.draw import draw
from adapters.sandbox.web import Request, Response, answer
from adapters.sandbox.woocommerce import shapes
from adapters.sandbox.woocommerce.errors import UNKNOWN_CUSTOMER, WooError, invalid_params, unknown
from adapters.sandbox.woocommerce.orders import write_meta
from adapters.sandbox.woocommerce.params import Params, only, page
from adapters.sandbox.woocommerce.store import Record, WooStore
from adapters.sandbox.woocommerce.telling import tell

CHOICES = ("id", "include", "name", "registered_date")
ROLES = ("all", "administrator", "editor", "author", "contributor", "subscriber", "customer", "shop_manager")
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
BATCH = 100
WRITABLE = ("first_name", "last_name")


def listing(store: WooStore, request: Request) -> Response:
    params = Params(request, CHOICES, "name", "asc")
    role = params.values.get("role", "customer")
    if role not in ROLES:
        raise invalid_params({"role": ("rest_not_in_enum", f"role is not one of {', '.join(ROLES[:-1])}, and {ROLES[-1]}.")})
    found = [each for each in store.customers.values() if role in ("all", each["role"])]
    if email := params.values.get("email"):
        found = [each for each in found if each["email"].lower() == email.lower()]
    if search := params.values.get("search", "").lower():
        found = [
            each
            for each in found
            if search in f"{each['email']} {each['username']} {each['first_name']} {each['last_name']}".lower()
        ]
    if "include" in params.many:
        wanted = set(params.ids("include"))
        found = [each for each in found if each["id"] in wanted]
    if "exclude" in params.many:
        unwanted = set(params.ids("exclude"))
        found = [each for each in found if each["id"] not in unwanted]
    return page(store, request, params, _sorted(params, found), lambda each: store.shown("customers", each))


def _sorted(params: Params, found: list[Record]) -> list[Record]:
    backwards = params.order == "desc"
    if params.orderby == "name":
        # people of one name come in another order on each page, so a walk by name loses some
        return sorted(
            found, key=lambda each: (each["first_name"].lower(), draw("page", params.page, each["id"])), reverse=backwards
        )
    if params.orderby == "include":
        place = {number: index for index, number in enumerate(params.ids("include"))}
        return sorted(found, key=lambda each: place.get(each["id"], 0))
    if params.orderby == "registered_date":
        return sorted(found, key=lambda each: (each["date_created_gmt"], each["id"]), reverse=backwards)
    return sorted(found, key=lambda each: int(each["id"]), reverse=backwards)


def the_customer(store: WooStore, number: int) -> Record:
    if number not in store.customers:
        raise unknown(UNKNOWN_CUSTOMER)
    return store.customers[number]


def single(store: WooStore, request: Request, number: int) -> Response:
    shown = store.shown("customers", the_customer(store, number))
    fields = dict(request.query).get("_fields")
    return answer(only(shown, fields) if fields else shown)


def update(store: WooStore, request: Request, number: int) -> Response:
    return answer(store.shown("customers", change(store, number, request.json())))


def change(store: WooStore, number: int, body: dict[str, Any]) -> Record:
    held = the_customer(store, number)
    if "email" in body:
        taken = any(each["email"].lower() == body["email"].lower() and each["id"] != number for each in store.customers.values())
        if taken or not EMAIL.match(body["email"]):
            raise WooError(400, "woocommerce_rest_customer_invalid_email", "Email address is invalid.")
        held["email"] = body["email"]
        held["avatar_url"] = shapes.avatar(body["email"])
    for name in WRITABLE:
        if name in body:
            held[name] = str(body[name])
    for name in ("billing", "shipping"):
        held[name].update({key: value for key, value in body.get(name, {}).items() if key in held[name]})
    for key in write_meta(store, held["meta_data"], body.get("meta_data", []), hidden=False):
        store.meta_writes[number][key] += 1
    store.touch(held)
    tell(store, "customer", number, "updated")
    return held


def create(store: WooStore, request: Request) -> Response:
    return answer(add(store, request.json()), 201)


def add(store: WooStore, body: dict[str, Any]) -> Record:
    email = str(body.get("email", ""))
    if not EMAIL.match(email):
        raise WooError(400, "customer_invalid_email", "Invalid email address")
    if any(each["email"].lower() == email.lower() for each in store.customers.values()):
        message = f"An account is already registered with {email}. Please log in or use a different email address."
        raise WooError(400, "registration-error-email-exists", message)
    number, now = store.user_id(), store.clock.now()
    fields = {name: str(body.get(name, "")) for name in WRITABLE}
    made = shapes.customer(
        store, number, now, now, email=email, billing=body.get("billing", {}), shipping=body.get("shipping", {}),
        meta_data=[store.meta("default_password_nag", "1")], **fields,
    )  # fmt: skip
    write_meta(store, made["meta_data"], body.get("meta_data", []), hidden=False)
    store.customers[number] = made
    tell(store, "customer", number, "created", "updated")
    return made


def remove(store: WooStore, request: Request, number: int) -> Response:
    held = the_customer(store, number)
    if dict(request.query).get("force") != "true":
        raise WooError(501, "woocommerce_rest_trash_not_supported", "Customers do not support trashing.")
    for order in store.orders.values():
        if order["customer_id"] == number:
            order["customer_id"] = 0
            order["_links"].pop("customer", None)
            store.touch(order)
    del store.customers[number]
    if held["role"] == "customer":
        tell(store, "customer", number, "deleted")
    return answer(held)


def batch(store: WooStore, request: Request) -> Response:
    """Answers 200 whatever happened; each bad item carries its own error."""
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
                done = _one(store, kind, number, item)
            except WooError as error:
                done = {"id": number, "error": error.body()}
            result.setdefault(kind, []).append(done)
    return answer(result)


def _one(store: WooStore, kind: str, number: int, item: Any) -> Record:
    if kind == "create":
        return add(store, item)
    if kind == "update":
        return store.shown("customers", change(store, number, item))
    return store.customers.pop(the_customer(store, number)["id"])
