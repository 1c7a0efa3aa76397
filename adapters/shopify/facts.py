"""What a shop says of itself, and what this app may do in it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from shopify import ApiAccess

from adapters.shopify.ids import bare
from adapters.shopify.options import API_VERSION
from adapters.shopify.transport import AdminTransport
from plugin_core.errors import BadAnswer, Permanent
from plugin_core.platforms import Capability, StoreFacts

log = logging.getLogger(__name__)

NEEDED = ("write_customers", "read_orders", "read_products", "write_discounts")
CAPABILITIES = frozenset(
    {Capability.CUSTOMER_TAGS, Capability.CUSTOMER_BOUND_CODES, Capability.CONSENT, Capability.CHECKOUT_LINKS}
)


def shop_facts(transport: AdminTransport) -> StoreFacts:
    shop = transport.call("shop", repeatable=True).get("shop") or {}
    if not shop.get("id") or not shop.get("currencyCode"):
        raise BadAnswer("the shop doesn't say who it is or what its currency is.", store=transport.store, mend="Try again later.")
    scopes = _scopes(transport)
    url, country = _details(transport)
    return StoreFacts(
        external_id=bare(str(shop["id"])),
        name=str(shop.get("name") or transport.shop),
        currency=str(shop["currencyCode"]),
        zone=str(shop.get("ianaTimezone") or "UTC"),
        country=country,
        version=API_VERSION,
        url=url or f"https://{transport.shop}",
        scopes=scopes,
        capabilities=CAPABILITIES,
        notes=(*notes(scopes), *_hidden(transport, scopes)),
        details={
            "myshopify_domain": str(shop.get("myshopifyDomain") or transport.shop),
            "scopes": list(scopes),
            "orders_seen_days": _orders_seen_days(scopes),
        },
    )


def _orders_seen_days(scopes: Sequence[str]) -> int | None:
    """None: orders of any age. Where Shopify doesn't say what was granted the least is supposed."""
    return None if scopes and ApiAccess(list(scopes)).covers(ApiAccess("read_all_orders")) else 60


def notes(scopes: Iterable[str]) -> list[str]:
    """What the merchant should know about the access given. Nothing where Shopify doesn't say what was given."""
    granted = list(scopes)
    if not granted:
        return []
    access = ApiAccess(granted)
    found = [
        f"The access scope {scope} is missing; what needs it will fail."
        for scope in NEEDED
        if not access.covers(ApiAccess(scope))
    ]
    if not access.covers(ApiAccess("read_all_orders")):
        found.append(
            "Without the access scope read_all_orders only the orders of the last 60 days can be seen; "
            "for older ones Shopify's own totals of each customer stand in."
        )
    return found


def _hidden(transport: AdminTransport, scopes: Sequence[str]) -> list[str]:
    """Shopify's own count of buyers knows all orders, also those that we may not see."""
    if not scopes or _orders_seen_days(scopes) is None:
        return []
    try:
        buyers = (transport.call("buyers_count", repeatable=True).get("customersCount") or {}).get("count")
    except Permanent as problem:
        log.warning("%s: the number of buyers can't be read: %s", transport.store, problem.message)
        return []
    return (
        [] if buyers is None else [f"Shopify counts {int(buyers):,} customers who ever bought; compare it with those seen here."]
    )


def _scopes(transport: AdminTransport) -> tuple[str, ...]:
    try:
        found = transport.call("access_scopes", repeatable=True).get("currentAppInstallation") or {}
    except Permanent as problem:
        log.warning("%s: the granted access scopes can't be read: %s", transport.store, problem.message)
        return ()
    return tuple(sorted(str(each["handle"]) for each in found.get("accessScopes") or () if each.get("handle")))


def _details(transport: AdminTransport) -> tuple[str, str]:
    """The shop's public address and its country; "" where it keeps them to itself."""
    try:
        shop = transport.call("shop_details", repeatable=True).get("shop") or {}
    except Permanent as problem:
        log.warning("%s: the shop's address can't be read: %s", transport.store, problem.message)
        return "", ""
    return str(shop.get("url") or ""), str((shop.get("shopAddress") or {}).get("countryCodeV2") or "")
