"""The ways in for WooCommerce's merchants: the store's own consent page, our plugin, and our page inside their admin."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.woocommerce import install
from adapters.woocommerce.home import WooCommerceHome
from adapters.woocommerce.platform import WooCommerceOptions
from adapters.woocommerce.plugin import WooCommercePlugin
from plugin_core.installers import Doors

_NAME = "Comeback"


class WooCommerceKeys:
    def __init__(self, options: WooCommerceOptions) -> None:
        self._options = options

    def link(self, address: str, *, state: str, back_url: str, callback_url: str) -> str:
        return install.authorise_url(
            address,
            app_name=_NAME,
            state=state,
            return_url=back_url,
            callback_url=callback_url,
            allow_plain=self._options.allow_private,
        )

    def state_of(self, body: object) -> str:
        found = body.get("user_id") if isinstance(body, Mapping) else None
        return found if isinstance(found, str) else ""

    def keys(self, body: object, *, state: str) -> Mapping[str, str]:
        grant = install.read_grant(body, state=state)
        return {"consumer_key": grant.consumer_key, "consumer_secret": grant.consumer_secret}


def doors(options: WooCommerceOptions) -> Doors:
    return Doors(home=WooCommerceHome(), keys=WooCommerceKeys(options), plugin=WooCommercePlugin())
