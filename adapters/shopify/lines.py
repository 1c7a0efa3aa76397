"""The lines of an order: records, and what they are worth as bought."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.shopify.amounts import GRAIN, Grains, whole
from adapters.shopify.ids import bare, remembered
from adapters.shopify.merchandise import OrderMoney, Position, bought, position, share, with_spread_tax
from adapters.shopify.shapes import LineShape
from plugin_core.records import LineRecord

_HALF = GRAIN // 2
_new = tuple.__new__  # half the price of calling the named tuple, millions of times in an import


def plain_lines(lines: Sequence[LineShape], grains: Grains, *, included: bool) -> tuple[tuple[LineRecord, ...], int] | None:
    """Line records and merchandise in minor units of an order from which nothing was taken back: most orders.

    None where anything is unusual (units removed, gift cards, taxes no line names, something missing): see ``changed_lines``.
    """
    total = 0
    records = []
    for line in lines:
        quantity = line.quantity
        bag = line.discounted_unit_price_after_all_discounts_set
        if (
            not quantity
            or quantity < 0
            or quantity != line.current_quantity
            or line.is_gift_card
            or bag is None
            or bag.shop_money is None
        ):
            return None
        net = grains[bag.shop_money.amount] * quantity
        if net < 0:
            return None
        if included:
            if not line.tax_lines:
                return None
            for tax in line.tax_lines:
                if tax.price_set is None or tax.price_set.shop_money is None:
                    return None
                net -= grains[tax.price_set.shop_money.amount]
        total += net
        minor = (net + _HALF) // GRAIN
        product, variant, gid = line.product, line.variant, line.id
        records.append(
            _new(
                LineRecord,
                (
                    gid[gid.rfind("/") + 1 :],
                    remembered[product.id] if product is not None else "",
                    remembered[variant.id] if variant is not None else "",
                    line.sku or "",
                    line.title or "",
                    quantity,
                    quantity,
                    minor,
                    minor,
                    False,
                ),
            )
        )
    return tuple(records), (total + _HALF) // GRAIN


def changed_lines(
    lines: Sequence[LineShape], money: OrderMoney, grains: Grains
) -> tuple[tuple[LineRecord, ...], int, list[Position]]:
    """Line records, merchandise as bought in minor units, and the positions from which the remaining basis is worked out."""
    positions = [position(line, grains) for line in lines]
    if not any(each.tax for each in positions):
        positions = with_spread_tax(positions, money)
    records = [_record(line, each, included=money.included) for line, each in zip(lines, positions, strict=True)]
    return tuple(records), whole(bought(positions, included=money.included)), positions


def _record(line: LineShape, each: Position, *, included: bool) -> LineRecord:
    net = each.gross - each.tax if included else each.gross
    return LineRecord(
        bare(line.id),
        bare(line.product.id) if line.product else "",
        bare(line.variant.id) if line.variant else "",
        line.sku or "",
        line.title or "",
        each.quantity,
        each.current,
        whole(net),
        whole(share(net, each.current, each.quantity)),
        each.gift_card,
    )
