"""What the operator decides for all Shopify stores of this installation."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

API_VERSION = "2026-10"


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
    spool_dir: Path = field(default_factory=lambda: Path(tempfile.gettempdir()) / "comeback-shopify")
