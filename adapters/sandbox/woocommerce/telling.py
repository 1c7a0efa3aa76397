"""Webhooks of the WooCommerce twin: what fires them, what they carry, and how a store loses patience with who doesn't answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import orjson

from adapters.sandbox.deliveries import Outgoing
from adapters.sandbox.woocommerce.errors import UNKNOWN_COUPON, UNKNOWN_CUSTOMER, UNKNOWN_ORDER
from adapters.sandbox.woocommerce.store import Record, WooStore

AGENT = "WooCommerce/11.0.1 Hookshot (WordPress/7.1)"
TABLES = {"order": "orders", "customer": "customers", "coupon": "coupons", "product": "products"}
MISSING = {"order": UNKNOWN_ORDER, "customer": UNKNOWN_CUSTOMER, "coupon": UNKNOWN_COUPON}
PATIENCE = 5  # failures in a row; at the next but one the webhook is switched off


def tell(store: WooStore, resource: str, number: int, *events: str) -> None:
    """One delivery a webhook and record, however often it fires before its turn has come."""
    for webhook in store.webhooks.values():
        kind, _, event = webhook["topic"].partition(".")
        job = (webhook["id"], number)
        if kind != resource or event not in events or webhook["status"] != "active" or job in store.queued:
            continue
        store.queued.add(job)
        store.deliveries.add(lambda job=job: _made(store, *job))  # type: ignore[misc]


def _made(store: WooStore, webhook_id: int, number: int) -> Outgoing | None:
    with store.lock:
        store.queued.discard((webhook_id, number))
        webhook = store.webhooks.get(webhook_id)
        if webhook is None or webhook["status"] != "active":
            return None
        resource, event = webhook["resource"], webhook["event"]
        held: dict[int, Record] = getattr(store, TABLES[resource])
        payload: Any = held.get(number)
        if event == "deleted":
            payload = {"id": number}
        elif payload is None:
            code, message = MISSING[resource][0], MISSING[resource][1]
            payload = {"code": code, "message": message, "data": {"status": 404}}
        body = _json(payload)
        second = int(store.clock.now().timestamp())
        secret = store.webhook_secrets[webhook_id].encode()
        headers = {
            "Content-Type": "application/json", "User-Agent": AGENT, "X-WC-Webhook-Source": f"{store.origin}/",
            "X-WC-Webhook-Topic": webhook["topic"], "X-WC-Webhook-Resource": resource, "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(hmac.digest(secret, body, "sha256")).decode(),
            "X-WC-Webhook-ID": str(webhook_id),
            # the same for all deliveries of this webhook within the second
            "X-WC-Webhook-Delivery-ID": hashlib.md5(f"{webhook_id}:{second}".encode(), usedforsecurity=False).hexdigest(),
        }  # fmt: skip
        return Outgoing(webhook["delivery_url"], headers, body, lambda status: _answered(store, webhook_id, status))


def _json(payload: Any) -> bytes:
    """As PHP writes it: letters outside ASCII and slashes escaped."""
    text = orjson.dumps(payload).decode().replace("/", "\\/")
    return "".join(letter if letter.isascii() else _escaped(letter) for letter in text).encode()


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2], 'big'):04x}" for at in range(0, len(units), 2))


def _answered(store: WooStore, webhook_id: int, status: int) -> None:
    with store.lock:
        webhook = store.webhooks.get(webhook_id)
        if webhook is None:
            return
        if 200 <= status <= 302:
            store.webhook_failures[webhook_id] = 0
        elif store.webhook_failures[webhook_id] > PATIENCE:
            webhook["status"] = "disabled"
        else:
            store.webhook_failures[webhook_id] += 1
        unheard = webhook_id in store.unpinged
        url = webhook["delivery_url"]
    if unheard:
        ping(store, webhook_id, url)


def ping(store: WooStore, webhook_id: int, url: str) -> None:
    """Unsigned; repeated behind every delivery until one was answered with 200."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": AGENT}
    status = store.deliveries.post(Outgoing(url, headers, b"webhook_id=%d" % webhook_id))
    if status == 200:
        store.unpinged.discard(webhook_id)
    else:
        store.unpinged.add(webhook_id)
