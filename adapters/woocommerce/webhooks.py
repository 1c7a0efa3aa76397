"""What a WooCommerce store sends by itself: verified by that store's secret, translated where the body is enough.

A body is the REST answer as it stands when it is sent, seen with the eyes of the user who made the webhook. Deletions hold an id
and nothing else, not even when; and the id of a delivery is shared by all deliveries of one webhook within a second.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from adapters.woocommerce import payloads
from adapters.woocommerce.translate import Context, context, customer_record, order_record, product_record
from plugin_core.deliveries import Ignore, Ping, Refetch, Rejection, Step, StoreEvent, Unusable, Verified
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import Record

TOPICS: tuple[str, ...] = (
    *("customer.created", "customer.updated", "customer.deleted"),
    *("order.created", "order.updated", "order.deleted", "order.restored"),
    *("coupon.created", "coupon.updated", "coupon.deleted"),
    "product.updated",
)
_RESOURCES = {"customer": "customers", "order": "orders", "product": "products"}
_KNOWN = frozenset({*TOPICS, "product.created", "product.deleted", "product.restored", "coupon.restored"})
# Sent when a webhook is made, and again while no ping was answered by 200: a form, no topic, not signed.
_PING = re.compile(rb"webhook_id=\d{1,20}")
_unreadable = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)


class _ErrorBody(msgspec.Struct):
    code: str = ""
    message: str = ""


_decode_error = msgspec.json.Decoder(_ErrorBody).decode


class WooCommerceWebhooks:
    names_store = False
    topics = TOPICS
    secrets: tuple[str, ...] = ()

    def verify(self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]) -> Verified | Ping | Rejection:
        signature = headers.get("x-wc-webhook-signature", "")
        if not signature and _PING.fullmatch(raw):
            return Ping()
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Rejection(415, "wrong content type")
        if not signature:
            return Rejection(401, "no signature")
        if not _signed(raw, signature, secrets):
            return Rejection(401, "bad signature")
        topic = headers.get("x-wc-webhook-topic", "").lower()
        if not topic:
            return Rejection(400, "no topic")
        kept: dict[str, str] = {
            name: headers[name] for name in ("x-wc-webhook-id", "x-wc-webhook-delivery-id") if name in headers
        }
        # A deletion looks the same each time: after a restoration the second one is news.
        event = "" if topic.endswith((".deleted", ".restored")) else hashlib.sha256(raw).hexdigest()
        return Verified(topic, _number(raw), event, headers=kept)

    def translate(self, topic: str, raw: bytes, connection: ConnectionInfo, *, at: int) -> list[Step]:  # noqa: ARG002 - the port's
        if topic not in _KNOWN:
            return [Ignore(f"unknown topic {topic}")]
        number = _number(raw)
        if not number:
            return [_without_id(raw)]
        kind, _, event = topic.partition(".")
        if kind == "coupon":
            kinds = {"deleted": "code_gone", "updated": "code_changed"}
            return [StoreEvent(kinds[event], number) if event in kinds else Ignore("codes are known from making them")]
        if event != "deleted":
            url = str(connection.facts.get("url") or connection.address)
            about = context(connection.zone, connection.currency, url, connection.settings)
            try:
                record = _READERS[kind](raw, about)
            except _unreadable:
                record = None  # the store's own answer decides whether it can be read
            if record is not None:
                return [record]
        return [Refetch(_RESOURCES[kind], (number,))]


def _order(raw: bytes, about: Context) -> Record | None:
    order = payloads.order_decoder.decode(raw)
    if order.refunds:
        return None  # what they were for, line by line, is not in the body
    return order_record(order, {}, about)


def _customer(raw: bytes, about: Context) -> Record | None:
    return customer_record(payloads.account_decoder.decode(raw), about)


def _product(raw: bytes, about: Context) -> Record | None:
    return product_record(payloads.product_decoder.decode(raw), about)


_READERS: Mapping[str, Callable[[bytes, Context], Record | None]] = {"order": _order, "customer": _customer, "product": _product}


def _without_id(raw: bytes) -> Step:
    """The store answered itself with an error, and signed it."""
    try:
        error = _decode_error(raw)
    except _unreadable:
        return Unusable("It is signed, but its body can't be read.")
    if error.code.endswith("_invalid_id"):
        return Ignore("it was gone before the store sent it")
    if error.code:
        return Unusable(
            f"The store could not show what changed ({error.code[:80]}). Connect it again with the key of an administrator: "
            "webhooks see what the user who made them may see."
        )
    return Unusable("It does not say what it is about.")


def _signed(raw: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Base64 of HMAC-SHA256 over the bytes as they came; compared in constant time, with every secret."""
    given = signature.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")), given) for secret in secrets if secret
    ]
    return any(matches)


def _number(raw: bytes) -> str:
    try:
        found = payloads.row_id(raw)
    except _unreadable:
        return ""
    return found if found.isascii() and found.isdecimal() else ""
