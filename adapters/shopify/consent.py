"""Tells the shop that a person opted in or out with us."""

from __future__ import annotations

from adapters.shopify.amounts import iso
from adapters.shopify.answers import raise_user_errors
from adapters.shopify.ids import gid
from adapters.shopify.transport import AdminTransport
from plugin_core.errors import InvalidInput

# Shopify takes only these three.
STATES = {"subscribed": "SUBSCRIBED", "pending": "PENDING", "unsubscribed": "UNSUBSCRIBED"}
_CHANNELS = {
    "email": ("email_consent", "customerEmailMarketingConsentUpdate", "emailMarketingConsent"),
    "sms": ("sms_consent", "customerSmsMarketingConsentUpdate", "smsMarketingConsent"),
}


def write_consent(transport: AdminTransport, customer_id: str, channel: str, state: str, at: int) -> None:
    if channel not in _CHANNELS or state not in STATES:
        raise InvalidInput(f"{transport.store}: Shopify keeps no consent {state!r} for the channel {channel!r}.")
    name, field, key = _CHANNELS[channel]
    consent: dict[str, str] = {"marketingState": STATES[state], "consentUpdatedAt": iso(at)}
    variables = {"input": {"customerId": gid("Customer", customer_id), key: consent}}
    payload = transport.call(name, variables, repeatable=True).get(field)
    raise_user_errors(payload, store=transport.store, doing=f"the {channel} consent of a customer")
