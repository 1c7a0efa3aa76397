"""One-click connect: the link to WooCommerce's consent screen, and the shape of what the store posts back."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from plugin_core.errors import InvalidInput

_PERMISSIONS = frozenset({"read", "write", "read_write"})


class Grant(NamedTuple):
    key_id: int
    consumer_key: str
    consumer_secret: str
    permissions: str


def authorise_url(site: str, *, app_name: str, state: str, return_url: str, callback_url: str, allow_plain: bool = False) -> str:
    """``state`` goes out as ``user_id``, the callback's only tie to us: unguessable (128 bits), used once, short-lived.

    ``allow_plain``: for stores on one's own machine that call back over plain HTTP.
    """
    if urlsplit(callback_url).scheme != "https" and not allow_plain:
        raise InvalidInput("WooCommerce calls back over https only.", mend="Set COMEBACK_PUBLIC_URL to an https:// address.")
    query = {
        "app_name": app_name,
        "scope": "read_write",
        "user_id": state,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    return f"{site.rstrip('/')}/wc-auth/v1/authorize?{urlencode(query)}"


def read_grant(body: object, *, state: str) -> Grant:
    """The callback is unsigned: after this, prove the keys by a call to the store they are said to be of."""
    if not isinstance(body, Mapping) or not hmac.compare_digest(str(body.get("user_id", "")).encode(), state.encode()):
        raise InvalidInput("This callback does not belong to a connection that was started here.", mend="Start connecting again.")
    key, secret = str(body.get("consumer_key", "")), str(body.get("consumer_secret", ""))
    if not key.startswith("ck_") or not secret.startswith("cs_"):
        raise InvalidInput("The callback holds no keys.", mend="Start connecting again.")
    permissions = str(body.get("key_permissions", ""))
    if permissions not in _PERMISSIONS or permissions != "read_write":
        raise InvalidInput("The granted key may not both read and write.", mend="Start connecting again and approve Read/Write.")
    number = body.get("key_id")
    return Grant(number if isinstance(number, int) else 0, key, secret, permissions)
