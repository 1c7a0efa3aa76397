"""The door to WooCommerce stores: how their addresses are written, and a client for one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.client import WooCommerceClient
from adapters.woocommerce.transport import SignedApi
from adapters.woocommerce.webhooks import WooCommerceWebhooks
from plugin_core.addresses import Resolver, SiteAddress, normalise_url
from plugin_core.errors import InvalidInput
from plugin_core.platforms import ConnectionInfo

_WITHIN_A_SITE = ("wp-json", "wp-admin", "wp-login.php", "wc-api", "index.php")


class WooCommerceOptions(NamedTuple):
    allow_private: bool = False  # plain HTTP and addresses that are not on the public internet
    user_agent: str = "Comeback"
    timeouts: tuple[float, float] = (10.0, 30.0)  # seconds to connect, seconds between two parts of an answer
    pause: Callable[[float], None] = time.sleep
    resolver: Resolver | None = None


class WooCommercePlatform:
    name = "woocommerce"

    def __init__(self, options: WooCommerceOptions | None = None) -> None:
        self._options = options or WooCommerceOptions()
        self.webhooks = WooCommerceWebhooks()

    def normalise_address(self, text: str) -> str:
        """``Shop.Example/blog/wp-json/`` -> ``https://shop.example/blog``: the path of a site in a folder is kept."""
        return self._site(text).url

    def open(self, connection: ConnectionInfo) -> WooCommerceClient:
        key, secret = (connection.credentials.get(name, "").strip() for name in ("consumer_key", "consumer_secret"))
        if not key or not secret:
            mend = "Make a key with Read/Write in WooCommerce > Settings > Advanced > REST API."
            raise InvalidInput(f"{connection.store}: consumer key or secret is missing.", mend=mend)
        options = self._options
        signed = SignedApi(
            self._site(connection.address),
            key,
            secret,
            user_agent=options.user_agent,
            allow_private=options.allow_private,
            resolver=options.resolver,
        )
        signed.query_string_auth = bool(signed.is_ssl and connection.facts.get("auth_mode") == "query")
        return WooCommerceClient(
            connection, StoreApi(signed, store=connection.store, timeouts=options.timeouts, pause=options.pause)
        )

    def discard_files(self, address: str) -> None:
        """Nothing of a WooCommerce store is kept in files."""

    def _site(self, text: str) -> SiteAddress:
        site = normalise_url(text, allow_private=self._options.allow_private)
        parts = site.path.split("/")
        end = next((index for index, part in enumerate(parts) if part.lower() in _WITHIN_A_SITE), len(parts))
        return site._replace(path="/".join(parts[:end]))
