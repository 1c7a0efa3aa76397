"""The consent page of the Shopify twin, and the id tokens with which its App Home opens an app's page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from adapters.sandbox.shopify.store import ShopStore
from adapters.sandbox.web import Request, Response, text

AUTHORIZE = "/admin/oauth/authorize"


def consent(shop: ShopStore, request: Request) -> Response:
    """The page with Install and Cancel; whoever opens it is taken for the shop's owner."""
    given = dict(request.query)
    if given.get("client_id") != shop.client_id or not given.get("redirect_uri", "").startswith(("https://", "http://127.0.0.1")):
        return text("Oauth error invalid_request: The redirect_uri or the client is not whitelisted", 400)
    links = {word: f"{AUTHORIZE}/{word}?{request.query_string}" for word in ("install", "cancel")}
    scopes = "".join(f"<li>{escape(each)}</li>" for each in given.get("scope", "").split(","))
    buttons = "".join(f'<a id="{word}" href="{escape(link)}">{word.capitalize()}</a> ' for word, link in links.items())
    return text(f"<h1>Install app</h1><ul>{scopes}</ul>{buttons}", 200, "text/html; charset=utf-8")


def decided(shop: ShopStore, request: Request, word: str) -> Response:
    given = dict(request.query)
    params = {"shop": shop.domain, "state": given.get("state", ""), "timestamp": str(int(shop.clock.now().timestamp()))}
    if word == "install":
        code = secrets.token_hex(16)
        with shop.lock:
            shop.codes[code] = tuple(given.get("scope", "").split(","))
        params |= {"code": code, "host": _encoded(f"admin.shopify.com/store/{shop.domain.split('.')[0]}".encode())}
    else:
        params |= {"error": "access_denied"}
    signed = params | {"hmac": signature(shop, params)}
    return Response(302, b"", {"Location": f"{given['redirect_uri']}?{urlencode(signed)}"})


def signature(shop: ShopStore, params: dict[str, str]) -> str:
    joined = "&".join(f"{key}={value}" for key, value in sorted(params.items()))
    return hmac.new(shop.client_secret.encode(), joined.encode(), hashlib.sha256).hexdigest()


def id_token(shop: ShopStore, *, seconds: float = 60, secret: str = "", **claims: Any) -> str:
    """As App Bridge fetches it, good for ``seconds`` from now; ``claims`` replace its own."""
    now: datetime = shop.clock.now()
    moment = int(now.timestamp())
    body = {
        "iss": f"https://{shop.domain}/admin", "dest": f"https://{shop.domain}", "aud": shop.client_id, "sub": "42",
        "exp": int(moment + seconds), "nbf": min(moment, int(moment + seconds) - 60), "iat": moment,
        "jti": secrets.token_hex(8), "sid": secrets.token_hex(8), **claims,
    }  # fmt: skip
    head = _encoded(orjson.dumps({"alg": "HS256", "typ": "JWT"}))
    payload = _encoded(orjson.dumps({key: value for key, value in body.items() if value is not None}))
    sign = hmac.digest((secret or shop.client_secret).encode(), f"{head}.{payload}".encode(), "sha256")
    return f"{head}.{payload}.{_encoded(sign)}"


def app_home(shop: ShopStore, app_url: str, **options: Any) -> str:
    """The address that the admin opens in its frame."""
    name = shop.domain.split(".")[0]
    query = {"shop": shop.domain, "embedded": "1", "host": _encoded(f"admin.shopify.com/store/{name}".encode())}
    parts = urlsplit(app_url)
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/'}?{urlencode(query | {'id_token': id_token(shop, **options)})}"


def uninstall(shop: ShopStore) -> None:
    """Every token is dead at once; what the app wrote stays."""
    with shop.lock:
        shop.tokens.clear()
        shop.refresh_tokens.clear()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
