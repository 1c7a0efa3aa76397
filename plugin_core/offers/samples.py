"""A step's mail as somebody would get it, with a made-up code and the store's own products: to look at, and for one's own box."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers.identity import normalise_email
from plugin_core.errors import InvalidInput
from plugin_core.offers import unsubscribe
from plugin_core.offers.campaigns import definition
from plugin_core.offers.definitions import ABANDONED_CHECKOUT, Step
from plugin_core.offers.due import DueOffer
from plugin_core.offers.eligibility import Standing
from plugin_core.offers.models import Campaign
from plugin_core.stores.models import AuditEntry, Store
from plugin_core.stores.settings import StoreSettings

CODE = "SAMPLE-0000"
MOST_A_DAY = 20
_ACTION = "campaign.sample"


def step_of(campaign: Campaign, place: int) -> Step:
    """InvalidInput where the campaign has no such step; ``place`` counts from 0."""
    steps = definition(campaign).steps
    if not 0 <= place < len(steps):
        raise InvalidInput("The campaign has no such step.", mend="Open the campaign again.")
    return steps[place]


def made_up(
    session: Session, store: Store, settings: StoreSettings, campaign: Campaign, step: Step, *, to: str, locale: str, now: int
) -> DueOffer:
    """To be composed like everybody's. Its code is known to no store, and its unsubscribe link speaks for nobody."""
    checkout = campaign.kind == ABANDONED_CHECKOUT
    sql = "SELECT title, price FROM products WHERE store_id = ? AND active AND title <> '' ORDER BY id LIMIT 2"
    products = bulk.select(session, sql, store.id) if checkout else []
    prices = [price for _title, price in products if price is not None]
    return DueOffer(
        Standing(to, None, None, may_email=True, suppressed=False, refused=False, has_account=True, anchor_at=now,
                 last_touch_order_at=None),
        id=0, campaign=campaign.key, kind=campaign.kind, step=step.name, round=0, subject=f"sample:{now}", percent=step.percent,
        code=CODE, code_expires_at=now + settings.code_days * DAY_US, state="planned", attempts=0, customer_id=0,
        customer_key=unsubscribe.SAMPLE, country="", locale=locale, first_name="",
        recovery_url=store.url if checkout else None, offer_url=None, items=[title for title, _price in products],
        total=sum(prices) if prices and len(prices) == len(products) else None, currency=store.currency,
        checkout_locale=None, checkout_first_name=None,
    )  # fmt: skip


def note_try(session: Session, store: Store, campaign: Campaign, step: Step, address: str, *, actor: str, now: int) -> str:
    """The address as it is written to. InvalidInput for what is none, or when enough were sent today."""
    email = normalise_email(address)
    if "@" not in email:
        raise InvalidInput("This is no e-mail address.", mend="Write it like you@example.com.")
    sent = select(func.count()).where(AuditEntry.store_id == store.id, AuditEntry.action == _ACTION, AuditEntry.at > now - DAY_US)
    if session.scalars(sent).one() >= MOST_A_DAY:
        raise InvalidInput(f"{MOST_A_DAY} samples were sent within a day.", mend="Look at the mail here, or try again tomorrow.")
    session.add(
        AuditEntry(
            account_id=store.account_id, store_id=store.id, actor=actor, action=_ACTION, subject=f"{campaign.key}:{step.name}",
            before={}, after={}, at=now,
        )
    )  # fmt: skip
    return email
