"""The authorization code grant, for shops that install the app by a link: the link, its signature, the code's exchange."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import requests
from shopify import ApiAccess
from shopify.session import Session

from adapters.shopify.answers import RECONNECT
from adapters.shopify.options import API_VERSION, ShopifyOptions
from adapters.shopify.platform import shop_domain
from adapters.shopify.tokens import Tokens
from plugin_core.errors import AccessRevoked, BadAnswer, InvalidInput, OutcomeUnknown, Refused

TIMEOUTS = (5.0, 30.0)
OLDEST = timedelta(minutes=10)  # the library takes links up to a day old, and any from the future
AHEAD = timedelta(minutes=1)


def permission_url(options: ShopifyOptions, shop: str, scopes: Sequence[str], redirect_uri: str, state: str) -> str:
    """Where a merchant agrees to the installation. Scopes that another one implies are left out."""
    domain = shop_domain(shop)
    session = _session_class(options, options.client_secret)(domain, API_VERSION)
    url = str(session.create_permission_url(sorted(ApiAccess(list(scopes))), redirect_uri, state))
    return url.replace(f"https://{domain}", options.origin.rstrip("/"), 1) if options.origin else url


def verified_shop(options: ShopifyOptions, params: Mapping[str, str], *, state: str, now: datetime) -> str:
    """The shop that sent a merchant back to us. InvalidInput where the signature, the time, the state or the address is wrong."""
    refused = InvalidInput("This link was not made by Shopify, or is too old.", mend="Start the installation again.")
    if not state or not hmac.compare_digest(params.get("state", "").encode(), state.encode()):
        raise refused
    if not any(_session_class(options, secret).validate_hmac(dict(params)) for secret in options.accepted_secrets):
        raise refused
    try:
        age = now.timestamp() - int(params.get("timestamp", ""))
    except ValueError:
        raise refused from None
    if not -AHEAD.total_seconds() <= age <= OLDEST.total_seconds():
        raise refused
    return shop_domain(params.get("shop", ""))


def exchange_code(options: ShopifyOptions, shop: str, code: str, *, store: str, now: datetime) -> Tokens:
    """An expiring offline token for the code that a verified link carried. A code can be exchanged once."""
    domain = shop_domain(shop)
    url = f"{(options.origin or f'https://{domain}').rstrip('/')}/admin/oauth/access_token"
    body = {"client_id": options.client_id, "client_secret": options.client_secret, "code": code, "expiring": "1"}
    try:
        response = requests.post(url, json=body, headers={"Host": domain}, timeout=TIMEOUTS, allow_redirects=False)
    except requests.RequestException as problem:
        raise OutcomeUnknown(
            "Shopify's answer to the installation was lost.", store=store, mend="Start the installation again."
        ) from problem
    if response.status_code in {400, 401, 403}:
        raise AccessRevoked("Shopify doesn't accept the installation code.", store=store, mend=RECONNECT)
    if response.status_code != 200:
        raise Refused(f"Shopify gave no access token (HTTP {response.status_code}).", store=store, mend=RECONNECT)
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except msgspec.DecodeError as problem:
        raise BadAnswer("Shopify's answer to the installation can't be read.", store=store, mend=RECONNECT) from problem
    return Tokens(
        answer.access_token,
        answer.scope,
        _after(now, answer.expires_in),
        answer.refresh_token,
        _after(now, answer.refresh_token_expires_in),
    )


def missing_scopes(granted: str, wanted: Sequence[str]) -> list[str]:
    """What was granted can differ from what was asked for; write_x covers read_x."""
    access = ApiAccess(granted)
    return [scope for scope in wanted if not access.covers(ApiAccess(scope))]


class _Answer(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: float | None = None
    refresh_token: str = ""
    refresh_token_expires_in: float | None = None


def _session_class(options: ShopifyOptions, secret: str) -> type[Session]:
    """The library keeps key and secret on the class, for the whole process: a class of our own shares them with nobody."""
    return type("AppSession", (Session,), {"api_key": options.client_id, "secret": secret})


def _after(now: datetime, lifetime: float | None) -> str:
    return (now + timedelta(seconds=lifetime)).isoformat() if lifetime else ""
