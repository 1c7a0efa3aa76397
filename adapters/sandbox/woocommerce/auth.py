"""WooCommerce's key check: Basic or query keys where it believes the connection to be TLS, OAuth 1.0a one-legged elsewhere."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from urllib.parse import quote

from adapters.sandbox.web import Request
from adapters.sandbox.woocommerce.errors import WooError, authentication, cannot_view
from adapters.sandbox.woocommerce.store import WooStore

WINDOW = 15 * 60  # seconds
OAUTH = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def authorise(store: WooStore, request: Request) -> None:
    key = _basic(store, request) if request.headers.get("X-Forwarded-Proto", "").lower() == "https" else _oauth(store, request)
    reading = request.method in READING
    if key is None:
        raise (
            cannot_view()
            if reading
            else WooError(401, "woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.")
        )
    allowed = store.keys[key][1]
    if reading and allowed == "write":
        raise authentication("The API key provided does not have read permissions.")
    if not reading and allowed == "read":
        raise authentication("The API key provided does not have write permissions.")


def _basic(store: WooStore, request: Request) -> str | None:
    query = dict(request.query)
    key, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
    header = request.headers.get("Authorization", "")
    if not (key and secret) and header.lower().startswith("basic "):
        try:
            key, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
    if key not in store.keys:
        return None
    if not hmac.compare_digest(secret.encode(), store.keys[key][0].encode()):
        raise authentication("Consumer secret is invalid.")
    return key


def _oauth(store: WooStore, request: Request) -> str | None:
    query = dict(request.query)
    if not any(name in query for name in OAUTH):
        return None
    for name in OAUTH:
        if not query.get(name):
            raise authentication(f"Missing OAuth parameter {name}")
    key = query["oauth_consumer_key"]
    if key not in store.keys:
        raise authentication("Consumer key is invalid.")
    if not hmac.compare_digest(_signature(store, request, store.keys[key][0]), query["oauth_signature"]):
        raise authentication("Invalid signature - provided signature does not match.")
    timestamp = int(query["oauth_timestamp"]) if query["oauth_timestamp"].isdigit() else 0
    if abs(time.time() - timestamp) > WINDOW:
        raise authentication("Invalid timestamp.")
    with store.lock:
        if (key, query["oauth_nonce"]) in store.nonces:
            raise authentication("Invalid nonce - nonce has already been used.")
        store.nonces[key, query["oauth_nonce"]] = timestamp
    return key


def _signature(store: WooStore, request: Request, secret: str) -> str:
    method = dict(request.query)["oauth_signature_method"]
    if method not in ("HMAC-SHA1", "HMAC-SHA256"):
        raise authentication("Invalid signature - signature method is invalid.")
    # of a parameter given twice PHP sees the last
    given = dict(request.query)
    params = sorted((_encode(name), _encode(value)) for name, value in given.items() if name != "oauth_signature")
    joined = "&".join(f"{name}={value}" for name, value in params)
    text = "&".join((request.method, _encode(store.origin + request.raw_path), _encode(joined)))
    digest = hmac.digest(f"{secret}&".encode(), text.encode(), "sha256" if method == "HMAC-SHA256" else "sha1")
    return base64.b64encode(digest).decode()


def _encode(value: str) -> str:
    return quote(value, safe="~")
