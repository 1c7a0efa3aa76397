"""A WooCommerce store with our plugin in it, as our side sees it: what the plugin posts, and the visits it signs."""

from __future__ import annotations

from typing import Any

import jwt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from comeback.app import App
from comeback.connecting import offer_link

SECRET = "5a" * 32


def ticket(app: App, address: str) -> str:
    return offer_link(app, "woocommerce", address, actor="cli").rsplit("/", 1)[1]


def posted(given: str, twin: Any, **changes: Any) -> dict[str, Any]:
    body = {
        "ticket": given, "site": twin.url, "admin": twin.url, "consumer_key": twin.consumer_key,
        "consumer_secret": twin.consumer_secret, "page_secret": SECRET,
        "versions": {"plugin": "0.1.0", "wordpress": "7.1", "woocommerce": "11.0.1", "php": "8.2.32"},
    }  # fmt: skip
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def connect(client: FlaskClient, body: Any) -> TestResponse:
    return client.post("/connect/plugin", json=body)


def token(app: App, address: str, secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    moment = app.context.clock() // 1_000_000
    claims = {
        "iss": address, "aud": "comeback", "sub": "7", "name": "Ada", "locale": "tr_TR", "role": "owner",
        "admin": address, "iat": moment, "nbf": moment, "exp": moment + 60, "jti": "1",
    }  # fmt: skip
    return jwt.encode(
        {name: value for name, value in {**claims, **changes}.items() if value is not None}, secret, algorithm=algorithm
    )
