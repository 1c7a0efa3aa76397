"""Access tokens by token exchange and refresh, through Shopify's own package, at whatever origin the operator set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import httpx
from shopify_app import ShopifyApp
from shopify_app.types import IdTokenDetails, TokenExchangeResult

from adapters.shopify.answers import RECONNECT
from adapters.shopify.options import ShopifyOptions
from adapters.shopify.platform import shop_domain
from plugin_core.errors import AccessRevoked, OutcomeUnknown, Refused, SettingsProblem, StoreError, Unreachable

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # the package repeats twice: all of it has to fit into the core's lease
_LONG_AGO = "2000-01-01T00:00:00+00:00"  # the package refreshes only what has run out; when to refresh is the caller's to say


class Tokens(NamedTuple):
    """As kept with the store; times as Shopify's package writes them (ISO 8601), "" where a token doesn't run out."""

    access_token: str
    scope: str
    access_expires_at: str = ""
    refresh_token: str = ""
    refresh_expires_at: str = ""

    def credentials(self) -> dict[str, str]:
        return self._asdict()


class _Origin(httpx.BaseTransport):
    """Sends every request to ``origin``; the ``Host`` header stays the shop's."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def exchange_id_token(options: ShopifyOptions, id_token: str, claims: Mapping[str, object], *, store: str) -> Tokens:
    """An expiring offline token for a *verified* id token; ``claims`` are its claims."""
    shop_domain(str(claims.get("dest", "")).removeprefix("https://"))  # the package posts our secret to whatever stands there
    details = IdTokenDetails(exchangeable=True, token=id_token, claims=dict(claims))
    with _client(options) as client:
        return _tokens(
            lambda: _app(options).exchange_using_token_exchange("offline", details, expiring=True, http_client=client), store
        )


def refresh(options: ShopifyOptions, shop: str, refresh_token: str, *, store: str) -> Tokens:
    """New tokens for an old refresh token. After a lost answer the same old one may be used again."""
    old = {
        "shop": shop_domain(shop).removesuffix(".myshopify.com"),
        "token": "",
        "expires": _LONG_AGO,
        "scope": "",
        "access_mode": "offline",
        "refresh_token": refresh_token,
        "refresh_token_expires": None,
        "user": None,
    }
    with _client(options) as client:
        return _tokens(lambda: _app(options).refresh_token_exchanged_access_token(old, http_client=client), store)


def _app(options: ShopifyOptions) -> ShopifyApp:
    if not options.client_id or not options.client_secret:
        raise SettingsProblem(
            "The Shopify app's client id or secret is not set.",
            mend="Set COMEBACK_SHOPIFY_CLIENT_ID and COMEBACK_SHOPIFY_CLIENT_SECRET.",
        )
    return ShopifyApp(options.client_id, options.client_secret)


def _client(options: ShopifyOptions) -> httpx.Client:
    transport = _Origin(options.origin) if options.origin else None
    return httpx.Client(transport=transport, timeout=_TIMEOUT, follow_redirects=False)


def _tokens(ask: Callable[[], TokenExchangeResult], store: str) -> Tokens:
    try:
        result = ask()
    except (ValueError, KeyError) as problem:
        # The package reads a 200 without looking: the tokens may have been made, the same request may be made again.
        raise OutcomeUnknown("Shopify's answer can't be read.", store=store, mend="It is tried again later.") from problem
    token = result.access_token
    if result.ok and token is not None:
        expires, refresh_expires = token.expires or "", token.refresh_token_expires or ""
        return Tokens(token.token, token.scope, expires, token.refresh_token or "", refresh_expires)
    raise _problem(result.log.code, store)


def _problem(code: str, store: str) -> StoreError:
    if code in {"invalid_grant", "refresh_token_expired", "invalid_subject_token"}:
        return AccessRevoked("Shopify doesn't renew the access token any more.", store=store, mend=RECONNECT)
    if code == "invalid_client":
        # Of the whole installation: no merchant could mend it by opening the app again.
        return Refused(
            "Shopify doesn't know this app, or its secret has changed.",
            store=store,
            mend="Check COMEBACK_SHOPIFY_CLIENT_SECRET.",
            code=code,
        )
    if "network" in code or "server_error" in code or "rate" in code:
        return Unreachable(f"Shopify gave no access token ({code}).", store=store, mend="It is tried again later.")
    return Refused(f"Shopify gave no access token ({code}).", store=store, mend=RECONNECT, code=code)
