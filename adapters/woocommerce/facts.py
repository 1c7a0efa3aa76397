"""What we need to know of a store before anything else: currency, time zone, versions, whether coupons are on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.ways_back import has_checkout_links
from plugin_core.errors import BadAnswer, MissingScope, Refused, StoreError, Transient, WrongAddress
from plugin_core.platforms import Capability, StoreFacts

# Zones of broken hours that never change their clocks; whole hours have their own names (Etc/GMT-3 is +03:00).
_BROKEN_HOURS = {
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
    -570: "Pacific/Marquesas",
}


def read_facts(api: StoreApi) -> StoreFacts:
    """Degrades where the key's user may not see the system status or the settings; orders must be readable."""
    api.get("orders", {"per_page": 1})  # the check of address and keys: its errors are the ones worth showing
    notes: list[str] = []
    status = _optional(api, "system_status", notes) or {}
    general = _settings(_optional(api, "settings/general", notes))
    tax = _settings(_optional(api, "settings/tax", notes))
    index = api.index()
    index = index if isinstance(index, dict) else {}
    environment, configured = _dict(status, "environment"), _dict(status, "settings")
    currency = str(general.get("woocommerce_currency") or configured.get("currency") or _current_currency(api)).upper()
    coupons = general.get("woocommerce_enable_coupons")
    if coupons == "no":
        notes.append("Coupons are switched off in this store (WooCommerce > Settings > General): no codes can be made.")
    if api.notices_seen:
        notes.append("PHP notices are printed into this store's answers: set WP_DEBUG_DISPLAY to false in wp-config.php.")
    if api.signed.query_string_auth:
        notes.append(
            "The host drops the Authorization header, so the keys travel in the address: set CGIPassAuth On or the like."
        )
    url = str(environment.get("home_url") or index.get("home") or api.signed.site.url).rstrip("/")
    site = url.split("://", 1)[-1]
    return StoreFacts(
        external_id=site,
        name=unescape(str(index.get("name") or "")) or site,
        currency=currency,
        zone=_zone(api, index, environment, notes),
        country=str(general.get("woocommerce_default_country") or "").split(":", 1)[0].upper(),
        version=str(environment.get("version") or ""),
        url=url,
        capabilities=frozenset({Capability.GUEST_CODES, Capability.CHECKOUT_LINKS, Capability.CONSENT}),
        notes=tuple(notes),
        details={
            "auth_mode": "query" if api.signed.query_string_auth else "header" if api.signed.is_ssl else "oauth1",
            "coupons_enabled": None if coupons is None else coupons == "yes",
            "prices_include_tax": None
            if "woocommerce_prices_include_tax" not in tax
            else tax["woocommerce_prices_include_tax"] == "yes",
            "hpos": configured.get("HPOS_enabled"),
            "decimals": configured.get("number_of_decimals"),
            "wp_version": environment.get("wp_version"),
            "checkout_links": has_checkout_links(environment.get("version")),
            "url": url,
        },
    )


def zone_from_offset(minutes: int) -> str | None:
    """A name zoneinfo knows for a fixed offset in minutes east of UTC; None where there is none."""
    if minutes == 0:
        return "UTC"
    if minutes % 60 == 0 and -12 <= minutes // 60 <= 14:
        hours = minutes // 60
        return f"Etc/GMT{'-' if hours > 0 else '+'}{abs(hours)}"  # POSIX signs: Etc/GMT-3 is three hours ahead of UTC
    return _BROKEN_HOURS.get(minutes)


def _zone(api: StoreApi, index: Mapping[str, Any], environment: Mapping[str, Any], notes: list[str]) -> str:
    """WordPress' public index tells it, else an order's two dates do; the system status has PHP's own zone only, always UTC."""
    for name in (index.get("timezone_string"), environment.get("timezone_string"), environment.get("timezone")):
        if isinstance(name, str) and name and _known(name):
            return name
    minutes = _offset_minutes(index.get("gmt_offset"))
    if minutes is None:
        for text in (index.get("timezone_string"), environment.get("timezone_string"), environment.get("timezone")):
            minutes = _offset_minutes(text) if minutes is None else minutes
    if minutes is None:
        minutes = _offset_of_latest(api)
    zone = None if minutes is None else zone_from_offset(minutes)
    if zone is None:
        notes.append(
            "The store's time zone can't be read, UTC is used: choose a city in WordPress' Settings > General > Timezone."
        )
        return "UTC"
    if minutes:
        notes.append(
            f"The store gives its time zone as an offset ({zone}), without summer time: choose a city in WordPress instead."
        )
    return zone


def _offset_minutes(value: object) -> int | None:
    """``3``, ``"5.5"``, ``"+03:00"`` or ``"UTC+3"``."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip().upper().removeprefix("UTC").removeprefix("GMT")
    sign = -1 if text.startswith("-") else 1
    hours, _, minutes = text.lstrip("+-").partition(":")
    try:
        return sign * round(float(hours) * 60 + float(minutes or 0))
    except ValueError:
        return None


def _offset_of_latest(api: StoreApi) -> int | None:
    rows = api.get("orders", {"per_page": 1, "orderby": "date", "order": "desc"})
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    try:
        gap = datetime.fromisoformat(row["date_created"]) - datetime.fromisoformat(row["date_created_gmt"])
    except (KeyError, TypeError, ValueError):
        return None
    return round(gap / timedelta(minutes=1))


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _optional(api: StoreApi, endpoint: str, notes: list[str]) -> Any:
    try:
        return api.get(endpoint)
    except (MissingScope, Refused, WrongAddress, BadAnswer, Transient):
        notes.append(f"The key's user may not read {endpoint}: some facts of the store are unknown. An administrator's key can.")
        return None
    except StoreError as refused:
        # 401 for this one route, although orders were readable a moment ago: the user lacks the right, not the key.
        notes.append(f"{endpoint} was refused: some facts of the store are unknown. {refused.mend}")
        return None


def _current_currency(api: StoreApi) -> str:
    answer = api.get("data/currencies/current")
    code = answer.get("code") if isinstance(answer, dict) else None
    if not isinstance(code, str) or not code:
        raise BadAnswer("The store does not say its currency.", store=api.store, mend="Use the key of an administrator.")
    return code


def _settings(answer: object) -> dict[str, Any]:
    return {str(row.get("id")): row.get("value") for row in answer if isinstance(row, dict)} if isinstance(answer, list) else {}


def _dict(parent: object, key: str) -> dict[str, Any]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return found if isinstance(found, dict) else {}
