"""The Shopify twin: Admin GraphQL 2026-10 over the routes, costs, limits and files of the real one."""
