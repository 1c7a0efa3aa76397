"""The parts of Shopify's answers that we read, as typed structs; everything may be missing but the id."""

from __future__ import annotations

import msgspec

from adapters.shopify.amounts import Amount


class Shape(msgspec.Struct, gc=False, rename="camel"):
    pass


class MoneyShape(Shape):
    amount: Amount | None = None
    currency_code: str | None = None


class BagShape(Shape):
    shop_money: MoneyShape | None = None


class ReferenceShape(Shape):
    id: str


class TaxShape(Shape):
    price_set: BagShape | None = None


class AddressShape(Shape):
    first_name: str | None = None
    last_name: str | None = None
    country_code_v2: str | None = None


class RefundShape(Shape):
    id: str
    created_at: str | None = None
    total_refunded_set: BagShape | None = None


class LineShape(Shape):
    id: str
    title: str | None = None
    quantity: int | None = None
    current_quantity: int | None = None
    sku: str | None = None
    is_gift_card: bool | None = None
    product: ReferenceShape | None = None
    variant: ReferenceShape | None = None
    discounted_unit_price_after_all_discounts_set: BagShape | None = None
    tax_lines: list[TaxShape] | None = None


class OrderShape(Shape):
    id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    created_at: str | None = None
    processed_at: str | None = None
    updated_at: str | None = None
    cancelled_at: str | None = None
    test: bool | None = None
    taxes_included: bool | None = None
    currency_code: str | None = None
    display_financial_status: str | None = None
    net_payment_set: BagShape | None = None
    total_refunded_set: BagShape | None = None
    current_total_price_set: BagShape | None = None
    total_tax_set: BagShape | None = None
    current_total_tax_set: BagShape | None = None
    total_shipping_price_set: BagShape | None = None
    total_refunded_shipping_set: BagShape | None = None
    discount_codes: list[str] | None = None
    source_name: str | None = None
    cart_token: str | None = None
    customer_locale: str | None = None
    customer: ReferenceShape | None = None
    billing_address: AddressShape | None = None
    shipping_address: AddressShape | None = None
    refunds: list[RefundShape] | None = None


class StatisticsShape(Shape):
    rfm_group: str | None = None


class EmailShape(Shape):
    email_address: str | None = None
    marketing_state: str | None = None
    marketing_updated_at: str | None = None


class SmsConsentShape(Shape):
    state: str | None = None
    updated_at: str | None = None


class PhoneShape(Shape):
    phone_number: str | None = None
    sms_marketing_consent: SmsConsentShape | None = None


class LastOrderShape(Shape):
    processed_at: str | None = None


class CustomerShape(Shape):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    tags: list[str] | None = None
    created_at: str | None = None
    updated_at: str | None = None
    statistics: StatisticsShape | None = None
    default_email_address: EmailShape | None = None
    default_phone_number: PhoneShape | None = None
    default_address: AddressShape | None = None
    number_of_orders: int | str | None = None  # UnsignedInt64: as text
    amount_spent: MoneyShape | None = None
    last_order: LastOrderShape | None = None


class CategoryShape(Shape):
    name: str | None = None


class PriceRangeShape(Shape):
    min_variant_price: MoneyShape | None = None


class ProductShape(Shape):
    id: str
    title: str | None = None
    status: str | None = None
    updated_at: str | None = None
    product_type: str | None = None
    category: CategoryShape | None = None
    online_store_url: str | None = None
    price_range_v2: PriceRangeShape | None = None


class CheckoutItemShape(Shape):
    title: str | None = None
    quantity: int | None = None


class CheckoutItemsShape(Shape):
    nodes: list[CheckoutItemShape] | None = None


class CheckoutShape(Shape):
    id: str
    abandoned_checkout_url: str | None = None
    completed_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    total_price_set: BagShape | None = None
    customer: CustomerShape | None = None
    line_items: CheckoutItemsShape | None = None


class StampShape(Shape):
    """Just enough to see whether a record is known already."""

    id: str
    updated_at: str | None = None
