"""Customers, products and checkouts of Shopify in the core's words."""

from __future__ import annotations

from adapters.shopify.amounts import grains_of, microseconds, whole
from adapters.shopify.ids import bare
from adapters.shopify.merchandise import fine
from adapters.shopify.shapes import CheckoutShape, CustomerShape, ProductShape
from plugin_core.records import CheckoutRecord, ConsentRecord, CustomerRecord, ProductRecord, TotalsRecord

# NOT_SUBSCRIBED, INVALID, REDACTED and whatever comes later say neither yes nor no.
CONSENT = {"SUBSCRIBED": "subscribed", "PENDING": "pending", "UNSUBSCRIBED": "unsubscribed"}
SOURCE = "shopify"


def translate_customer(customer: CustomerShape, content_hash: str, currency: str = "") -> CustomerRecord:
    modified = customer.updated_at or customer.created_at
    if modified is None:
        raise ValueError("the customer has no date of change (updatedAt)")
    email = customer.default_email_address
    phone = customer.default_phone_number
    address = customer.default_address
    group = customer.statistics.rfm_group if customer.statistics else None
    return CustomerRecord(
        external_id=bare(customer.id),
        modified_at=microseconds(modified),
        content_hash=content_hash,
        created_at=microseconds(customer.created_at) if customer.created_at else None,
        email=(email.email_address or "") if email else "",
        phone=(phone.phone_number or "") if phone else "",
        first_name=customer.first_name or "",
        last_name=customer.last_name or "",
        locale=customer.locale or "",
        country=(address.country_code_v2 or "") if address else "",
        tags=tuple(customer.tags) if customer.tags else (),
        platform_group=group.lower() if group else "",
        consents=_consents(customer),
        totals=_totals(customer, currency),
    )


def _totals(customer: CustomerShape, currency: str) -> TotalsRecord | None:
    if customer.number_of_orders is None:
        return None
    spent, last = customer.amount_spent, customer.last_order
    amount = spent.amount if spent is not None and spent.currency_code == currency else None
    return TotalsRecord(
        int(customer.number_of_orders),
        None if amount is None else whole(grains_of(currency)[amount]),
        microseconds(last.processed_at) if last is not None and last.processed_at else None,
    )


def _consents(customer: CustomerShape) -> tuple[ConsentRecord, ...]:
    found = []
    email = customer.default_email_address
    if email is not None and email.marketing_state:
        found.append(_consent("email", email.marketing_state, email.marketing_updated_at))
    phone = customer.default_phone_number
    if phone is not None and phone.sms_marketing_consent and phone.sms_marketing_consent.state:
        found.append(_consent("sms", phone.sms_marketing_consent.state, phone.sms_marketing_consent.updated_at))
    return tuple(found)


def _consent(channel: str, state: str, at: str | None) -> ConsentRecord:
    return ConsentRecord(channel, CONSENT.get(state, "unknown"), SOURCE, microseconds(at) if at else None)


def translate_product(product: ProductShape, content_hash: str, _currency: str = "") -> ProductRecord:
    if product.updated_at is None:
        raise ValueError("the product has no date of change (updatedAt)")
    lowest = product.price_range_v2.min_variant_price if product.price_range_v2 else None
    currency = (lowest.currency_code or "") if lowest else ""
    priced = lowest is not None and lowest.amount is not None and currency
    kinds = (product.product_type, product.category.name if product.category else None)
    return ProductRecord(
        external_id=bare(product.id),
        modified_at=microseconds(product.updated_at),
        content_hash=content_hash,
        title=product.title or "",
        categories=tuple(dict.fromkeys(each for each in kinds if each)),
        price=whole(grains_of(currency)[lowest.amount]) if priced and lowest and lowest.amount is not None else None,
        currency=currency,
        url=product.online_store_url or "",
        active=(product.status or "ACTIVE") == "ACTIVE",
    )


def translate_checkout(
    checkout: CheckoutShape, content_hash: str, currency: str = "", *, covered: bool = False
) -> CheckoutRecord:
    """``covered``: Shopify has sent its own reminder, or is about to."""
    if checkout.created_at is None:
        raise ValueError("the checkout has no date (createdAt)")
    money = checkout.total_price_set.shop_money if checkout.total_price_set else None
    currency = (money.currency_code if money else None) or currency
    if not currency:
        raise ValueError("the checkout names no currency")
    customer = checkout.customer
    email = customer.default_email_address if customer else None
    items = checkout.line_items.nodes if checkout.line_items else None
    return CheckoutRecord(
        external_id=bare(checkout.id),
        modified_at=microseconds(checkout.updated_at or checkout.created_at),
        content_hash=content_hash,
        created_at=microseconds(checkout.created_at),
        completed_at=microseconds(checkout.completed_at) if checkout.completed_at else None,
        customer_id=bare(customer.id) if customer else "",
        email=(email.email_address or "") if email else "",
        first_name=(customer.first_name or "") if customer else "",
        last_name=(customer.last_name or "") if customer else "",
        locale=(customer.locale or "") if customer else "",
        currency=currency,
        total=whole(fine(checkout.total_price_set, grains_of(currency)) or 0),
        recovery_url=checkout.abandoned_checkout_url or "",
        items=tuple(each.title for each in items or () if each.title),
        covered_by_platform=covered,
    )
