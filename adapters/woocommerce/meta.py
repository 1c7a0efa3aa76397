"""The meta keys we know: marketing consent, exchange rates of currency plugins, and marks of gift cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from adapters.woocommerce.payloads import Meta, meta_values
from plugin_core.clock import to_us
from plugin_core.records import ConsentRecord

CONSENT_KEYS = {"email": "comeback_marketing_consent", "sms": "comeback_marketing_consent_sms"}

# Order item meta by which gift-card plugins mark a card that was sold (as against one that was paid with).
GIFT_CARD_KEYS = frozenset({
    "wc_gc_giftcard_amount",  # WooCommerce Gift Cards
    "wc_gc_giftcards",
    "_ywgc_amount",  # YITH WooCommerce Gift Cards
    "_ywgc_gift_card_code",
    "pw_gift_card_amount",  # PW WooCommerce Gift Cards
    "pw_gift_card_number",
})  # fmt: skip

_RATE_KEYS = frozenset({
    "_wcpay_multi_currency_stripe_exchange_rate",
    "_wcpay_multi_currency_order_exchange_rate",
    "_wcpay_multi_currency_order_default_currency",
    "_base_currency_exchange_rate",
    "_woocs_order_rate",
    "_woocs_order_base_currency",
    "wmc_order_info",
})  # fmt: skip

_PRECISE = Context(prec=40)
_YES = {"subscribed", "yes", "1", "true", "on", "y", "opted_in", "opt-in"}
_NO = {"unsubscribed", "no", "0", "false", "off", "n", "opted_out", "opt-out"}


def consents(entries: list[Meta], settings: Mapping[str, object], zone: ZoneInfo) -> tuple[ConsentRecord, ...]:
    """What our own meta says, or for e-mail the key the merchant mapped. A word we don't know is no consent record."""
    keys = dict(CONSENT_KEYS)
    mapped = settings.get("consent_meta_key")
    if isinstance(mapped, str) and mapped.strip():
        keys["email"] = mapped.strip()
    wanted = frozenset(keys.values())
    found = meta_values(entries, wanted | {f"{key}_at" for key in wanted})
    records = []
    for channel, key in keys.items():
        state = _state(found.get(key))
        if state:
            records.append(ConsentRecord(channel, state, f"woocommerce:{key}", _when(found.get(f"{key}_at"), zone)))
    return tuple(records)


def fx_rate(entries: list[Meta], order_currency: str, store_currency: str) -> str | None:
    """Store currency for 1 unit of the order's, as a known currency plugin wrote it on the order; None where none did."""
    if not store_currency:
        return None
    if order_currency == store_currency:
        return "1"
    found = meta_values(entries, _RATE_KEYS)
    rate = (
        _woopayments(found, store_currency)
        or _aelia(found)
        or _woocs(found, store_currency)
        or _curcy(found, order_currency, store_currency)
    )
    return None if rate is None else format(rate.normalize(_PRECISE), "f")


def is_gift_card(entries: list[Meta]) -> bool:
    return any(entry.key in GIFT_CARD_KEYS for entry in entries)


def _woopayments(found: Mapping[str, Any], store_currency: str) -> Decimal | None:
    """WooPayments: store = order x stripe rate where the processor gave one (first choice), else store = order / order rate."""
    base = found.get("_wcpay_multi_currency_order_default_currency")
    if base and base != store_currency:
        return None
    stripe = found.get("_wcpay_multi_currency_stripe_exchange_rate")
    if stripe not in (None, ""):
        return _positive(stripe)
    return _inverse(_positive(found.get("_wcpay_multi_currency_order_exchange_rate")))


def _aelia(found: Mapping[str, Any]) -> Decimal | None:
    """Aelia Currency Switcher: store = order x rate."""
    return _positive(found.get("_base_currency_exchange_rate"))


def _woocs(found: Mapping[str, Any], store_currency: str) -> Decimal | None:
    """WOOCS (FOX): store = order / rate."""
    base = found.get("_woocs_order_base_currency")
    if base and base != store_currency:
        return None
    return _inverse(_positive(found.get("_woocs_order_rate")))


def _curcy(found: Mapping[str, Any], order_currency: str, store_currency: str) -> Decimal | None:
    """CURCY: a table of all currencies, each as units for 1 unit of the main one."""
    table = found.get("wmc_order_info")
    if not isinstance(table, dict):
        return None
    mine, main = table.get(order_currency), table.get(store_currency)
    if not isinstance(mine, dict) or not isinstance(main, dict) or str(main.get("is_main")) != "1":
        return None
    return _inverse(_positive(mine.get("rate")))


def _positive(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None


def _inverse(rate: Decimal | None) -> Decimal | None:
    """To 40 digits, so that multiplying by it rounds half a cent as dividing by the rate would."""
    return None if rate is None else _PRECISE.divide(Decimal(1), rate)


def _state(value: object) -> str:
    word = str(value).strip().lower() if isinstance(value, str | bool | int) else ""
    if word == "pending":
        return "pending"
    return "subscribed" if word in _YES else "unsubscribed" if word in _NO else ""


def _when(value: object, zone: ZoneInfo) -> int | None:
    """ISO 8601 (wall time of the site where it names no offset) or seconds since 1970."""
    text = str(value or "").strip()
    try:
        if text.isdigit():
            return to_us(datetime.fromtimestamp(int(text), UTC))
        parsed = datetime.fromisoformat(text)
        return to_us(parsed if parsed.tzinfo else parsed.replace(tzinfo=zone))
    except (ValueError, OverflowError, OSError):
        return None
