"""Both twins in one process, each on its own loopback port, with the control routes under /_sandbox/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from adapters.sandbox import changes
from adapters.sandbox.census import people as different
from adapters.sandbox.clock import Clock
from adapters.sandbox.faults import Faults, with_faults
from adapters.sandbox.history import history
from adapters.sandbox.shopify import app as shopify_app
from adapters.sandbox.shopify import build as shopify_build
from adapters.sandbox.shopify import grants as shopify_grants
from adapters.sandbox.shopify import inspect as shopify_inspect
from adapters.sandbox.shopify.store import ShopStore
from adapters.sandbox.web import App, Request, Response, Server, answer
from adapters.sandbox.woocommerce import app as woo_app
from adapters.sandbox.woocommerce import build as woo_build
from adapters.sandbox.woocommerce import inspect as woo_inspect
from adapters.sandbox.woocommerce.store import WooStore

SHOP = "comeback-demo.myshopify.com"
TAG_PREFIX, META_PREFIX = "cb:", "comeback_"
OPTIONS = {
    "shuffled_lines": bool,
    "bulk_polls": int,
    "bulk_limit": int,
    "refunds_route": bool,
    "coupons_enabled": bool,
    "webhook_url": str,
}


@dataclass
class ShopifyTwin:
    origin: str
    store: ShopStore
    shops: dict[str, ShopStore]
    faults: Faults = field(default_factory=Faults)

    @property
    def shop(self) -> str:
        return self.store.domain

    @property
    def token(self) -> str:
        return self.store.token

    def state(self) -> dict[str, Any]:
        with self.store.lock:
            return shopify_inspect.state(self.store, TAG_PREFIX) | {"people": different(shopify_inspect.identities(self.store))}

    def change(self, **change: Any) -> Any:
        return changes.shopify(self.store, change)

    def id_token(self, **options: Any) -> str:
        """As App Bridge fetches it: ``seconds`` of life, another ``secret``, or claims by name."""
        return shopify_grants.id_token(self.store, **options)

    def app_home(self, app_url: str, **options: Any) -> str:
        return shopify_grants.app_home(self.store, app_url, **options)

    def uninstall(self) -> None:
        shopify_grants.uninstall(self.store)


@dataclass
class WooCommerceTwin:
    url: str
    store: WooStore
    faults: Faults = field(default_factory=Faults)

    @property
    def consumer_key(self) -> str:
        return self.store.consumer_key

    @property
    def consumer_secret(self) -> str:
        return self.store.consumer_secret

    def state(self) -> dict[str, Any]:
        with self.store.lock:
            return woo_inspect.state(self.store, META_PREFIX) | {"people": different(woo_inspect.identities(self.store))}

    def change(self, **change: Any) -> Any:
        return changes.woocommerce(self.store, change)


@dataclass
class Twins:
    shopify: ShopifyTwin
    woocommerce: WooCommerceTwin

    def state(self) -> dict[str, Any]:
        both = different(shopify_inspect.identities(self.shopify.store), woo_inspect.identities(self.woocommerce.store))
        shopify, woocommerce = self.shopify.state(), self.woocommerce.state()
        return {
            "shopify": shopify, "woocommerce": woocommerce, "people": both, "orders": shopify["orders"] + woocommerce["orders"],
            "write_calls": shopify["write_calls"] + woocommerce["write_calls"], "mails": 0,
        }  # fmt: skip

    def addresses(self) -> dict[str, Any]:
        """All a program needs to connect."""
        return {
            "shopify": {
                "origin": self.shopify.origin, "shop": self.shopify.shop, "token": self.shopify.token,
                "client_id": self.shopify.store.client_id,
                "client_secret": self.shopify.store.client_secret,
            },
            "woocommerce": {
                "url": self.woocommerce.url, "consumer_key": self.woocommerce.consumer_key,
                "consumer_secret": self.woocommerce.consumer_secret,
            },
        }  # fmt: skip


@contextmanager
def start_twins(
    people: int | None = None, seed: int = 7, now: datetime | None = None, *, shuffled: bool = False,
    shops: tuple[str, ...] = (SHOP,),
    ports: tuple[int, int] = (0, 0),
) -> Iterator[Twins]:  # fmt: skip
    """Twins filled with ``people`` identified customers (None: all), up to ``now``; the first of ``shops`` has the history."""
    clock = Clock(now or datetime.now(UTC))

    def date() -> str:
        return format_datetime(clock.now(), usegmt=True)

    first, second = Server(date, ports[0]), Server(date, ports[1])
    past = history(people, seed, clock.start)
    stores = {domain: ShopStore(domain, first.origin, clock, seed) for domain in shops}
    shop = stores[shops[0]]
    shop.shuffled_lines = shuffled
    shopify_build.fill(shop, past)
    woo = WooStore(second.origin, clock, seed)
    woo_build.fill(woo, past)
    twins = Twins(ShopifyTwin(first.origin, shop, stores), WooCommerceTwin(second.origin, woo))
    first.start(_controlled(twins, twins.shopify, shopify_app.app(stores, twins.shopify.faults)))
    second.start(_controlled(twins, twins.woocommerce, woo_app.app(woo)))
    try:
        yield twins
    finally:
        senders: tuple[ShopStore | WooStore, ...] = (*stores.values(), woo)
        for each in senders:
            each.deliveries.close()
        first.close()
        second.close()


def _controlled(twins: Twins, twin: ShopifyTwin | WooCommerceTwin, app: App) -> App:
    behind = with_faults(twin.faults, app)

    def serve(request: Request) -> Response:
        return _control(twins, twin, request) if request.path.startswith("/_sandbox/") else behind(request)

    return serve


def _control(  # noqa: PLR0911 - one row a control
    twins: Twins, twin: ShopifyTwin | WooCommerceTwin, request: Request
) -> Response:
    """/_sandbox/state, faults, change, options, id-token, app-home, uninstall; of the whole pair under /_sandbox/twins."""
    try:
        match request.method, request.path.removeprefix("/_sandbox/").rstrip("/"):
            case "GET", "state":
                return answer(twin.state())
            case "GET", "twins":
                return answer(twins.state())
            case "GET", "faults":
                return answer({"waiting": twin.faults.waiting(), "struck": twin.faults.struck, "requests": twin.faults.requests})
            case "POST", "faults":
                given = request.json()
                for each in given if isinstance(given, list) else [given]:
                    twin.faults.add(**each)
                return answer({"waiting": twin.faults.waiting()}, 201)
            case "DELETE", "faults":
                twin.faults.clear()
                return answer({"waiting": []})
            case "POST", "change":
                return answer({"changed": twin.change(**request.json())}, 201)
            case "POST", "id-token" | "app-home" | "uninstall" as deed if isinstance(twin, ShopifyTwin):
                return answer(_merchant(twin, deed, request.json()), 201)
            case "POST", "options":
                return answer(_options(twin, request.json()))
            case _:
                return answer({"error": "The twins have no such control"}, 404)
    except (KeyError, TypeError, ValueError) as wrong:
        return answer({"error": f"{type(wrong).__name__}: {wrong}"}, 400)


def _merchant(twin: ShopifyTwin, deed: str, given: dict[str, Any]) -> dict[str, str]:
    if deed == "id-token":
        return {"id_token": twin.id_token(**given)}
    if deed == "app-home":
        return {"url": twin.app_home(**given)}
    twin.uninstall()
    return {"uninstalled": twin.shop}


def _options(twin: ShopifyTwin | WooCommerceTwin, given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name == "bucket" and isinstance(twin, ShopifyTwin):
            twin.store.bucket.set(float(value["maximum"]), float(value["restore_rate"]))
        elif name == "deliveries":
            twin.store.deliveries.options(value)
        elif name in OPTIONS and hasattr(twin.store, name):
            setattr(twin.store, name, OPTIONS[name](value))
        else:
            raise ValueError(f"No option {name!r} here")
    return given
