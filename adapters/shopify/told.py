"""What the bodies of webhooks say completely: orders, edited customers, consent; None wherever the shop had better be asked.

An order's body carries no net payment and no unit price after all discounts. Both follow from what it does carry, to the cent,
where nothing is owed, nothing was edited, refunds went through and gave back no shipping, and discounts divide evenly by pieces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from adapters.shopify.amounts import GRAIN, Grains, grains_of, microseconds
from adapters.shopify.orders import translate_order
from adapters.shopify.shapes import (
    AddressShape,
    BagShape,
    LineShape,
    MoneyShape,
    OrderShape,
    ReferenceShape,
    RefundShape,
    TaxShape,
)
from adapters.shopify.told_shapes import Address, Bag, Customer, Line, Order, Refund, Said
from adapters.shopify.translate import CONSENT, SOURCE
from plugin_core.records import ConsentRecord, CustomerRecord, OrderRecord

_SETTLED = frozenset({"paid", "partially_refunded", "refunded"})
_UNPAID = frozenset({"pending", "authorized"})


_order = msgspec.json.Decoder(Order).decode
_customer = msgspec.json.Decoder(Customer).decode
_said = msgspec.json.Decoder(Said).decode
_unreadable = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)


def order_told(raw: bytes) -> OrderRecord | None:
    try:
        order = _order(raw)
        grains = grains_of(order.currency)
        money = _payments(order, grains)
        lines = _lines(order.line_items, grains)
        if money is None or lines is None:
            return None
        record = translate_order(_shape(order, *money, grains), lines, "", order.currency)
    except _unreadable:
        return None
    return record._replace(content_hash=_hash(record._replace(modified_at=0)))


def customer_told(raw: bytes) -> CustomerRecord | None:
    """Without tags, the shop's own group, language and consent: of those the body says nothing."""
    try:
        customer = _customer(raw)
        record = CustomerRecord(
            external_id=str(customer.id),
            modified_at=microseconds(customer.updated_at),
            content_hash="",
            created_at=microseconds(customer.created_at),
            email=customer.email or "",
            phone=customer.phone or "",
            first_name=customer.first_name or "",
            last_name=customer.last_name or "",
            country=(customer.default_address.country_code or "") if customer.default_address else "",
        )
    except _unreadable:
        return None
    return record._replace(content_hash=_hash(record._replace(modified_at=0)))


def consent_told(raw: bytes) -> CustomerRecord | None:
    """Only whose consent, and which."""
    try:
        said = _said(raw)
        state = CONSENT.get(said.email_marketing_consent.state.upper(), "unknown")
        consent = ConsentRecord("email", state, SOURCE, microseconds(said.email_marketing_consent.consent_updated_at))
    except _unreadable:
        return None
    record = CustomerRecord(str(said.customer_id), 0, "", consents=(consent,))
    return record._replace(content_hash=_hash(record))


def _payments(order: Order, grains: Grains) -> tuple[int, int] | None:
    """Net payment and the sum refunded, in grains; None where they do not follow from the body."""
    total, current = _grains(order.total_price_set, grains), _grains(order.current_total_price_set, grains)
    outstanding = int(grains[order.total_outstanding])
    if _grains(order.total_cash_rounding_payment_adjustment_set, grains):
        return None
    if not order.refunds and order.financial_status in _UNPAID:
        return (0, 0) if outstanding == total == current else None
    if order.financial_status not in _SETTLED or outstanding:
        return None
    refunded = 0
    for refund in order.refunds:
        amount = _given_back(refund, grains)
        if amount is None or (order.presentment_currency or order.currency) != order.currency:
            return None
        refunded += amount
    # A difference: the order was edited, or more or less was received than it says.
    return (total - refunded, refunded) if current + refunded == total and refunded <= total else None


def _given_back(refund: Refund, grains: Grains) -> int | None:
    """Grains; None where money is still on its way, or some of it was for shipping."""
    if refund.refund_shipping_lines or any(each.kind != "refund_discrepancy" for each in refund.order_adjustments):
        return None
    if any((each.kind, each.status) != ("refund", "success") or each.amount is None for each in refund.transactions):
        return None
    return sum(int(grains[each.amount]) for each in refund.transactions)


def _lines(lines: Sequence[Line], grains: Grains) -> list[LineShape] | None:
    found = []
    for line in lines:
        discounts = sum(_grains(each.amount_set, grains) for each in line.discount_allocations)
        worth = _grains(line.price_set, grains) * line.quantity - discounts
        # The shop rounds a piece's price: only where nothing is left to round are both the same.
        if line.quantity < 1 or worth < 0 or worth % (line.quantity * GRAIN):
            return None
        found.append(
            LineShape(
                id=str(line.id),
                title=line.title,
                quantity=line.quantity,
                current_quantity=line.current_quantity,
                sku=line.sku,
                is_gift_card=line.gift_card,
                product=_reference(line.product_id),
                variant=_reference(line.variant_id),
                discounted_unit_price_after_all_discounts_set=_bag(worth // line.quantity, grains),
                tax_lines=[TaxShape(price_set=_same(each.price_set)) for each in line.tax_lines],
            )
        )
    return found


def _shape(order: Order, net: int, refunded: int, grains: Grains) -> OrderShape:
    return OrderShape(
        id=str(order.id),
        name=order.name,
        email=order.email,
        phone=order.phone,
        created_at=order.created_at,
        processed_at=order.processed_at,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        test=order.test,
        taxes_included=order.taxes_included,
        currency_code=order.currency,
        display_financial_status=order.financial_status.upper(),
        net_payment_set=_bag(net, grains),
        total_refunded_set=_bag(refunded, grains),
        current_total_price_set=_same(order.current_total_price_set),
        total_tax_set=_same(order.total_tax_set),
        current_total_tax_set=_same(order.current_total_tax_set),
        total_shipping_price_set=_same(order.total_shipping_price_set),
        discount_codes=[each.code for each in order.discount_codes],
        source_name=order.source_name,
        cart_token=order.cart_token,
        customer_locale=order.customer_locale,
        customer=ReferenceShape(id=str(order.customer.id)) if order.customer else None,
        billing_address=_address(order.billing_address),
        shipping_address=_address(order.shipping_address),
        refunds=[
            RefundShape(
                id=str(each.id), created_at=each.created_at, total_refunded_set=_bag(_given_back(each, grains) or 0, grains)
            )
            for each in order.refunds
        ],
    )


def _grains(bag: Bag | None, grains: Grains) -> int:
    if bag is None:
        return 0
    if bag.shop_money is None or bag.shop_money.amount is None:
        raise ValueError("an amount is missing")
    return int(grains[bag.shop_money.amount])


def _bag(amount: int, grains: Grains) -> BagShape:
    return BagShape(shop_money=MoneyShape(amount=grains.text(amount)))


def _same(bag: Bag | None) -> BagShape | None:
    return None if bag is None or bag.shop_money is None else BagShape(shop_money=MoneyShape(amount=bag.shop_money.amount))


def _reference(number: int | None) -> ReferenceShape | None:
    return None if number is None else ReferenceShape(id=str(number))


def _address(address: Address | None) -> AddressShape | None:
    if address is None:
        return None
    return AddressShape(first_name=address.first_name, last_name=address.last_name, country_code_v2=address.country_code)


def _hash(record: OrderRecord | CustomerRecord) -> str:
    return hashlib.blake2b(msgspec.json.encode(record), digest_size=12).hexdigest()
