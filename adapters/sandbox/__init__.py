"""HTTP twins of Shopify and WooCommerce on loopback, filled from a real order history: for demo, journeys and development."""

from adapters.sandbox.twins import Twins, start_twins

__all__ = ["Twins", "start_twins"]
