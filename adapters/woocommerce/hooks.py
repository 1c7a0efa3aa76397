"""The webhooks we have in a store: made with our own secret, and looked after, for the store tells nobody when it drops one.

WooCommerce switches a webhook off at the seventh failure in a row, in silence, and keeps the count: switched on again, one
failure is enough, until one delivery succeeds. It never shows a secret, and one it made up by itself is known to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.woocommerce.api import StoreApi
from plugin_core.errors import BadAnswer
from plugin_core.platforms import WebhookChanges

_NAME = "Comeback"
_AT_ONCE = 100


def ensure_webhooks(api: StoreApi, url: str, secret: str, topics: Sequence[str], *, renew: bool = False) -> WebhookChanges:
    """Ours are those that lead to the same path, on whatever host: the installation may have moved."""
    found = [each for each in _all(api) if _path(each.get("delivery_url")) == _path(url)]
    made: list[str] = []
    revived: list[str] = []
    changed: list[str] = []
    for topic in topics:
        mine = [each for each in found if each.get("topic") == topic]
        if not mine:
            body = {"name": f"{_NAME}: {topic}", "topic": topic, "delivery_url": url, "secret": secret, "status": "active"}
            made.append(_id(api, api.write("POST", "webhooks", body)))
            continue
        kept, *more = mine
        wanted: dict[str, str] = {}
        if kept.get("status") != "active":
            wanted["status"] = "active"
        if kept.get("delivery_url") != url:
            wanted["delivery_url"] = url
        if wanted or renew:
            # The secret goes along: whoever changed the one may have changed the other.
            api.write("PUT", f"webhooks/{_id(api, kept)}", {**wanted, "secret": secret})
            (revived if "status" in wanted else changed).append(_id(api, kept))
        for each in more:
            _remove(api, _id(api, each))
    for each in found:
        if each.get("topic") not in topics:
            _remove(api, _id(api, each))
    return WebhookChanges(tuple(made), tuple(revived), tuple(changed))


def remove_webhooks(api: StoreApi, path: str) -> None:
    """Those that lead to ``path``, on whatever host; the merchant's own stay."""
    for each in _all(api):
        if path and _path(each.get("delivery_url")).endswith(path.rstrip("/")):
            _remove(api, _id(api, each))


def _all(api: StoreApi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        query: dict[str, str | int] = {"per_page": _AT_ONCE, "page": page, "orderby": "id", "order": "asc"}
        rows = api.get("webhooks", query)
        if not isinstance(rows, list):
            raise BadAnswer("A list of webhooks was asked for and something else came.", store=api.store)
        found += [each for each in rows if isinstance(each, dict)]
        if len(rows) < _AT_ONCE:
            return found
        page += 1


def _id(api: StoreApi, webhook: Any) -> str:
    number = webhook.get("id") if isinstance(webhook, dict) else None
    if not isinstance(number, int):
        raise BadAnswer("The store answered about a webhook without saying which.", store=api.store)
    return str(number)


def _path(url: Any) -> str:
    return urlsplit(str(url or "")).path.rstrip("/")


def _remove(api: StoreApi, number: str) -> None:
    api.write("DELETE", f"webhooks/{number}", None, {"force": "true"})
