"""POST /admin/oauth/access_token: code grant, token exchange and refresh, with tokens that expire."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import orjson

from adapters.sandbox.shopify.store import SCOPES, ShopStore
from adapters.sandbox.web import Request, Response, answer

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)


def access_token(shop: ShopStore, request: Request) -> Response:
    given: dict[str, Any] = (
        orjson.loads(request.body)
        if "json" in request.headers.get("Content-Type", "")
        else dict(parse_qsl(request.body.decode()))
    )
    if given.get("client_id") != shop.client_id or not hmac.compare_digest(str(given.get("client_secret")), shop.client_secret):
        return _refused("invalid_client", "The client is not known, or its secret is wrong")
    expiring = str(given.get("expiring")) == "1"
    match given.get("grant_type"):
        case "refresh_token":
            return _refreshed(shop, str(given.get("refresh_token")))
        case value if value == EXCHANGE:
            if not _genuine(shop, str(given.get("subject_token"))):
                return _refused("invalid_subject_token", "The ID token is not genuine or has expired")
            return _granted(shop, "token_exchange", SCOPES, expiring=expiring)
        case None if given.get("code"):
            scopes = shop.codes.pop(str(given["code"]), None)
            if scopes is None:
                return _refused("invalid_request", "The authorization code was not found or was already used")
            return _granted(shop, "code", scopes, expiring=expiring)
        case _:
            return _refused("invalid_request", "No such grant")


def _refreshed(shop: ShopStore, given: str) -> Response:
    """The replaced token stays good until its heir is used: a lost answer may be asked for again."""
    with shop.lock:
        held = shop.refresh_tokens.get(given)
        if held is None or held < shop.clock.now():
            return _refused("invalid_grant", "The refresh token is not known or has expired")
        ancestor = shop.heirs.pop(given, None)
        if ancestor is not None:
            shop.refresh_tokens.pop(ancestor, None)
        return _granted(shop, "refresh_token", SCOPES, expiring=True, replaces=given)


def _refused(code: str, message: str) -> Response:
    return answer({"error": code, "error_description": message}, 400)


def _granted(shop: ShopStore, grant: str, scopes: tuple[str, ...], *, expiring: bool, replaces: str = "") -> Response:
    now, access = shop.clock.now(), f"shpat_{secrets.token_hex(16)}"
    with shop.lock:
        shop.grants[grant] += 1
        shop.tokens[access] = scopes
        body: dict[str, Any] = {"access_token": access, "scope": ",".join(scopes)}
        if expiring:
            refresh = f"shprt_{secrets.token_hex(16)}"
            shop.token_expiry[access] = now + ACCESS_LIFE
            shop.refresh_tokens[refresh] = now + REFRESH_LIFE
            if replaces:
                shop.heirs[refresh] = replaces
            body |= {
                "expires_in": int(ACCESS_LIFE.total_seconds()), "refresh_token": refresh,
                "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
            }  # fmt: skip
    return answer(body)


def _genuine(shop: ShopStore, jwt: str) -> bool:
    try:
        head, payload, signature = jwt.split(".")
        claims = orjson.loads(_decoded(payload))
        expected = hmac.digest(shop.client_secret.encode(), f"{head}.{payload}".encode(), "sha256")
        genuine = hmac.compare_digest(expected, _decoded(signature))
    except (ValueError, binascii.Error):
        return False
    return (
        genuine
        and claims.get("aud") == shop.client_id
        and claims.get("dest") == f"https://{shop.domain}"
        and claims.get("exp", 0) > shop.clock.now().timestamp() - 10
    )


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
