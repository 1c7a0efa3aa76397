"""Shopify: Admin GraphQL, bulk operations, tags, metafields and discount codes."""

from adapters.shopify.options import ShopifyOptions
from adapters.shopify.platform import ShopifyPlatform

__all__ = ["ShopifyOptions", "ShopifyPlatform"]
