"""What a store's answer means: the JSON inside it, or the error of ours that names the store and the mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from adapters.woocommerce.transport import RawAnswer, site_of, store_time
from plugin_core.addresses import SiteAddress
from plugin_core.errors import (
    AccessRevoked,
    BadAnswer,
    MissingScope,
    OutcomeUnknown,
    Refused,
    StoreError,
    Throttled,
    Transient,
    WrongAddress,
)
from plugin_core.json_text import without_nul

_BOM = b"\xef\xbb\xbf"
_PHP_NOTICE = re.compile(rb"\b(?:Notice|Warning|Deprecated|Strict Standards|Parse error|Fatal error)\b")
_JSON_START = re.compile(rb"[{\[]")
_FIREWALL = (
    "A firewall, a cache or a maintenance page answers in the store's place: let the host or its security plugin "
    "(Cloudflare, Wordfence, ModSecurity) allow /wp-json/wc/ for the user agent 'Comeback'."
)
_PERMALINKS = (
    "In WordPress open Settings > Permalinks and choose anything but 'Plain', and check that no plugin switches the REST API off."
)
_KEYS = "In WooCommerce open Settings > Advanced > REST API, make a key with Read/Write for an administrator, and connect again."

LONGEST_WAIT = 3600.0  # seconds

# Codes that PHP or WordPress give when the request may have been carried out before it died.
_DIED_ON_THE_WAY = {"internal_server_error", "db_update_error", "wp_die"}


class Unreadable(Exception):
    """No JSON to be found; ``looks_like`` says what it is instead."""

    def __init__(self, looks_like: str) -> None:
        super().__init__(looks_like)
        self.looks_like = looks_like


def read_json(answer: RawAnswer) -> tuple[Any, bool]:
    """The decoded body, and whether PHP had printed notices before it (display of errors is on in that store)."""
    body = without_nul(answer.body).lstrip(_BOM + b" \t\r\n")  # plugin files saved with a BOM print one each
    try:
        return msgspec.json.decode(body), False
    except (msgspec.DecodeError, RecursionError):
        pass
    start = _JSON_START.search(body)
    lead = body[:4096]
    if start is not None and start.start() > 0 and _PHP_NOTICE.search(lead):
        for found in list(_JSON_START.finditer(body[:20_000]))[:50]:
            try:
                return msgspec.json.decode(body[found.start() :]), True
            except (msgspec.DecodeError, RecursionError):
                continue
    if not body:
        raise Unreadable("nothing")
    if b"<html" in lead.lower() or b"<!doctype" in lead.lower():
        raise Unreadable("a web page")
    raise Unreadable("a broken-off answer" if start is not None and start.start() == 0 else "something that is not JSON")


def json_slice(answer: RawAnswer) -> bytes:
    """The JSON part of a body that :func:`read_json` accepted."""
    body = answer.body.lstrip(_BOM + b" \t\r\n")
    if body[:1] in (b"{", b"["):
        return body
    for found in _JSON_START.finditer(body):
        part = body[found.start() :]
        try:
            msgspec.json.decode(part)
        except msgspec.DecodeError:
            continue
        return part
    raise Unreadable("something that is not JSON")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. A wait nobody means is cut: asking once an hour harms no store."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
    return min(max(0.0, moment - (store_time(headers) or moment)), LONGEST_WAIT)


def error_code(payload: object) -> tuple[str, str]:
    """``code`` and ``message`` of WordPress' error envelope; empty where it is none."""
    if not isinstance(payload, dict):
        return "", ""
    code, message = payload.get("code"), payload.get("message")
    return (code if isinstance(code, str) else ""), (message if isinstance(message, str) else "")


def refusal(status: int, message: str, code: str) -> str:
    """Why a 401 came: "nonce" and "clock" only want a new signature, "anonymous" means that our keys were not seen at all."""
    if status != 401:
        return ""
    if code == "woocommerce_rest_authentication_error":
        lowered = message.lower()
        if "nonce" in lowered:
            return "nonce"
        return "clock" if "timestamp" in lowered else "keys"
    return "anonymous"


def not_json(answer: RawAnswer, looks_like: str, *, store: str, writing: bool) -> StoreError:
    status = answer.status
    if status == 404:
        return WrongAddress(
            f"There is no WooCommerce REST API here ({looks_like} came, status 404).", store=store, mend=_PERMALINKS
        )
    if status in (401, 403, 406):
        return BadAnswer(
            f"The request was turned away before it reached WooCommerce (status {status}).", store=store, mend=_FIREWALL
        )
    if status == 429 or status >= 500:
        return busy(answer, store=store, writing=writing)
    return BadAnswer(f"Instead of JSON {looks_like} came (status {status}).", store=store, mend=_FIREWALL)


def busy(answer: RawAnswer, *, store: str, writing: bool) -> StoreError:
    wait = retry_after(answer.headers)
    if answer.status == 429:
        return Throttled("The store asks us to slow down.", store=store, retry_after=wait)
    if writing:
        return OutcomeUnknown(
            f"The store failed (status {answer.status}) while it was writing.", store=store, mend="It will be looked at again."
        )
    mend = "If it stays like this, look into WooCommerce > Status > Logs (fatal-errors) and at the host's memory limit."
    return Transient(f"The store failed (status {answer.status}).", store=store, mend=mend, retry_after=wait)


def moved(answer: RawAnswer, site: SiteAddress, *, store: str) -> WrongAddress:
    location = answer.headers.get("Location", "")
    target = site_of(location, site) if location else "somewhere else"
    return WrongAddress(f"This address leads on to {target}.", store=store, mend=f"Connect the store as {target}.")


def problem(answer: RawAnswer, payload: object, *, store: str, writing: bool) -> StoreError:
    """The error for a JSON answer whose status is not 2xx."""
    code, message = error_code(payload)
    if answer.status == 401:
        return _unauthorised(code, message, store=store)
    if answer.status == 403:
        return MissingScope(f"The store does not allow this to our key ({code or 403}).", store=store, mend=_KEYS)
    if answer.status == 404 and code == "rest_no_route":
        mend = "Check that the WooCommerce plugin is active and not older than 3.5."
        return WrongAddress("WordPress answers, but WooCommerce's REST API v3 is not there.", store=store, mend=mend)
    if (
        answer.status == 429
        or (answer.status >= 500 and (not code or code in _DIED_ON_THE_WAY))
        or answer.status in (502, 503, 504)
    ):
        return busy(answer, store=store, writing=writing)
    # A 501 (no trash for customers) and WooCommerce's own 500s (a refund too large) are considered answers, not failures.
    return Refused(
        f"The store refused ({code or answer.status}): {_short(message)}", store=store, code=code or str(answer.status)
    )


def _unauthorised(code: str, message: str, *, store: str) -> StoreError:
    lowered = message.lower()
    if "write permissions" in lowered:
        return MissingScope("The key may only read.", store=store, mend=f"It needs Read/Write. {_KEYS}")
    if "read permissions" in lowered:
        return MissingScope("The key may only write.", store=store, mend=f"It needs Read/Write. {_KEYS}")
    if "consumer secret" in lowered:
        return AccessRevoked("The consumer secret (cs_...) is wrong.", store=store, mend=_KEYS)
    if "consumer key" in lowered:
        return AccessRevoked("The consumer key (ck_...) is unknown or was revoked.", store=store, mend=_KEYS)
    if "signature" in lowered:
        mend = f"Connect with exactly the site address of WordPress' general settings (www or not). Otherwise: {_KEYS}"
        return AccessRevoked(
            "The store could not confirm our signature: the consumer secret or the address is wrong.", store=store, mend=mend
        )
    if "timestamp" in lowered:
        return AccessRevoked("The store's clock and ours differ too much.", store=store, mend="Set both clocks (NTP).")
    if code == "woocommerce_rest_authentication_error":
        return AccessRevoked("The store did not accept our key.", store=store, mend=_KEYS)
    mend = (
        "The key is unknown or was revoked, its user lost the right to manage WooCommerce, or the host drops the "
        f"Authorization header or hides https from WordPress (X-Forwarded-Proto). {_KEYS}"
    )
    return AccessRevoked("The store takes us for an anonymous visitor.", store=store, mend=mend)


def _short(message: str) -> str:
    """The store's own words, without addresses of people that they may repeat."""
    return re.sub(r"\S+@\S+", "<e-mail>", re.sub(r"<[^>]+>", "", message))[:200]
