"""Our page inside a WooCommerce store's admin: the word of the store's own plugin on who opens it.

The plugin signs with a secret that only this store and we know, so whose secret to check with is read from the token itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from plugin_core.errors import InvalidInput
from plugin_core.installers import Visit

AUDIENCE = "comeback"
LEEWAY = 10  # seconds between the store's clock and ours
_LONGEST_LIFE = 120  # seconds
_LONGEST = 4096  # characters
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?|https?://\[[0-9a-f:.]+\](?::\d{1,5})?")
_REQUIRED = ("iss", "aud", "sub", "iat", "nbf", "exp", "jti")


class WooCommerceHome:
    script_url = ""  # the plugin's script around the frame fetches tokens
    client_id = ""
    reload_param = "reload"
    retry_headers: Mapping[str, str] = {}

    def visit(self, token: str, *, now: datetime, secrets: Callable[[str], Sequence[str]]) -> Visit:
        claims = _claims(token, secrets)
        try:
            issued, begins, ends = (float(claims[name]) for name in ("iat", "nbf", "exp"))
        except (TypeError, ValueError, OverflowError):
            raise _refused() from None
        moment = now.timestamp()
        if not max(issued, begins) - LEEWAY <= moment < ends + LEEWAY or not 0 < ends - issued <= _LONGEST_LIFE:
            raise _refused()
        return Visit(str(claims["iss"]), token, claims, _frames(claims))

    def credentials(self, visit: Visit, *, now: datetime) -> Mapping[str, str]:  # noqa: ARG002 - as for any platform
        raise InvalidInput(
            f"{visit.address} is not connected.", mend="Open WooCommerce > Comeback in the store and connect it there."
        )

    def ancestors(self, address: str) -> Sequence[str]:
        parts = urlsplit(address)
        return (f"{parts.scheme}://{parts.netloc}",) if parts.netloc else ()


def _frames(claims: Mapping[str, Any]) -> Sequence[str]:
    """Where WordPress stands at another address than the shop, its admin does, too."""
    admin, site = claims.get("admin"), urlsplit(str(claims["iss"]))
    if not isinstance(admin, str) or _ORIGIN.fullmatch(admin) is None or admin == f"{site.scheme}://{site.netloc}":
        return ()
    return (admin,)


def _claims(token: str, secrets: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    for secret in secrets(_issuer(token)):
        try:
            return jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=AUDIENCE,
                # Times are compared with the caller's clock above.
                options={"require": list(_REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            continue
    raise _refused()


def _issuer(token: str) -> str:
    """What the token says of itself, believed only once its signature was checked with that store's secret."""
    if len(token) > _LONGEST:
        raise _refused()
    try:
        claimed: object = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.InvalidTokenError:
        raise _refused() from None
    if not isinstance(claimed, str) or not claimed:
        raise _refused()
    return claimed


def _refused() -> InvalidInput:
    return InvalidInput(
        "This visit is not from your store, or is too old.", mend="Open WooCommerce > Comeback in your store's admin again."
    )
