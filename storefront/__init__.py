"""What shoppers see: public, tiny, without script or cookie."""

from __future__ import annotations

from storefront.loyalty import create_blueprint as create_loyalty
from storefront.unsubscribe import create_blueprint

__all__ = ["create_blueprint", "create_loyalty"]
