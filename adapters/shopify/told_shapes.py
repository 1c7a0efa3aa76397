"""The parts of webhooks' bodies that we read: shaped like the old REST resources, amounts as text, ids as numbers."""

from __future__ import annotations

import msgspec

from adapters.shopify.amounts import Amount


class Money(msgspec.Struct):
    amount: Amount | None = None


class Bag(msgspec.Struct):
    shop_money: Money | None = None


class Priced(msgspec.Struct):
    """A tax line, or a share of a discount."""

    price_set: Bag | None = None
    amount_set: Bag | None = None


class Line(msgspec.Struct):
    id: int
    quantity: int
    current_quantity: int
    price_set: Bag
    title: str | None = None
    sku: str | None = None
    gift_card: bool = False
    product_id: int | None = None
    variant_id: int | None = None
    discount_allocations: list[Priced] = []
    tax_lines: list[Priced] = []


class Transaction(msgspec.Struct):
    kind: str = ""
    status: str = ""
    amount: Amount | None = None


class Adjustment(msgspec.Struct):
    kind: str = ""


class Refund(msgspec.Struct):
    id: int
    transactions: list[Transaction]
    created_at: str | None = None
    order_adjustments: list[Adjustment] = []
    refund_shipping_lines: list[msgspec.Raw] = []


class Numbered(msgspec.Struct):
    id: int


class Address(msgspec.Struct):
    first_name: str | None = None
    last_name: str | None = None
    country_code: str | None = None


class Code(msgspec.Struct):
    code: str


class Order(msgspec.Struct):
    """Fields without a default must be there for the body to be believed."""

    id: int
    updated_at: str
    processed_at: str
    created_at: str
    currency: str
    financial_status: str
    taxes_included: bool
    total_price_set: Bag
    current_total_price_set: Bag
    total_outstanding: Amount
    line_items: list[Line]
    refunds: list[Refund]
    customer: Numbered | None
    email: str | None
    discount_codes: list[Code]
    presentment_currency: str | None = None
    total_tax_set: Bag | None = None
    current_total_tax_set: Bag | None = None
    total_shipping_price_set: Bag | None = None
    total_cash_rounding_payment_adjustment_set: Bag | None = None
    name: str | None = None
    phone: str | None = None
    cancelled_at: str | None = None
    test: bool = False
    source_name: str | None = None
    cart_token: str | None = None
    customer_locale: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None


class Customer(msgspec.Struct):
    id: int
    updated_at: str
    created_at: str
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    default_address: Address | None = None


class State(msgspec.Struct):
    state: str
    consent_updated_at: str


class Said(msgspec.Struct):
    customer_id: int
    email_address: str  # nobody can be asked about an account without one
    email_marketing_consent: State
