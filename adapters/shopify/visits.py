"""The id token with which App Home opens our page: who the merchant is and from which shop they come."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from adapters.shopify.options import ShopifyOptions
from adapters.shopify.platform import shop_domain
from plugin_core.errors import InvalidInput
from plugin_core.installers import Visit

LEEWAY = 10  # seconds, as in Shopify's own libraries
_LONGEST_LIFE = 3_600  # seconds; Shopify's own live for a minute
_REQUIRED = ("iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid")


def verified(options: ShopifyOptions, token: str, *, now: datetime) -> Visit:
    """InvalidInput where it was not made by Shopify for this app, or is not of this moment."""
    claims = _claims(options, token)
    moment = now.timestamp()
    try:
        begins, ends = float(claims["nbf"]), float(claims["exp"])
    except (TypeError, ValueError):
        raise _refused() from None
    if not begins - LEEWAY <= moment < ends + LEEWAY or not ends - begins <= _LONGEST_LIFE:
        raise _refused()
    issuer, shop = urlsplit(str(claims["iss"])), urlsplit(str(claims["dest"]))
    if (issuer.scheme, shop.scheme) != ("https", "https") or issuer.hostname != shop.hostname or not shop.hostname:
        raise _refused()
    if shop_domain(shop.hostname) != shop.hostname:
        raise _refused()
    return Visit(shop.hostname, token, claims)


def _claims(options: ShopifyOptions, token: str) -> dict[str, Any]:
    for secret in options.accepted_secrets:
        try:
            return jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=options.client_id,
                # Times are compared with the caller's clock below.
                options={"require": list(_REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            continue
    raise _refused()


def _refused() -> InvalidInput:
    return InvalidInput("This visit is not from Shopify, or is too old.", mend="Open the app in the Shopify admin again.")
