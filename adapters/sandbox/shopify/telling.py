"""Webhooks of the Shopify twin: to the one address of the app's configuration, signed with its secret, in the old REST shapes."""

from __future__ import annotations

import base64
import hmac
import uuid
from functools import partial
from typing import Any

import orjson

from adapters.sandbox.deliveries import Outgoing
from adapters.sandbox.shopify import payloads
from adapters.sandbox.shopify.payloads import number
from adapters.sandbox.shopify.store import VERSION, Record, ShopStore


def tell(shop: ShopStore, topic: str, body: Record) -> None:
    """``body`` is sent as it is now; its event keeps its id over all repetitions."""
    if not shop.webhook_url:
        return
    raw = orjson.dumps(body)
    headers = {
        "Content-Type": "application/json", "X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": VERSION, "X-Shopify-Webhook-Id": str(uuid.uuid4()), "X-Shopify-Event-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": shop.now(),
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(shop.client_secret.encode(), raw, "sha256")).decode(),
    }  # fmt: skip
    shop.deliveries.add(partial(Outgoing, shop.webhook_url, headers, raw))


def customer_changed(shop: ShopStore, customer: Record, topic: str = "customers/update") -> None:
    tell(shop, topic, payloads.customer(shop, customer))


def bought(shop: ShopStore, customer: Record) -> None:
    orders = shop.orders_of[customer["id"]]
    tell(shop, "customers/purchasing_summary", {
        "admin_graphql_api_customer_id": customer["id"], "customer_id": number(customer["id"]), "number_of_orders": len(orders),
        "last_order_id": number(orders[-1]["id"]), "occurred_at": shop.now(),
    })  # fmt: skip


def tags_changed(shop: ShopStore, customer: Record, tags: list[str], *, added: bool) -> None:
    topic = "customer.tags_added" if added else "customer.tags_removed"
    tell(shop, topic, {"customerId": customer["id"], "tags": tags, "occurredAt": shop.now()})


def consent_changed(shop: ShopStore, customer: Record) -> None:
    state = {"state": customer["marketing_state"].lower(), "consent_updated_at": customer["marketing_at"]}
    body = {"customer_id": number(customer["id"]), "email_address": customer["email"], "email_marketing_consent": state}
    tell(shop, "customers_email_marketing_consent/update", body)


def order_changed(shop: ShopStore, order: Record, *topics: str) -> None:
    for topic in topics or ("orders/updated",):
        tell(shop, topic, payloads.order(shop, order))


def refund_made(shop: ShopStore, order: Record, refund: Record) -> None:
    tell(shop, "refunds/create", payloads.refund(shop, order, refund))
    order_changed(shop, order)


def gone(shop: ShopStore, resource: str, gid: str) -> None:
    topics: dict[str, Any] = {"customers": "customers/delete", "orders": "orders/delete", "discounts": "discounts/delete"}
    if resource in topics:
        tell(shop, topics[resource], {"id": number(gid), "admin_graphql_api_id": gid})


def discount_changed(shop: ShopStore, gid: str) -> None:
    """Only what it is and when: the terms are not in it."""
    node = shop.discounts[gid]["discount"]
    body = {"admin_graphql_api_id": gid, "title": node["title"], "status": node["status"], "updated_at": node["updated"]}
    tell(shop, "discounts/update", body)
