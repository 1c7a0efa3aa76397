from __future__ import annotations

import json

import pytest

from adapters.shopify.amounts import iso, microseconds
from adapters.shopify.read import translate_batch
from plugin_core.records import ConsentRecord
from tests.adapters.shopify.orders import bag

ADA = {
    "id": "gid://shopify/Customer/1",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "locale": "en",
    "tags": ["vip", "cb:loyal"],
    "createdAt": "2025-01-01T00:00:00Z",
    "updatedAt": "2026-01-01T00:00:00Z",
    "statistics": {"rfmGroup": "ALMOST_LOST"},
    "defaultEmailAddress": {
        "emailAddress": "Ada@Example.com",
        "marketingState": "SUBSCRIBED",
        "marketingUpdatedAt": "2025-02-01T00:00:00Z",
    },
    "defaultPhoneNumber": {"phoneNumber": "+491701234567", "smsMarketingConsent": {"state": "UNSUBSCRIBED", "updatedAt": None}},
    "defaultAddress": {"countryCodeV2": "DE"},
}


def one(resource, raw):
    batch = translate_batch(resource, [(json.dumps(raw).encode(), [])], "EUR")
    assert batch.rejected == []
    (record,) = batch.records
    return record


def test_a_customer_comes_over_with_group_tags_and_consents():
    ada = one("customers", ADA)
    assert (ada.external_id, ada.email, ada.country, ada.platform_group) == ("1", "Ada@Example.com", "DE", "almost_lost")
    assert (ada.tags, ada.phone, ada.phone_verified) == (("vip", "cb:loyal"), "+491701234567", False)
    assert ada.consents == (
        ConsentRecord("email", "subscribed", "shopify", microseconds("2025-02-01T00:00:00Z")),
        ConsentRecord("sms", "unsubscribed", "shopify", None),
    )


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("SUBSCRIBED", "subscribed"),
        ("PENDING", "pending"),
        ("UNSUBSCRIBED", "unsubscribed"),
        ("NOT_SUBSCRIBED", "unknown"),
        ("INVALID", "unknown"),
        ("REDACTED", "unknown"),
        ("WHATEVER_COMES_NEXT", "unknown"),
    ],
)
def test_only_a_clear_yes_or_no_is_one(state, ours):
    customer = ADA | {"defaultEmailAddress": {"emailAddress": "a@b.example", "marketingState": state}}
    assert one("customers", customer).consents[0].state == ours


def test_a_customer_without_an_address_or_anything_else_is_kept():
    bare = one(
        "customers", {"id": "gid://shopify/Customer/2", "updatedAt": "2026-01-01T00:00:00Z"} | dict.fromkeys(list(ADA)[1:5])
    )
    assert (bare.external_id, bare.email, bare.consents, bare.tags) == ("2", "", (), ())


def test_an_abandoned_checkout_has_its_link_its_person_and_its_items():
    raw = {
        "id": "gid://shopify/AbandonedCheckout/3?key=x",
        "abandonedCheckoutUrl": "https://acme.myshopify.com/recover/1",
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T01:00:00Z",
        "completedAt": None,
        "totalPriceSet": bag("12.5"),
        "customer": ADA,
        "lineItems": {"nodes": [{"title": "Mug", "quantity": 1}, {"title": None, "quantity": 1}]},
    }
    checkout = one("checkouts", raw)
    assert (checkout.external_id, checkout.total, checkout.currency, checkout.items) == ("3", 1250, "EUR", ("Mug",))
    assert (checkout.customer_id, checkout.email, checkout.completed_at) == ("1", "Ada@Example.com", None)


def test_a_product_has_its_kinds_and_lowest_price():
    raw = {
        "id": "gid://shopify/Product/4",
        "title": "Mug",
        "status": "DRAFT",
        "updatedAt": "2026-01-01T00:00:00Z",
        "productType": "Kitchen",
        "category": {"name": "Mugs"},
        "priceRangeV2": {"minVariantPrice": {"amount": "9.9", "currencyCode": "EUR"}},
    }
    product = one("products", raw)
    assert (product.categories, product.price, product.active) == (("Kitchen", "Mugs"), 990, False)


@pytest.mark.parametrize("text", ["2026-11-21T10:00:00Z", "1999-12-31T23:59:59Z", "2026-11-21T12:00:00+02:00"])
def test_times_go_there_and_back(text):
    assert iso(microseconds(text)) in (text, "2026-11-21T10:00:00Z")


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        microseconds("2026-11-21T10:00:00")
