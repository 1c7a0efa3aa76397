"""An offer as a mail: its facts, in the reader's language, from the store's sender."""

from __future__ import annotations

import re
from urllib.parse import quote

from plugin_core.codes import crockford
from plugin_core.messaging import Mail, Renderer
from plugin_core.offers.due import DueOffer
from plugin_core.offers.unsubscribe import link
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings

_ID_LENGTH = 26
_LONGEST_NAME = 40
_NO_NAME = re.compile(r"""[\x00-\x1f\x7f<>{}\[\]@/\\|=\u202a-\u202e\u2066-\u2069]|www\.|\d{3}""", re.IGNORECASE)


def message_id(secret: bytes, store: Store, offer: DueOffer, settings: StoreSettings) -> str:
    """The same for every try, and saying nothing about the reader."""
    drawn = crockford(secret, f"mail:{offer.reference(store)}:{offer.subject}", _ID_LENGTH)
    return f"{drawn.lower()}@{_domain(settings)}"


def compose(
    offer: DueOffer, store: Store, settings: StoreSettings, *, secret: bytes, renderer: Renderer, public_url: str
) -> Mail:
    unsubscribe_url = link(public_url, secret, store.key, offer.customer_key)
    name = greeting_name(offer.first_name) or greeting_name(offer.checkout_first_name)
    facts: dict[str, object] = {
        **_sender_facts(store, settings),
        "first_name": name,
        "percent": offer.percent,
        "code": offer.code if offer.percent else "",
        "expires_at": offer.code_expires_at if offer.percent else None,
        "recovery_url": _way_back(offer),
        "items": offer.items or [],
        "total": offer.total,
        "currency": offer.currency or store.currency,
        "unsubscribe_url": unsubscribe_url,
    }
    content = renderer.render(offer.kind, offer.locale or offer.checkout_locale or settings.locale, facts)
    return Mail(
        message_id=message_id(secret, store, offer, settings),
        to=offer.standing.email,
        to_name=name,
        sender=settings.sender_email,
        sender_name=settings.sender_name,
        reply_to=settings.reply_to,
        subject=content.subject,
        text=content.text,
        html=content.html,
        unsubscribe_url=unsubscribe_url,
    )


def _way_back(offer: DueOffer) -> str | None:
    """Where the basket waits; with a code, where that code can be used."""
    if not offer.percent or not offer.offer_url:
        return offer.recovery_url
    return offer.offer_url.replace("{code}", quote(offer.code, safe=""))


def greeting_name(name: str | None) -> str:
    """A first name as it was typed, "" where it is none: forms are filled with advertising, for shops to mail it on."""
    shown = " ".join((name or "").split())
    return "" if len(shown) > _LONGEST_NAME or _NO_NAME.search(shown) else shown


def test_mail(store: Store, settings: StoreSettings, address: str, *, renderer: Renderer, now: int) -> Mail:
    """A mail to try the settings and the channel with; it carries no offer and no unsubscribe link."""
    content = renderer.render("test", settings.locale, _sender_facts(store, settings))
    return Mail(
        message_id=f"test-{now}@{_domain(settings)}",
        to=address,
        to_name="",
        sender=settings.sender_email,
        sender_name=settings.sender_name,
        reply_to=settings.reply_to,
        subject=content.subject,
        text=content.text,
        html=content.html,
    )


def _sender_facts(store: Store, settings: StoreSettings) -> dict[str, object]:
    return {
        "shop_name": store.name or settings.sender_name,
        "shop_url": store.url,
        "sender_name": settings.sender_name,
        "postal_address": settings.postal_address,
        "store_locale": settings.locale,
        "zone": store.zone,
    }


def _domain(settings: StoreSettings) -> str:
    return settings.sender_email.rpartition("@")[2] or "localhost"
