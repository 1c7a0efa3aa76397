"""The WooCommerce twin's one-click connect: consent page, key, the post to the app, and the way back.

Whoever opens the page is taken for a logged-in shop manager. A callback on this machine may be plain HTTP, since there is no
certificate for it; any other must be https, as in a real store.
"""

from __future__ import annotations

import secrets
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
import requests

from adapters.sandbox.web import Request, Response, text
from adapters.sandbox.woocommerce.store import WooStore

PREFIX = "/wc-auth/v1/"
NEEDED = ("app_name", "user_id", "return_url", "callback_url", "scope")
PERMISSIONS = ("read", "write", "read_write")
TIMEOUT = 60  # seconds, as WooCommerce has it


def serve(store: WooStore, request: Request) -> Response:
    given = dict(request.query)
    refused = _wrong(given)
    if refused:
        return _error(refused)
    match request.path.removeprefix(PREFIX).strip("/"):
        case "authorize":
            return _consent(store, given)
        case "access_granted" if given.get("wc_auth_nonce") == store.auth_nonce:
            return _granted(store, given)
        case "access_granted":
            return _error("Invalid nonce verification")
        case _:
            return text("Not Found", 404)


def _wrong(given: dict[str, str]) -> str:
    for name in NEEDED:
        if not given.get(name):
            return f"Missing parameter {name}"
    if given["scope"] not in PERMISSIONS:
        return f"Invalid scope {given['scope']}"
    callback = urlsplit(given["callback_url"])
    if callback.scheme != "https" and callback.hostname != "127.0.0.1":
        return "The callback_url needs to be over SSL"
    return ""


def _consent(store: WooStore, given: dict[str, str]) -> Response:
    approve = f"{store.origin}{PREFIX}access_granted/?{urlencode(given | {'wc_auth_nonce': store.auth_nonce})}"
    page = (
        f"<h1>{escape(given['app_name'])} would like to connect to your store</h1>"
        f'<a id="approve" href="{escape(approve)}">Approve</a> '
        f'<a id="deny" href="{escape(_back(given, success=0))}">Deny</a>'
    )
    return text(page, 200, "text/html; charset=UTF-8")


def _granted(store: WooStore, given: dict[str, str]) -> Response:
    """Anything but exactly 200 takes the key back. The link can be opened again: another key, another post."""
    key, secret = f"ck_{secrets.token_hex(20)}", f"cs_{secrets.token_hex(20)}"
    with store.lock:
        store.keys[key] = (secret, given["scope"])
        store.keys_made += 1
        number = store.keys_made
    body: dict[str, Any] = {
        "key_id": number, "user_id": given["user_id"], "consumer_key": key, "consumer_secret": secret,
        "key_permissions": given["scope"],
    }  # fmt: skip
    headers = {"Content-Type": "application/json;charset=UTF-8", "User-Agent": f"WordPress/7.1; {store.origin}"}
    try:
        answered = requests.post(
            given["callback_url"], data=orjson.dumps(body), headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
        status = str(answered.status_code)
    except requests.RequestException as problem:
        status = type(problem).__name__
    if status != "200":
        with store.lock:
            del store.keys[key]
        return _error(f"An error occurred in the request and at the time were unable to send the consumer data ({status})")
    return Response(302, b"", {"Location": _back(given, success=1)})


def _back(given: dict[str, str], *, success: int) -> str:
    parts = urlsplit(given["return_url"])
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("success", str(success)), ("user_id", given["user_id"])]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _error(message: str) -> Response:
    return text(f"<p>Error: {escape(message)}.</p>", 401, "text/html; charset=UTF-8")
