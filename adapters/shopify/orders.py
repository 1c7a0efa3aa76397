"""An order of Shopify in the core's words: what was received, what was refunded, and the merchandise that remains."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from adapters.shopify.amounts import Grains, grains_of, microseconds, whole
from adapters.shopify.ids import bare, remembered
from adapters.shopify.lines import changed_lines, plain_lines
from adapters.shopify.merchandise import basis, fine, order_money
from adapters.shopify.shapes import AddressShape, LineShape, OrderShape, RefundShape
from plugin_core.records import OrderRecord, RefundRecord

log = logging.getLogger(__name__)

COUNTED = frozenset({"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"})
VOID = frozenset({"VOIDED", "EXPIRED"})

_NOWHERE = AddressShape()
_new = tuple.__new__  # half the price of calling the named tuple, once an order


def translate_order(order: OrderShape, lines: Sequence[LineShape], content_hash: str, currency: str) -> OrderRecord:
    """``currency`` is the shop's, for an order that names none. ValueError, in words for people, where it makes no sense."""
    currency = order.currency_code or currency
    if not currency:
        raise ValueError("the order names no currency")
    grains = grains_of(currency)
    placed = order.processed_at or order.created_at
    if placed is None:
        raise ValueError("the order has no date (processedAt)")
    placed_at = microseconds(placed)
    updated = order.updated_at
    paid, back = order.net_payment_set, order.total_refunded_set
    try:
        net = grains[paid.shop_money.amount]  # type: ignore[union-attr]
        refunded = grains[back.shop_money.amount]  # type: ignore[union-attr]
    except AttributeError:  # one of them isn't there
        net, refunded = _paid(order, grains)
    received = net + refunded
    if refunded < 0 or received < 0:
        raise ValueError("the order's payments and refunds don't add up: less than nothing was received")

    done = None if refunded else plain_lines(lines, grains, included=order.taxes_included or False)
    if done is not None:
        records, merchandise = done
        remaining = merchandise
    else:
        money = order_money(order, received, refunded, grains)
        records, merchandise, positions = changed_lines(lines, money, grains)
        remaining = basis(positions, money)
        _note_difference(order, net, grains)
    status = order.display_financial_status or ""
    cancelled = order.cancelled_at is not None
    test = order.test or False
    address = order.billing_address or order.shipping_address or _NOWHERE
    return _new(
        OrderRecord,
        (
            order.id[order.id.rfind("/") + 1 :],
            placed_at if updated is None or updated == placed else microseconds(updated),
            content_hash,
            placed_at,
            order.name or "",
            status,
            status in COUNTED and not test and (not cancelled or received > 0),
            cancelled or status in VOID,
            test,
            remembered[order.customer.id] if order.customer is not None else "",
            order.email or "",
            address.first_name or "",
            address.last_name or "",
            address.country_code_v2 or "",
            order.customer_locale or "",
            currency,
            whole(received),
            whole(refunded),
            merchandise,
            remaining,
            None,  # fx_rate: the amounts are shopMoney, the shop's own currency
            tuple(order.discount_codes) if order.discount_codes else (),
            order.source_name or "",
            order.cart_token or "",
            (),  # consents: Shopify keeps them with the customer
            order.phone or "",
            records,
            _refunds(order.refunds, grains, placed_at) if order.refunds else (),
        ),
    )


def _paid(order: OrderShape, grains: Grains) -> tuple[int, int]:
    """Net payment and the sum refunded, in grains."""
    net = fine(order.net_payment_set, grains)
    if net is None:
        raise ValueError("the order doesn't say what was paid (netPaymentSet)")
    refunded = fine(order.total_refunded_set, grains)
    if refunded is None:
        refunded = sum(fine(each.total_refunded_set, grains) or 0 for each in order.refunds or ())
    return net, refunded


def _refunds(refunds: Sequence[RefundShape], grains: Grains, placed_at: int) -> tuple[RefundRecord, ...]:
    records = []
    for each in refunds:
        amount = whole(fine(each.total_refunded_set, grains) or 0)
        if amount > 0:  # a refund without money only puts goods back into stock
            records.append(RefundRecord(bare(each.id), microseconds(each.created_at) if each.created_at else placed_at, amount))
    return tuple(records)


def _note_difference(order: OrderShape, net: int, grains: Grains) -> None:
    """What was kept and what the order is worth now may differ (money refunded without lines): said, not used."""
    current = fine(order.current_total_price_set, grains)
    if current is not None and current != net:
        log.debug("order %s: net payment and current total differ by %s minor units", bare(order.id), whole(net - current))
