"""Requests from the storefront that Shopify passes on to us (app proxy): signed by the app's secret, with the shopper it knows.

The signature is the hexadecimal HMAC-SHA256 over the other parameters, sorted by name and joined without anything in between; the
values of a repeated parameter are joined by commas.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from adapters.shopify.options import ShopifyOptions
from adapters.shopify.platform import shop_domain
from plugin_core.errors import InvalidInput
from plugin_core.installers import Shopper

OLDEST = 90  # seconds, either way
_ONCE = ("shop", "logged_in_customer_id", "timestamp", "signature")


class ShopifyProxy:
    def __init__(self, options: ShopifyOptions) -> None:
        self._options = options

    def shopper(self, query: Sequence[tuple[str, str]], *, now: datetime) -> Shopper:
        """Of two values of what names the shop or the shopper neither can be trusted."""
        given: dict[str, list[str]] = {}
        for name, value in query:
            given.setdefault(name, []).append(value)
        if any(len(given.get(name, ())) > 1 for name in _ONCE) or not given.keys() >= {"shop", "timestamp", "signature"}:
            raise _refused()
        signature = given.pop("signature")[0]
        text = "".join(f"{name}={','.join(given[name])}" for name in sorted(given))
        if not any(_fits(text, signature, secret) for secret in self._options.accepted_secrets):
            raise _refused()
        moment = given["timestamp"][0]
        if not (moment.isascii() and moment.isdigit()) or abs(now.timestamp() - int(moment)) > OLDEST:
            raise _refused()
        account = given.get("logged_in_customer_id", [""])[0]
        return Shopper(shop_domain(given["shop"][0]), account if account.isascii() and account.isdigit() else "")


def _fits(text: str, signature: str, secret: str) -> bool:
    made = hmac.digest(secret.encode(), text.encode("utf-8", "replace"), "sha256").hex()
    return bool(secret) and hmac.compare_digest(made.encode(), signature.encode("utf-8", "replace"))


def _refused() -> InvalidInput:
    return InvalidInput("This request was not passed on by the store, or is too old.", mend="Open it in the shop.")
