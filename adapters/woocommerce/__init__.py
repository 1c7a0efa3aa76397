"""WooCommerce stores over REST v3."""

from adapters.woocommerce.client import WooCommerceClient
from adapters.woocommerce.platform import WooCommerceOptions, WooCommercePlatform

__all__ = ["WooCommerceClient", "WooCommerceOptions", "WooCommercePlatform"]
