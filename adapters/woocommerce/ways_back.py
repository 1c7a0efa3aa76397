"""The ways back to an unfinished order: its own page to pay it, or a basket filled anew on which a code can be used.

The page to pay an order has no field for a code, and takes none. Since WooCommerce 10.1 an address fills the basket and enters a
code, then leads to the checkout. A code that is bound to an address is entered only for a shopper the store knows already (signed
in, or whose e-mail is in the session); anybody else types it there, as the mail says.
"""

from __future__ import annotations

import re
from typing import Protocol

from adapters.woocommerce.payloads import Order

CHECKOUT_LINKS_SINCE = (10, 1)
_MOST_LINES = 50  # an address of a few hundred characters; longer ones get lost in mail programs


class About(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def checkout_links(self) -> bool: ...


def has_checkout_links(version: object) -> bool:
    """Where the version isn't known, the store is taken to be too old."""
    found = re.match(r"(\d+)\.(\d+)", str(version or ""))
    return found is not None and (int(found[1]), int(found[2])) >= CHECKOUT_LINKS_SINCE


def recovery_url(order: Order, about: About) -> str:
    """A pending or failed order has a page to pay it; a draft lives on in the shopper's own cart session."""
    if order.status == "checkout-draft":
        return f"{about.url}/cart/"
    if (order.payment_url or "").startswith(("https://", "http://")):
        return str(order.payment_url)
    return f"{about.url}/checkout/order-pay/{order.id}/?pay_for_order=true&key={order.order_key}"


def offer_url(order: Order, about: About) -> str:
    """With "{code}" where the code belongs. The shop's cart where the basket can't be filled by an address."""
    basket: dict[int, int] = {}
    for line in order.line_items:
        product, quantity = line.variation_id or line.product_id, line.quantity
        if product <= 0 or quantity != int(quantity) or quantity < 1:
            return f"{about.url}/cart/"
        basket[product] = basket.get(product, 0) + int(quantity)
    if not about.checkout_links or not basket or len(basket) > _MOST_LINES:
        return f"{about.url}/cart/"
    products = ",".join(f"{product}:{quantity}" for product, quantity in basket.items())
    return f"{about.url}/checkout-link/?products={products}&coupon={{code}}"
