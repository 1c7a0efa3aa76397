"""Routes of webhooks: kept, listed, and pinged when they are made or moved."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.web import Request, Response, answer
from adapters.sandbox.woocommerce.errors import UNKNOWN_WEBHOOK, WooError, unknown
from adapters.sandbox.woocommerce.params import Params, page
from adapters.sandbox.woocommerce.store import Record, WooStore
from adapters.sandbox.woocommerce.telling import ping

EVENTS = frozenset({"created", "updated", "deleted", "restored"})
RESOURCES = frozenset({"coupon", "customer", "order", "product"})


def listing(store: WooStore, request: Request) -> Response:
    params = Params(request, ("date", "id", "title"), "date")
    found = sorted(store.webhooks.values(), key=lambda each: each["id"], reverse=params.order == "desc")
    return page(store, request, params, found, lambda each: each)


def _the(store: WooStore, number: int) -> Record:
    if number not in store.webhooks:
        raise unknown(UNKNOWN_WEBHOOK)
    return store.webhooks[number]


def single(store: WooStore, request: Request, number: int) -> Response:
    return answer(_the(store, number))


def create(store: WooStore, request: Request) -> Response:
    """Active from the start, whatever status is asked for; the secret is never shown again."""
    body: dict[str, Any] = request.json()
    _check(body, required=True)
    number = max(store.webhooks, default=0) + 1
    resource, _, event = body["topic"].partition(".")
    made: Record = {
        "id": number, "name": body.get("name", ""), "status": "active", "topic": body["topic"], "resource": resource,
        "event": event, "hooks": [],
        "delivery_url": body["delivery_url"], **store.dates("date_created", store.clock.now()),
        **store.dates("date_modified", None),
        "_links": store.links(f"webhooks/{number}"),
    }  # fmt: skip
    store.webhooks[number] = made
    store.webhook_secrets[number] = str(body.get("secret", ""))
    ping(store, number, made["delivery_url"])
    return answer(made, 201)


def _check(body: dict[str, Any], *, required: bool) -> None:
    resource, _, event = str(body.get("topic", "")).partition(".")
    if (required or "topic" in body) and not ((resource in RESOURCES and event in EVENTS) or resource == "action"):
        raise WooError(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic is required and must be valid.")
    if (required or "delivery_url" in body) and not str(body.get("delivery_url", "")).startswith(("http://", "https://")):
        message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise WooError(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", message)


def update(store: WooStore, request: Request, number: int) -> Response:
    held, body = _the(store, number), request.json()
    _check(body, required=False)
    held.update({name: body[name] for name in ("name", "status", "topic", "delivery_url") if name in body})
    if "secret" in body:
        store.webhook_secrets[number] = str(body["secret"])
    store.touch(held)
    if "delivery_url" in body:
        ping(store, number, held["delivery_url"])
    return answer(held)


def remove(store: WooStore, request: Request, number: int) -> Response:
    held = _the(store, number)
    if dict(request.query).get("force") != "true":
        raise WooError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    del store.webhooks[number]
    return answer(held)
