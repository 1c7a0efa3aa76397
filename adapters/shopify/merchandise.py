"""Net merchandise of an order: goods after all discounts, without tax, less what was refunded of them.

A refund that names lines shows as ``currentQuantity`` below ``quantity``. Money refunded beyond the value of those lines and of
the refunded shipping names nothing: it reduces the remaining goods in proportion to what remains of the whole order.
Goods 100 + tax 20 + shipping 10, 65 refunded without naming a line: 100 x (1 - 65/130) = 50.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from adapters.shopify.amounts import GRAIN, Grains, whole
from adapters.shopify.shapes import BagShape, LineShape, OrderShape
from plugin_core.money import proportion


class Position(NamedTuple):
    """A line's quantities and worth; ``gross`` (as priced) and ``tax`` are for all units bought, in grains."""

    quantity: int
    current: int
    gift_card: bool
    gross: int
    tax: int


class OrderMoney(NamedTuple):
    """An order's own figures, in grains; tax and shipping are those before any refund where Shopify says them."""

    included: bool  # line prices contain their tax
    received: int
    refunded: int
    tax: int
    shipping: int
    shipping_refunded: int


def fine(bag: BagShape | None, grains: Grains) -> int | None:
    """Grains of a bag's shop money; None where it isn't there."""
    if bag is None or bag.shop_money is None or bag.shop_money.amount is None:
        return None
    return int(grains[bag.shop_money.amount])


def order_money(order: OrderShape, received: int, refunded: int, grains: Grains) -> OrderMoney:
    tax = fine(order.total_tax_set, grains) or fine(order.current_total_tax_set, grains) or 0
    shipping = fine(order.total_shipping_price_set, grains) or 0
    returned = fine(order.total_refunded_shipping_set, grains) or 0
    return OrderMoney(
        order.taxes_included or False, received, refunded, tax, shipping, min(returned, shipping) if shipping else returned
    )


def position(line: LineShape, grains: Grains) -> Position:
    """ValueError, in words for people, where the line makes no sense."""
    current = line.current_quantity
    quantity = line.quantity or 0
    if current is None:
        current = quantity
    if current < 0 or quantity < 0:
        raise ValueError(f"line {line.id} has a negative quantity")
    quantity = max(quantity, current)
    unit = fine(line.discounted_unit_price_after_all_discounts_set, grains) or 0
    if unit < 0:
        raise ValueError(f"line {line.id} has a negative price")
    tax = 0
    for each in line.tax_lines or ():
        tax += fine(each.price_set, grains) or 0
    return Position(quantity, current, line.is_gift_card or False, unit * quantity, tax)


def with_spread_tax(positions: Sequence[Position], money: OrderMoney) -> list[Position]:
    """Where no line names its taxes, the order's tax is spread over goods and shipping by their price."""
    taxable = sum(each.gross for each in positions if not each.gift_card) + money.shipping
    if not money.tax or not taxable:
        return list(positions)
    return [each if each.gift_card else each._replace(tax=proportion(money.tax, each.gross, taxable)) for each in positions]


def share(amount: int, part: int, quantity: int) -> int | Fraction:
    """The share of ``part`` units in ``amount``; exact."""
    if part == quantity:
        return amount
    return Fraction(amount * part, quantity) if quantity else 0


def bought(positions: Sequence[Position], *, included: bool) -> int:
    return sum(each.gross - each.tax if included else each.gross for each in positions if not each.gift_card)


def basis(positions: Sequence[Position], money: OrderMoney) -> int:
    """Minor units of merchandise that remain, rounded once at the end."""
    goods: int | Fraction = 0
    named: int | Fraction = money.shipping_refunded
    removed_units = 0
    for each in positions:
        net = each.gross - each.tax if money.included else each.gross
        worth = each.gross if money.included else each.gross + each.tax
        if not each.gift_card:
            goods += share(net, each.current, each.quantity)
        named += worth - share(worth, each.current, each.quantity)
        removed_units += each.quantity - each.current
    if not money.included and money.shipping_refunded and money.shipping:
        of_shipping = max(0, money.tax - sum(each.tax for each in positions))
        named += Fraction(of_shipping * money.shipping_refunded, money.shipping)
    unnamed = money.refunded - named
    # Shopify's unit price is rounded: a named refund may differ from units x price by a minor unit each.
    if unnamed <= removed_units * GRAIN:
        return whole(goods)
    remaining = money.received - named
    if remaining <= unnamed:
        return 0
    return whole(goods * (1 - Fraction(unnamed) / Fraction(remaining)))
