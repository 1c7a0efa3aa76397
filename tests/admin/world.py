"""An installation with two connected stores, and visitors of every kind who open its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.sandbox import Twins, start_twins
from comeback.app import App, build
from comeback.connecting import connect
from comeback.serving import create_web
from comeback.settings import Settings
from jobs.due import run_due
from plugin_core.stores import page_secrets
from plugin_core.stores.models import Store
from tests.journeys.world import UNPACED

PAGE_SECRET = "p" * 64
HERE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class World:
    app: App
    twins: Twins
    web: Flask
    stores: dict[str, Store]  # platform -> store

    def owner(self) -> FlaskClient:
        """Signed in by themselves, as owner of the account."""
        return create_web(self.app, open_to_all=True).test_client()

    def shopify_token(self, shop: str = "", **claims: Any) -> str:
        address = shop or self.stores["shopify"].address
        moment = int(self.app.context.clock() / 1_000_000)
        body = {
            "iss": f"https://{address}/admin", "dest": f"https://{address}", "sub": "42",
            "aud": self.app.settings.shopify_client_id,
            "exp": moment + 60, "nbf": moment, "iat": moment, "jti": "1", "sid": "1", **claims,
        }  # fmt: skip
        return jwt.encode(body, self.app.settings.shopify_client_secrets()[0], algorithm="HS256")

    def woocommerce_token(self, **claims: Any) -> str:
        moment = int(self.app.context.clock() / 1_000_000)
        body = {
            "iss": self.stores["woocommerce"].address, "aud": "comeback", "sub": "7", "name": "Ada", "role": "owner",
            "locale": "en_GB", "iat": moment, "nbf": moment, "exp": moment + 60, "jti": "1", **claims,
        }  # fmt: skip
        return jwt.encode(body, PAGE_SECRET, algorithm="HS256")

    def get(self, path: str, token: str = "", **headers: str) -> TestResponse:
        return self.web.test_client().get(path, headers={**_bearer(token), **headers})

    def post(self, path: str, data: dict[str, Any], token: str = "", **headers: str) -> TestResponse:
        return self.web.test_client().post(path, data=data, headers={**HERE, **_bearer(token), **headers})


@contextmanager
def built(database_url: str, folder: Path, twins: Twins) -> Iterator[App]:
    twins.shopify.store.bucket.set(*UNPACED)
    app = build(
        Settings(
            database_url=SecretStr(database_url),
            secret_key=SecretStr("a key for stores that are not there"),
            smtp_url=SecretStr(f"folder:{folder / 'mail'}"),
            public_url="http://127.0.0.1:8000",
            shopify_origin=twins.shopify.origin,
            shopify_client_id=twins.shopify.store.client_id,
            shopify_client_secret=SecretStr(twins.shopify.store.client_secret),
            allow_private_stores=True,
        )
    )
    try:
        yield app
    finally:
        app.close()


def import_both(app: App, twins: Twins) -> None:
    """Both twins are taken in and everything is worked out; no campaign is started."""
    secrets = {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret}
    secrets |= {page_secrets.NAME: PAGE_SECRET}
    connect(app, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="test")
    connect(app, "woocommerce", twins.woocommerce.url, secrets, actor="test")
    assert [report.problem for report in run_due(app.context) if report.problem] == []


def opened(app: App, twins: Twins) -> World:
    with app.database.read() as session:
        stores = {store.platform: store for store in session.scalars(select(Store))}
    return World(app, twins, create_web(app), stores)


@contextmanager
def installation(database_url: str, folder: Path, *, people: int = 30) -> Iterator[tuple[App, Twins]]:
    """Both twins, and an installation that knows of neither yet."""
    with start_twins(people, now=datetime.now(UTC)) as twins, built(database_url, folder, twins) as app:
        yield app, twins


@contextmanager
def world(database_url: str, folder: Path, *, people: int = 30) -> Iterator[World]:
    with installation(database_url, folder, people=people) as (app, twins):
        import_both(app, twins)
        yield opened(app, twins)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
