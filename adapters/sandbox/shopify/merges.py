"""Two customers that the merchant makes one: the kept one has all orders, tags and checkouts; the other is gone."""

from __future__ import annotations

from adapters.sandbox.shopify.store import ShopStore
from adapters.sandbox.shopify.telling import tell


def merge(shop: ShopStore, kept: str, gone: str) -> str:
    """Told by customers/merge alone: no customers/delete comes for the one that is gone."""
    survivor, absorbed = shop.customers[kept], shop.customers.pop(gone)
    for record in (*shop.orders.values(), *shop.checkouts.values()):
        if record["customer"] is absorbed:
            record.update(customer=survivor, updated=shop.now())
    tags = [*survivor["tags"], *(tag for tag in absorbed["tags"] if tag not in survivor["tags"])]
    survivor.update(tags=tags, updated=shop.now())
    tell(shop, "customers/merge", {
        "admin_graphql_api_customer_kept_id": kept, "admin_graphql_api_customer_deleted_id": gone,
        "admin_graphql_api_job_id": None, "status": "completed", "errors": [],
    })  # fmt: skip
    return kept
