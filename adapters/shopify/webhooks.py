"""What Shopify sends by itself: verified by the app's secret, believed where it says all, else a question to the shop.

The bodies are shaped like the old REST resources and have lost fields since 2025-01 (tags, consent, totals): what they do not say
is asked of the shop, where several changes of one record are one question.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from adapters.shopify.amounts import microseconds
from adapters.shopify.ids import bare
from adapters.shopify.told import consent_told, customer_told, order_told
from plugin_core.deliveries import (
    Amendment,
    Ignore,
    Ping,
    Refetch,
    Rejection,
    Repull,
    Retagged,
    Step,
    StoreEvent,
    Unusable,
    Verified,
)
from plugin_core.platforms import ConnectionInfo
from plugin_core.records import Deletion

_Id = int | str | None


class _Nested(msgspec.Struct):
    id: _Id = None
    email: str | None = None


class _Body(msgspec.Struct):
    """All the places in which a topic of ours may name what it is about."""

    id: _Id = None
    order_id: _Id = None
    customer_id: _Id = None
    snake_customer: _Id = msgspec.field(default=None, name="admin_graphql_api_customer_id")
    camel_customer: _Id = msgspec.field(default=None, name="customerId")
    kept: _Id = msgspec.field(default=None, name="admin_graphql_api_customer_kept_id")
    merged_away: _Id = msgspec.field(default=None, name="admin_graphql_api_customer_deleted_id")
    graphql_id: _Id = msgspec.field(default=None, name="admin_graphql_api_id")
    token: str | None = None
    status: str | None = None
    customer: _Nested | None = None
    domain: str | None = msgspec.field(default=None, name="myshopify_domain")  # of the shop itself
    shop_domain: str | None = None  # of compliance topics
    tags: list[str] | str | None = None
    orders_requested: list[_Id] | None = None
    orders_to_redact: list[_Id] | None = None


_Steps = Callable[[str, _Body, bytes, int], list[Step]]  # subject, body, the body's bytes, when it happened


def _number(*found: _Id) -> str:
    return next((bare(str(each)) for each in found if each not in (None, "")), "")


def _of_record(body: _Body) -> str:
    return _number(body.id, body.graphql_id, body.token)


def _of_customer(body: _Body) -> str:
    return _number(body.customer_id, body.camel_customer, body.snake_customer)


def _of_order(body: _Body) -> str:
    return _number(body.order_id)


def _of_kept(body: _Body) -> str:
    return _number(body.kept)


def _of_person(body: _Body) -> str:
    return _number(body.customer.id if body.customer else None)


def _of_nothing(_body: _Body) -> str:
    return ""


def _refetch(resource: str) -> _Steps:
    return lambda subject, _body, _raw, _at: [Refetch(resource, (subject,))]


def _order(subject: str, _body: _Body, raw: bytes, _at: int) -> list[Step]:
    record = order_told(raw)
    return [Refetch("orders", (subject,)) if record is None else record]


def _refund(subject: str, body: _Body, _raw: bytes, _at: int) -> list[Step]:
    """The order itself tells of its refunds, too."""
    return [Refetch("orders", (subject,), unless_refund=_number(body.id))]


def _customer(subject: str, _body: _Body, raw: bytes, _at: int) -> list[Step]:
    record = customer_told(raw)
    return [Refetch("customers", (subject,)) if record is None else Amendment(record)]


def _consent(subject: str, _body: _Body, raw: bytes, _at: int) -> list[Step]:
    record = consent_told(raw)
    return [Refetch("customers", (subject,)) if record is None else Amendment(record, only_consents=True)]


def _sums(subject: str, _body: _Body, _raw: bytes, _at: int) -> list[Step]:
    # Ours follow from the orders.
    return [Refetch("customers", (subject,), unless_known=True)]


def _tags(*, added: bool) -> _Steps:
    def steps(subject: str, body: _Body, _raw: bytes, _at: int) -> list[Step]:
        if not isinstance(body.tags, list) or not body.tags:
            return [Refetch("customers", (subject,))]
        return [Retagged(subject, tuple(body.tags), added)]

    return steps


def _delete(resource: str) -> _Steps:
    return lambda subject, _body, _raw, at: [Deletion(resource, subject, at)]


def _event(kind: str) -> _Steps:
    return lambda subject, _body, _raw, _at: [StoreEvent(kind, subject)]


def _about_person(kind: str) -> _Steps:
    """A guest has no id: the address and the orders say who it is."""

    def steps(subject: str, body: _Body, _raw: bytes, _at: int) -> list[Step]:
        email = (body.customer.email if body.customer else None) or ""
        orders = tuple(_number(each) for each in (*(body.orders_requested or ()), *(body.orders_to_redact or ())))
        return [StoreEvent(kind, subject, email, tuple(each for each in orders if each))]

    return steps


def _merge(subject: str, body: _Body, _raw: bytes, at: int) -> list[Step]:
    """It tells of merges that did not come about, too."""
    if (body.status or "completed").lower() != "completed":
        return [Ignore("the merge did not come about")]
    gone = _number(body.merged_away)
    whole: Step = Refetch("customers", tuple(each for each in (subject, gone) if each), with_orders=True)
    return [whole, Deletion("customers", gone, at, subject)] if gone else [whole]


def _pull_checkouts(_subject: str, _body: _Body, _raw: bytes, _at: int) -> list[Step]:
    # Their webhooks name no id of a checkout any more (since March 2026), only a token no query takes.
    return [Repull("checkouts")]


def _nothing(reason: str) -> _Steps:
    return lambda _subject, _body, _raw, _at: [Ignore(reason)]


class _Topic(NamedTuple):
    subject: Callable[[_Body], str]
    steps: _Steps
    without_subject: bool = False


_TOPICS: Mapping[str, _Topic] = {
    "customers/create": _Topic(_of_record, _refetch("customers")),
    "customers/update": _Topic(_of_record, _customer),
    "customers/enable": _Topic(_of_record, _refetch("customers")),
    "customers/disable": _Topic(_of_record, _refetch("customers")),
    "customers/delete": _Topic(_of_record, _delete("customers")),
    "customers/purchasing_summary": _Topic(_of_customer, _sums),
    "customers/merge": _Topic(_of_kept, _merge),
    "customer.tags_added": _Topic(_of_customer, _tags(added=True)),
    "customer.tags_removed": _Topic(_of_customer, _tags(added=False)),
    "customers_email_marketing_consent/update": _Topic(_of_customer, _consent),
    "customers_marketing_consent/update": _Topic(_of_customer, _refetch("customers")),
    "orders/create": _Topic(_of_record, _order),
    "orders/updated": _Topic(_of_record, _order),
    "orders/paid": _Topic(_of_record, _order),
    "orders/cancelled": _Topic(_of_record, _order),
    "orders/edited": _Topic(_of_order, _refetch("orders")),
    "orders/fulfilled": _Topic(_of_record, _order),
    "orders/delete": _Topic(_of_record, _delete("orders")),
    "refunds/create": _Topic(_of_order, _refund),
    "checkouts/create": _Topic(_of_record, _pull_checkouts, without_subject=True),
    "checkouts/update": _Topic(_of_record, _pull_checkouts, without_subject=True),
    "checkouts/delete": _Topic(_of_record, _pull_checkouts, without_subject=True),
    "discounts/create": _Topic(_of_record, _nothing("codes are known from making them")),
    "discounts/update": _Topic(_of_record, _event("code_changed")),
    "discounts/delete": _Topic(_of_record, _event("code_gone")),
    "bulk_operations/finish": _Topic(_of_record, _nothing("whoever began it looks by himself")),
    "app/uninstalled": _Topic(_of_nothing, _event("uninstalled"), without_subject=True),
    "app/scopes_update": _Topic(_of_nothing, _event("facts"), without_subject=True),
    "shop/update": _Topic(_of_nothing, _event("facts"), without_subject=True),
    "customers/data_request": _Topic(_of_person, _about_person("data_request"), without_subject=True),
    "customers/redact": _Topic(_of_person, _about_person("redact_customer"), without_subject=True),
    "shop/redact": _Topic(_of_nothing, _event("redact_shop"), without_subject=True),
}
# Shopify wants these named apart, in the app's configuration only.
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
TOPICS = tuple(sorted(_TOPICS.keys() - {*COMPLIANCE}))

_decode = msgspec.json.Decoder(_Body, strict=False).decode
_unreadable = (msgspec.MsgspecError, ValueError, RecursionError)


class ShopifyWebhooks:
    names_store = True
    topics = TOPICS

    def __init__(self, secrets: Sequence[str]) -> None:
        self.secrets = tuple(secrets)

    def verify(self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]) -> Verified | Ping | Rejection:
        said = {name.removeprefix("x-"): value for name, value in headers.items() if name.startswith(("x-shopify-", "shopify-"))}
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Rejection(415, "wrong content type")
        signature = said.get("shopify-hmac-sha256", "")
        if not signature:
            return Rejection(401, "no signature")
        if not signed(raw, signature, secrets):
            return Rejection(401, "bad signature")
        topic, shop = said.get("shopify-topic", "").lower(), said.get("shopify-shop-domain", "").lower()
        if not topic or not shop:
            return Rejection(400, "no topic or shop")
        body = _read(raw)
        if body is not None and {each.lower() for each in (body.domain, body.shop_domain) if each} - {shop}:
            return Rejection(401, "another shop's body")
        known = _TOPICS.get(topic)
        subject = known.subject(body) if known and body is not None else ""
        # The event's id is the same over all repetitions; where it is missing the body itself tells one event from another.
        event = said.get("shopify-event-id") or said.get("shopify-webhook-id") or hashlib.sha256(raw).hexdigest()
        kept: dict[str, str] = {
            name: said[name] for name in ("shopify-api-version", "shopify-event-id", "shopify-webhook-id") if name in said
        }
        return Verified(topic, subject, event, shop, _moment(said.get("shopify-triggered-at", "")), kept)

    def translate(self, topic: str, raw: bytes, connection: ConnectionInfo, *, at: int) -> list[Step]:  # noqa: ARG002 - the port's
        known = _TOPICS.get(topic)
        if known is None:
            return [Ignore(f"unknown topic {topic}")]
        body = _read(raw)
        if body is None:
            return [Unusable("It is signed, but its body can't be read.")]
        subject = known.subject(body)
        if not subject and not known.without_subject:
            return [Unusable("It does not say what it is about.")]
        return known.steps(subject, body, raw, at)


def signed(raw: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Base64 of HMAC-SHA256 over the bytes as they came; compared in constant time, with every secret."""
    given = signature.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")), given) for secret in secrets if secret
    ]
    return any(matches)


def _read(raw: bytes) -> _Body | None:
    try:
        return _decode(raw)
    except _unreadable:
        return None


def _moment(text: str) -> int | None:
    try:
        return microseconds(text) if text else None
    except _unreadable:
        return None
