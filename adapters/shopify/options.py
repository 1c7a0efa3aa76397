"""What the operator decides for all Shopify stores of this installation."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

API_VERSION = "2026-10"
SCOPES = (
    "read_all_orders",
    "read_customer_merge",
    "read_customers",
    "read_discounts",
    "read_orders",
    "read_products",
    "write_customers",
    "write_discounts",
)


@dataclass(frozen=True)
class ShopifyOptions:
    """``origin`` replaces ``https://{shop}`` in every request, the ``Host`` header stays the shop's.

    ``allow_private`` lets files be fetched from and sent to plain HTTP and private addresses. ``spool_dir`` takes bulk
    files while they are read: they hold personal data, are readable by the owner only, and are removed afterwards.
    """

    origin: str | None = None
    allow_private: bool = False
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    former_secret: str = field(default="", repr=False)  # while the secret is being changed: still accepted, never used
    spool_dir: Path = field(default_factory=lambda: Path(tempfile.gettempdir()) / "comeback-shopify")

    @property
    def accepted_secrets(self) -> tuple[str, ...]:
        """Newest first. What Shopify signs may carry the former one for up to an hour after a change."""
        return tuple(each for each in (self.client_secret, self.former_secret) if each)
