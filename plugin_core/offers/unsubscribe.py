"""Unsubscribe links: who a link speaks for, signed with the account's secret, and what pressing its button does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.customers import consent
from plugin_core.customers.models import Consent, Customer
from plugin_core.outbox.planning import want_consent
from plugin_core.stores.credentials import Vault, account_secret
from plugin_core.stores.models import Account, Store

SOURCE = "unsubscribe link"
SAMPLE = "sample"  # in place of a person's key: the link of a mail that nobody was meant to get
_MAC_BYTES = 16


class Reader(NamedTuple):
    """The person and the store's channel a link is about."""

    customer: Customer
    store: Store
    channel: str


def token(secret: bytes, store_key: str, customer_key: str, channel: str) -> str:
    """URL-safe, the same for every mail to this person from this store."""
    subject = f"{store_key}\n{customer_key}\n{channel}".encode()
    return base64.urlsafe_b64encode(_mac(secret, subject) + subject).decode().rstrip("=")


def link(public_url: str, secret: bytes, store_key: str, customer_key: str, channel: str = "email") -> str:
    return f"{public_url}/u/{token(secret, store_key, customer_key, channel)}"


def read(session: Session, vault: Vault, text: str) -> Reader | None:
    """Whom the link was made for; None for anything we didn't sign. A person merged since is the one who survived."""
    parts = _parts(text)
    if parts is None:
        return None
    raw, store_key, customer_key, channel = parts
    store = session.scalar(select(Store).where(Store.key == store_key))
    account = session.get(Account, store.account_id) if store else None
    if store is None or account is None:
        return None
    if not hmac.compare_digest(_mac(account_secret(vault, account), raw[_MAC_BYTES:]), raw[:_MAC_BYTES]):
        return None
    customer = session.scalar(select(Customer).where(Customer.account_id == account.id, Customer.key == customer_key))
    while customer is not None and customer.merged_into is not None:
        customer = session.get(Customer, customer.merged_into)
    return None if customer is None else Reader(customer, store, channel)


def of_a_sample(text: str) -> bool:
    """Tells nothing but what stands in the link itself."""
    parts = _parts(text)
    return parts is not None and parts[2] == SAMPLE


def _parts(text: str) -> tuple[bytes, str, str, str] | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        store_key, customer_key, channel = raw[_MAC_BYTES:].decode().split("\n")
    except (binascii.Error, ValueError):
        return None
    return raw, store_key, customer_key, channel


def _mac(secret: bytes, subject: bytes) -> bytes:
    return hmac.new(secret, b"unsubscribe\n" + subject, hashlib.sha256).digest()[:_MAC_BYTES]


def standing(session: Session, reader: Reader) -> str:
    """The state in force in the link's store; "unknown" where nothing was ever said."""
    found = session.get(Consent, (reader.customer.id, reader.store.id, reader.channel))
    return "unknown" if found is None else found.state


def set_state(session: Session, reader: Reader, state: str, *, now: int) -> None:
    """``state``: "unsubscribed", or "subscribed" to take that back. Saying the same twice is saying it once."""
    found = session.get(Consent, (reader.customer.id, reader.store.id, reader.channel), populate_existing=True)
    if found is not None and found.state == state:
        return
    # The word just given is the newest, even where the store's clock ran ahead.
    at = max(now, found.at + 1) if found is not None else now
    consent.record(session, reader.customer.id, reader.store.id, reader.channel, state, SOURCE, at, now)
    consent.refresh_may_email(session, [reader.customer.id])
    want_consent(session, reader.store, reader.customer.id, reader.channel, state, at=at, now=now)
