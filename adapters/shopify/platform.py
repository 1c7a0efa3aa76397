"""The door to Shopify stores: how their addresses are written, and a client for one of them."""

from __future__ import annotations

from shopify.utils.shop_url import sanitize_shop_domain

from adapters.shopify.client import ShopifyClient
from adapters.shopify.options import ShopifyOptions
from adapters.shopify.spool import discard
from adapters.shopify.webhooks import ShopifyWebhooks
from plugin_core.errors import InvalidInput
from plugin_core.platforms import ConnectionInfo


class ShopifyPlatform:
    name = "shopify"

    def __init__(self, options: ShopifyOptions | None = None) -> None:
        self.options = options or ShopifyOptions()
        self.webhooks = ShopifyWebhooks(self.options.accepted_secrets)

    def normalise_address(self, text: str) -> str:
        """``Acme``, ``https://acme.myshopify.com/admin`` -> ``acme.myshopify.com``."""
        return shop_domain(text)

    def open(self, connection: ConnectionInfo) -> ShopifyClient:
        return ShopifyClient(connection, self.options)

    def discard_files(self, address: str) -> None:
        """Bulk files of an import that did not come to its end; it fetches them again."""
        discard(self.options.spool_dir, address)


def shop_domain(text: str) -> str:
    """InvalidInput where it is not the permanent address of a Shopify shop."""
    found = sanitize_shop_domain(text.strip())
    if not found:
        raise InvalidInput(
            f"{text.strip()[:100]!r} is not a Shopify shop's address.",
            mend="Use the permanent one, e.g. acme.myshopify.com (Shopify admin > Settings > Domains), not your own domain.",
        )
    return str(found)
