"""The ways in for Shopify's merchants: the app's page in their admin, the permission link, and tokens renewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from adapters.shopify import install, tokens, visits
from adapters.shopify.options import SCOPES, ShopifyOptions
from adapters.shopify.platform import shop_domain
from adapters.shopify.proxy import ShopifyProxy
from adapters.shopify.segment_query import express
from plugin_core.errors import InvalidInput
from plugin_core.installers import Doors, Returned, Visit

APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
_ADMIN = "https://admin.shopify.com"


class ShopifyHome:
    script_url = APP_BRIDGE
    reload_param = "shopify-reload"
    retry_headers: Mapping[str, str] = {"X-Shopify-Retry-Invalid-Session-Request": "1"}

    def __init__(self, options: ShopifyOptions) -> None:
        self._options = options
        self.client_id = options.client_id

    # All shops' tokens are signed with the app's own secret.
    def visit(self, token: str, *, now: datetime, secrets: Callable[[str], Sequence[str]]) -> Visit:  # noqa: ARG002
        return visits.verified(self._options, token, now=now)

    def credentials(self, visit: Visit, *, now: datetime) -> Mapping[str, str]:  # noqa: ARG002 - the package reads the time itself
        return tokens.exchange_id_token(self._options, visit.token, visit.claims, store=visit.address).credentials()

    def ancestors(self, address: str) -> Sequence[str]:
        return (f"https://{shop_domain(address)}" if address else "https://*.myshopify.com", _ADMIN)


class ShopifyGrant:
    def __init__(self, options: ShopifyOptions) -> None:
        self._options = options

    def link(self, address: str, *, state: str, back_url: str) -> str:
        return install.permission_url(self._options, address, SCOPES, back_url, state)

    def returned(self, params: Mapping[str, str], *, state: str, now: datetime) -> Returned:
        shop = install.verified_shop(self._options, params, state=state, now=now)
        if params.get("error"):
            return Returned(shop, "")
        if not params.get("code"):
            raise InvalidInput("Shopify sent no code.", mend="Start the installation again.")
        return Returned(shop, params["code"])

    def credentials(self, returned: Returned, *, now: datetime) -> Mapping[str, str]:
        granted = install.exchange_code(self._options, returned.address, returned.code, store=returned.address, now=now)
        return granted.credentials()


def doors(options: ShopifyOptions) -> Doors:
    """Without a client id and secret nobody comes in."""
    if not options.client_id or not options.client_secret:
        return Doors(segment_query=express)

    def renew(address: str, credentials: Mapping[str, str], *, store: str) -> Mapping[str, str]:
        return tokens.refresh(options, address, credentials["refresh_token"], store=store).credentials()

    return Doors(
        home=ShopifyHome(options), redirect=ShopifyGrant(options), renew=renew, proxy=ShopifyProxy(options), segment_query=express
    )
