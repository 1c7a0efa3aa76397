"""Platform-neutral records: what adapters translate a store's answers into.

Plain named tuples: an import makes millions of them. Money is whole minor units of ``currency``, times are
microseconds since 1970 UTC (``clock.to_us``), external ids are text (they exceed 2**53). ``None`` is "not known".
"""

from __future__ import annotations

from typing import NamedTuple


class ConsentRecord(NamedTuple):
    channel: str  # "email" | "sms"
    state: str  # "subscribed" | "pending" | "unsubscribed" | "unknown"
    source: str  # e.g. "shopify", "woocommerce:comeback_marketing_consent"
    at: int | None = None
    text_version: str = ""


class TotalsRecord(NamedTuple):
    """What the store itself says an account bought in all, orders that can't be seen included."""

    orders: int
    spent: int | None = None  # in the store's currency; None where it is told in another
    last_order_at: int | None = None


class CustomerRecord(NamedTuple):
    """An account in one store (a person with a platform id)."""

    external_id: str
    modified_at: int
    content_hash: str  # of the raw record: the same record again is no change
    created_at: int | None = None
    email: str = ""  # the account's address as the store holds it; "" where it has none
    phone: str = ""
    phone_verified: bool = False
    first_name: str = ""
    last_name: str = ""
    locale: str = ""
    country: str = ""  # ISO 3166-1 alpha-2, upper case
    tags: tuple[str, ...] = ()  # all tags in the store, the merchant's and ours
    role: str = ""
    platform_group: str = ""  # the platform's own RFM group name, lower case, where it has one
    birthday: str = ""  # "MM-DD" where known
    consents: tuple[ConsentRecord, ...] = ()
    totals: TotalsRecord | None = None  # None: not told this time


class LineRecord(NamedTuple):
    external_id: str
    product_id: str  # external; "" where the product is gone or was never one
    variant_id: str
    sku: str
    title: str
    quantity: int  # bought
    current_quantity: int  # bought less returned or removed
    net: int  # the quantity bought, after all discounts, without tax
    current_net: int  # the current quantity, after all discounts, without tax
    gift_card: bool = False


class RefundRecord(NamedTuple):
    external_id: str
    at: int
    amount: int  # positive


class OrderRecord(NamedTuple):
    """One order with its lines and refunds, already in domain.md's terms; amounts in the *order's* currency."""

    external_id: str
    modified_at: int
    content_hash: str
    placed_at: int
    number: str
    status: str  # the platform's own word, for display
    counted: bool  # a purchase (domain.md, "Counted order")
    void: bool  # cancelled, failed, trashed or deleted: does not stop a reminder
    test: bool
    customer_id: str  # external; "" for a guest
    email: str  # the address given with the order, as the store holds it
    first_name: str
    last_name: str
    country: str
    locale: str
    currency: str
    total: int  # received in all: tax and shipping included, refunds not taken off
    refunded: int  # positive
    merchandise: int  # lines after all discounts, without tax, shipping, tips, gift cards: as bought
    basis: int  # the same less what was refunded of it (domain.md, "Net merchandise")
    fx_rate: str | None = None  # store currency for 1 unit of the order's currency, decimal text; None where it isn't known
    codes: tuple[str, ...] = ()  # discount codes used, as the store spells them
    source: str = ""
    cart_token: str = ""
    consents: tuple[ConsentRecord, ...] = ()  # given with this order (guests)
    phone: str = ""
    lines: tuple[LineRecord, ...] = ()
    refunds: tuple[RefundRecord, ...] = ()


class ProductRecord(NamedTuple):
    external_id: str
    modified_at: int
    content_hash: str
    title: str
    categories: tuple[str, ...] = ()
    price: int | None = None
    currency: str = ""
    url: str = ""
    image_url: str = ""
    active: bool = True


class CheckoutRecord(NamedTuple):
    """A checkout that was begun; ``completed_at`` is set once it became an order."""

    external_id: str
    modified_at: int
    content_hash: str
    created_at: int
    completed_at: int | None
    customer_id: str
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    total: int
    recovery_url: str
    items: tuple[str, ...] = ()  # titles, for the reminder
    offer_url: str = ""  # the way back for who was given a code ("{code}" stands for it); "": recovery_url takes codes, too
    covered_by_platform: bool = False  # the platform has sent its own reminder


class Deletion(NamedTuple):
    """The store says (or no longer shows) that a record is gone."""

    resource: str  # "customers" | "orders" | "products" | "checkouts"
    external_id: str
    at: int
    heir: str = ""  # the account it became part of in the store, by its external id: both are one person


class Rejected(NamedTuple):
    """A record that can't be translated: kept raw, said, and tried again."""

    resource: str
    external_id: str  # "" where even that can't be read
    raw: str
    reason: str  # for people: what is wrong with it


Record = CustomerRecord | OrderRecord | ProductRecord | CheckoutRecord | Deletion


class Page(NamedTuple):
    """One step of a pull: applied and its ``cursor`` stored in the same transaction, so a kill resumes here.

    ``cursor`` is a JSON-able dict the adapter understands; hand it back to continue. ``total`` is the expected number of
    records of the whole pull where the store says it. ``last`` marks the pull's final page (it may be empty).
    """

    records: list[Record]
    cursor: dict[str, object]
    rejected: list[Rejected] = []  # noqa: RUF012 - never mutated: pages are read only
    total: int | None = None
    last: bool = False
