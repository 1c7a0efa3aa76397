"""What the core's own names are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

LIFECYCLE: Mapping[str, Any] = {
    "prospect": lazy_gettext("Prospect"),
    "new": lazy_gettext("New"),
    "active": lazy_gettext("Active"),
    "slipping": lazy_gettext("Slipping"),
    "at_risk": lazy_gettext("At risk"),
    "lapsed": lazy_gettext("Lapsed"),
    "lost": lazy_gettext("Lost"),
}
ROLES: Mapping[str, Any] = {
    "owner": lazy_gettext("Owner: everything, and who has access"),
    "editor": lazy_gettext("Editor: everything but access"),
    "viewer": lazy_gettext("Viewer: looks, changes nothing"),
}
RESOURCES: Mapping[str, Any] = {
    "customers": lazy_gettext("Customers"),
    "orders": lazy_gettext("Orders"),
    "products": lazy_gettext("Products"),
    "checkouts": lazy_gettext("Checkouts"),
}
PLATFORMS: Mapping[str, str] = {"shopify": "Shopify", "woocommerce": "WooCommerce"}


def lifecycle(name: str) -> str:
    return str(LIFECYCLE.get(name, name))
