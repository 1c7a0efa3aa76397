"""A shop and its people: ada (loyal), ben (slipping), cleo (no consent), dmitri (another merchant's)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.clock import DAY_US, to_us
from plugin_core.customers import consent
from plugin_core.customers.models import Customer, StoreCustomer
from plugin_core.offers import campaigns
from plugin_core.offers.models import Campaign, Offer
from plugin_core.orders.models import Checkout, CustomerStats
from plugin_core.platforms import Capability
from plugin_core.stores import settings
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Account, Store

NOW = to_us(datetime(2026, 11, 22, 12, tzinfo=UTC))
HOUR = 3600 * 1_000_000
VAULT = Vault(["a key for tests only"])
SENDER = {
    "sender_name": "North",
    "sender_email": "shop@north.example",
    "reply_to": "help@north.example",
    "postal_address": "Pier 1, Oslo",
}
BINDS_TO_ACCOUNTS = [str(Capability.CUSTOMER_BOUND_CODES)]
BINDS_TO_ADDRESSES = [str(Capability.GUEST_CODES)]


@dataclass
class Shop:
    account: Account
    store: Store
    winback: Campaign
    abandoned: Campaign


def open_shop(session: Session, key: str = "north", *, capabilities: list[str] | None = None, **values: object) -> Shop:
    """A connected, imported store without quiet hours, its stock campaigns not started and nobody held out."""
    account = Account(
        key=key, name=key, secret=VAULT.seal(f"account:{key}:secret", f"{key} secret"), reporting_currency="EUR", created_at=0
    )
    session.add(account)
    session.flush()
    store = Store(
        account_id=account.id,
        key=key,
        platform="any",
        address=f"{key}.example",
        name=key.title(),
        currency="EUR",
        zone="Europe/Oslo",
        url=f"https://{key}.example",
        connected_at=0,
        first_import_at=1,
        yardsticks_at=None,
        capabilities=BINDS_TO_ACCOUNTS if capabilities is None else capabilities,
    )
    session.add(store)
    session.flush()
    settings.change(session, store, {**SENDER, "quiet_hours": False, **values}, actor="test", now=1)
    winback, abandoned = campaigns.ensure_stock_campaigns(session, store, 1)
    winback.holdout_share = abandoned.holdout_share = 0.0
    session.flush()
    return Shop(account, store, winback, abandoned)


def person(
    session: Session,
    shop: Shop,
    name: str,
    *,
    days_ago: float | None = None,
    says: str = "subscribed",
    email: str | None = None,
    has_account: bool = True,
    gap_days: float | None = None,
    country: str = "",
) -> Customer:
    """Somebody whose last order was ``days_ago`` (None: never ordered) and who ``says`` that about mail."""
    customer = Customer(
        account_id=shop.account.id,
        key=f"key-{name}",
        email=f"{name}@people.example" if email is None else email,
        first_name=name.title(),
        country=country,
        since=0,
        merged_into=None,
        paused_until=None,
        erased_at=None,
    )
    session.add(customer)
    session.flush()
    if has_account:
        external = f"gid-{name}"
        session.add(
            StoreCustomer(
                store_id=shop.store.id,
                external_id=external,
                customer_id=customer.id,
                email=customer.email,
                created_at=0,
                deleted_at=None,
            )
        )
    last = None if days_ago is None else NOW - int(days_ago * DAY_US)
    session.add(
        CustomerStats(
            store_id=shop.store.id,
            customer_id=customer.id,
            orders_count=0 if last is None else 1,
            foreign_orders=None,
            first_order_at=last,
            last_order_at=last,
            previous_order_at=None,
            last_touch_order_at=last,
            last_refund_at=None,
            last_visit_at=last,
            own_gap_days=None,
            expected_gap_days=gap_days,
            next_crossing_at=None,
        )
    )
    session.flush()
    if says != "nothing":
        consent.record(session, customer.id, shop.store.id, "email", says, "checkout", 1, 1)
    consent.refresh_may_email(session, [customer.id])
    return customer


def orders_again(session: Session, shop: Shop, customer: Customer, at: int, *, counted: bool = True) -> None:
    stats = session.get_one(CustomerStats, (shop.store.id, customer.id), populate_existing=True)
    stats.last_touch_order_at = at
    if counted:
        stats.last_order_at = stats.last_visit_at = at
    session.flush()


def checkout(
    session: Session, shop: Shop, customer: Customer, *, hours_ago: float, key: str = "c1", covered: bool = False
) -> Checkout:
    begun = Checkout(
        store_id=shop.store.id,
        external_id=key,
        customer_id=customer.id,
        email=customer.email,
        created_at=NOW - int(hours_ago * HOUR),
        completed_at=None,
        modified_at=1,
        content_hash="",
        currency="EUR",
        total=5000,
        recovery_url="https://north.example/recover",
        items=["Lamp"],
        covered_by_platform=covered,
    )
    session.add(begun)
    session.flush()
    return begun


def begin(session: Session, shop: Shop, campaign: Campaign, now: int = NOW) -> None:
    campaigns.start(session, shop.store, campaign, actor="owner", now=now)


def offers(session: Session, customer: Customer | None = None) -> list[Offer]:
    query = select(Offer).order_by(Offer.id).execution_options(populate_existing=True)
    return list(session.scalars(query if customer is None else query.where(Offer.customer_id == customer.id)))


def told(session: Session, customer: Customer) -> list[tuple[str, str, str]]:
    """(step, state, reason) of everything decided about a person."""
    return [(offer.step, offer.state, offer.reason) for offer in offers(session, customer)]
