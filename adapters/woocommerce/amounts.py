"""An order's money in our terms: what was received, refunded, and what is left of the goods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from adapters.woocommerce.meta import is_gift_card
from adapters.woocommerce.payloads import Amount, Line, Order, RefundDetail, meta_values
from plugin_core.money import minor, proportion
from plugin_core.records import LineRecord

_LARGEST = 10**15  # minor units: past this a number is a mistake, and would not fit every database
_REFUNDED_ITEM = frozenset({"_refunded_item_id"})


class OrderAmounts(NamedTuple):
    total: int
    refunded: int
    merchandise: int
    basis: int
    lines: tuple[LineRecord, ...]


class _Named(NamedTuple):
    """What refunds gave back for one line of the order: goods without tax, and pieces."""

    net: int = 0
    quantity: int = 0


def order_amounts(order: Order, details: Mapping[int, RefundDetail]) -> OrderAmounts:
    """ValueError, in words for people, where an amount can't be right.

    ``details`` by refund id; a refund without one names no lines.
    """
    currency = order.currency
    total = money(order.total, currency, "the order's total")
    refunded = sum(-money(refund.total, currency, "a refund's total") for refund in order.refunds)
    named, given_back, unnamed = _named_refunds(order, details)
    lines, merchandise, remaining = [], 0, 0
    for line in order.line_items:
        gift = is_gift_card(line.meta_data)
        record = _line(line, named.pop(line.id, _Named()), currency, gift=gift)
        lines.append(record)
        if not gift:
            merchandise += record.net
            remaining += record.current_net
    remaining -= sum(back.net for back in named.values())  # goods were named, though no line of the order answers to it
    return OrderAmounts(total, refunded, merchandise, _basis(remaining, total - given_back, unnamed), tuple(lines))


def money(amount: Amount, currency: str, what: str) -> int:
    if amount is None or amount == "":
        raise ValueError(f"{what} is missing")
    try:
        value = minor(str(amount), currency)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"{what} is no amount of money: {str(amount)[:40]!r}") from problem
    if abs(value) > _LARGEST:
        raise ValueError(f"{what} can't be right: {str(amount)[:40]}")
    return value


def _basis(remaining_goods: int, remaining_total: int, unnamed: int) -> int:
    """Money given back without naming lines reduces goods, tax and shipping alike: goods 100 of 130, 65 back -> 50."""
    if unnamed <= 0:
        return max(0, remaining_goods)
    if remaining_total <= 0:
        return 0
    return max(0, proportion(remaining_goods, max(0, remaining_total - unnamed), remaining_total))


def _named_refunds(order: Order, details: Mapping[int, RefundDetail]) -> tuple[dict[int, _Named], int, int]:
    """By order line; then all money whose purpose is named (tax, shipping and fees included), and the money without one."""
    named: dict[int, _Named] = {}
    explained = unnamed = 0
    for refund in order.refunds:
        amount = -money(refund.total, order.currency, "a refund's total")
        detail = details.get(refund.id)
        purpose = _explained(detail, order, named) if detail is not None else 0
        explained += min(purpose, amount)
        unnamed += max(0, amount - purpose)
    return named, explained, unnamed


def _explained(detail: RefundDetail, order: Order, named: dict[int, _Named]) -> int:
    for line in detail.line_items:
        item = _line_of(line, order)
        before = named.get(item, _Named())
        net = -money(line.total, order.currency, "a refund line's total")
        named[item] = _Named(before.net + net, before.quantity + abs(round(line.quantity)))
    return sum(_with_tax(lines, order.currency) for lines in (detail.line_items, detail.shipping_lines, detail.fee_lines))


def _line_of(refund_line: Line, order: Order) -> int:
    """The order line it gives back; the product tells where the link is missing, 0 where nothing does."""
    item = meta_values(refund_line.meta_data, _REFUNDED_ITEM).get("_refunded_item_id")
    if item is not None and str(item).isdigit():
        return int(item)
    same = (
        line.id
        for line in order.line_items
        if (line.product_id, line.variation_id) == (refund_line.product_id, refund_line.variation_id)
    )
    return next(same, 0)


def _with_tax(lines: Sequence[Line], currency: str) -> int:
    """Positive: refund lines carry negative amounts."""
    what = "a refund line's total"
    return -sum(money(line.total or "0", currency, what) + money(line.total_tax or "0", currency, what) for line in lines)


def _line(line: Line, back: _Named, currency: str, *, gift: bool) -> LineRecord:
    net = money(line.total, currency, "a line's total")
    quantity = round(line.quantity)
    return LineRecord(
        external_id=str(line.id),
        product_id=str(line.product_id) if line.product_id else "",
        variant_id=str(line.variation_id) if line.variation_id else "",
        sku=line.sku or "",
        title=line.name or "",
        quantity=quantity,
        current_quantity=max(0, quantity - back.quantity),
        net=net,
        current_net=net - back.net,
        gift_card=gift,
    )
