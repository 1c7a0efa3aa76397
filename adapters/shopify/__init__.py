"""Shopify: Admin GraphQL, bulk operations, tags, metafields and discount codes."""
