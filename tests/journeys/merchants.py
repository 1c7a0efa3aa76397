"""What a merchant's two stores hold, byte by byte, but for the moment at which a record was last touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.sandbox import Twins, start_twins
from comeback.app import App, build
from comeback.connecting import connect
from comeback.settings import Settings
from jobs.due import run_due
from plugin_core.offers import campaigns
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import find_store
from plugin_core.stores.models import Store
from tests.journeys.world import UNPACED

_RECORDS = tuple(f"gid://shopify/{kind}/" for kind in ("Customer", "Order", "Product", "AbandonedCheckout"))
_TOUCHED = {"updated", "date_modified", "date_modified_gmt"}
SENDER = {
    "sender_name": "The shop",
    "sender_email": "hello@shop.example",
    "reply_to": "help@shop.example",
    "postal_address": "1 High Street, Example",
    "quiet_hours": False,
}


@contextmanager
def merchant(database_url: str, folder: Path, people: int = 40) -> Iterator[tuple[App, Twins]]:
    with start_twins(people) as twins:
        twins.shopify.store.bucket.set(*UNPACED)
        app = build(
            Settings(
                database_url=SecretStr(database_url),
                secret_key=SecretStr("a key for people who were made up"),
                smtp_url=SecretStr(f"folder:{folder / 'mail'}"),
                public_url="http://127.0.0.1:8000",
                shopify_origin=twins.shopify.origin,
                allow_private_stores=True,
            )
        )
        try:
            yield app, twins
        finally:
            app.close()


def work(app: App, twins: Twins) -> dict[str, Store]:
    """Both stores connected, imported, their campaigns started, everything written to them. Platform -> store."""
    secrets = {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret}
    keys = {
        "shopify": connect(app, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="test")[0],
        "woocommerce": connect(app, "woocommerce", twins.woocommerce.url, secrets, actor="test")[0],
    }
    with app.database.write() as session:
        for key in keys.values():
            store_settings.change(session, find_store(session, key), SENDER, actor="test", now=app.context.clock())
    go(app)
    with app.database.write() as session:
        for key in keys.values():
            store = find_store(session, key)
            for campaign in campaigns.campaigns(session, store):
                campaigns.start(session, store, campaign, actor="test", now=app.context.clock())
    go(app)
    with app.database.read() as session:
        return {platform: find_store(session, key) for platform, key in keys.items()}


def go(app: App) -> None:
    assert [report.problem for report in run_due(app.context) if report.problem] == []


def holdings(twins: Twins) -> dict[str, Any]:
    shop, woo = twins.shopify.store, twins.woocommerce.store
    return {
        **{
            f"shopify {name}": _plain(getattr(shop, name))
            for name in ("customers", "orders", "products", "checkouts", "discounts")
        },
        "shopify definitions": _plain(shop.definitions),
        **{
            f"woocommerce {name}": _plain(getattr(woo, name))
            for name in ("customers", "orders", "products", "coupons", "webhooks")
        },
    }


def _plain(value: Any, depth: int = 0) -> Any:
    """A record inside a record is named, not shown: it is compared where it is at home."""
    if isinstance(value, dict):
        if depth > 1 and str(value.get("id", "")).startswith(_RECORDS):
            return value["id"]
        return {
            # Tags are a set: Shopify shows them by the alphabet.
            str(key): sorted(inner) if key == "tags" else _plain(inner, depth + 1)
            for key, inner in value.items()
            if key not in _TOUCHED
        }
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
