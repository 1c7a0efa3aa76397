"""What happens in two busy stores, noted with its moment, and when each of it is known to the core."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from adapters.sandbox import Twins

LOOK_EVERY_S = 0.05
# Deliveries that each leads to, by platform.
TOLD = {
    "shopify": {"order": 4, "refund": 2, "edit": 1, "consent": 1, "tags": 2},
    "woocommerce": {"order": 2, "refund": 1, "edit": 1, "consent": 1},
}
_OFTEN = {"order": 45, "refund": 15, "edit": 20, "consent": 12, "tags": 8}
_SEEN = {
    "order": "SELECT external_id, '' FROM orders WHERE store_id = :store AND external_id IN :ids",
    "refund": "SELECT r.external_id, '' FROM refunds r JOIN orders o ON o.id = r.order_id "
    "WHERE o.store_id = :store AND r.external_id IN :ids",
    "edit": "SELECT external_id, modified_at FROM store_customers WHERE store_id = :store AND external_id IN :ids",
    "consent": "SELECT a.external_id, n.at FROM store_customers a JOIN consents n ON n.customer_id = a.customer_id "
    "AND n.store_id = a.store_id AND n.channel = 'email' AND n.state = 'unsubscribed' "
    "WHERE a.store_id = :store AND a.external_id IN :ids",
    "tags": "SELECT external_id, tags FROM store_customers WHERE store_id = :store AND external_id IN :ids",
}


@dataclass
class Happenings:
    """``stores``: platform -> id. One thread makes things happen, another looks whether they are known."""

    twins: Twins
    engine: Engine
    stores: dict[str, int]
    draw: random.Random
    lags: dict[str, list[float]] = field(default_factory=dict)  # kind -> seconds from the change to the core
    open: dict[tuple[str, str, str], tuple[float, Any]] = field(default_factory=dict)  # platform, kind, id -> since, sign of it
    told: int = 0

    def __post_init__(self) -> None:
        shop, woo = self.twins.shopify.store, self.twins.woocommerce.store
        self._people = {
            "shopify": [each["id"] for each in shop.customers.values() if each["email"]],
            "woocommerce": [each["id"] for each in woo.customers.values() if each["role"] == "customer"],
        }
        self._orders: dict[str, list[Any]] = {"shopify": [], "woocommerce": []}
        self._guard = threading.Lock()

    def happen(self, platform: str) -> None:
        kinds = TOLD[platform]
        kind = self.draw.choices(list(kinds), [_OFTEN[each] for each in kinds])[0]
        if kind == "refund" and not self._orders[platform]:
            kind = "order"
        person = self.draw.choice(self._people[platform])
        if kind not in {"order", "refund"} and (platform, kind, _bare(person)) in self.open:
            return  # a second one would hide the first
        now = time.monotonic()
        number, sign = getattr(self, f"_{platform}")(kind, person)
        with self._guard:
            self.open[platform, kind, _bare(number)] = now, sign
        self.told += kinds[kind]

    def _shopify(self, kind: str, person: str) -> tuple[str, Any]:
        twin = self.twins.shopify
        second = self._second()
        match kind:
            case "order":
                number = twin.change(kind="order", customer=person, quantity=self.draw.randint(1, 3))
                self._orders["shopify"].append(number)
                return number, ""
            case "refund":
                return twin.change(kind="refund", order=self._taken("shopify"), amount="0.50"), ""
            case "edit":
                return twin.change(kind="customer", id=person, set={"first": f"Ada {self.told}"}), second
            case "consent":
                return twin.change(kind="consent", id=person, state="UNSUBSCRIBED"), second
            case _:
                return twin.change(kind="tags", id=person, add=[f"VIP {self.told}"]), f"VIP {self.told}"

    def _woocommerce(self, kind: str, person: int) -> tuple[str, Any]:
        twin = self.twins.woocommerce
        second = self._second()
        match kind:
            case "order":
                number = twin.change(kind="order", customer_id=person)
                self._orders["woocommerce"].append(number)
                return number, ""
            case "refund":
                return twin.change(kind="refund", order=self._taken("woocommerce"), amount="0.50"), ""
            case "edit":
                return twin.change(kind="customer", id=person, set={"first_name": f"Ada {self.told}"}), second
            case _:
                return twin.change(kind="consent", id=person, state="unsubscribed"), second

    def _second(self) -> int:
        """As the stores date things, in microseconds."""
        return int(self.twins.shopify.store.clock.now().timestamp()) * 1_000_000

    def _taken(self, platform: str) -> Any:
        orders = self._orders[platform]
        return orders.pop(self.draw.randrange(len(orders)))

    def look(self) -> None:
        """Once: what is known by now."""
        with self._guard:
            waiting = dict(self.open)
        places = {(platform, kind) for platform, kind, _ in waiting}
        with self.engine.connect() as connection:
            for platform, kind in places:
                wanted = {
                    number: sign for (where, what, number), (_, sign) in waiting.items() if (where, what) == (platform, kind)
                }
                found = _known(connection, self.stores[platform], kind, wanted)
                now = time.monotonic()
                with self._guard:
                    for number in found:
                        since, _ = self.open.pop((platform, kind, number))
                        self.lags.setdefault(kind, []).append(now - since)

    def all_known(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while self.open and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        return not self.open


def _known(connection: Connection, store: int, kind: str, wanted: dict[str, Any]) -> list[str]:
    sql = sa.text(_SEEN[kind]).bindparams(sa.bindparam("ids", expanding=True))
    rows = connection.execute(sql, {"store": store, "ids": list(wanted)}).all()
    return [number for number, held in rows if _shows(kind, held, wanted[number])]


def _shows(kind: str, held: Any, sign: Any) -> bool:
    if kind in {"edit", "consent"}:
        return bool(held >= sign)
    return kind != "tags" or sign in (json.loads(held) if isinstance(held, str) else held)


def _bare(number: Any) -> str:
    return str(number).rsplit("/", 1)[-1]


class Watching:
    """Calls ``looks`` again and again until the block ends; what goes wrong in them is raised there."""

    def __init__(self, *looks: Callable[[], object], every: float = LOOK_EVERY_S) -> None:
        self._looks, self._every = looks, every
        self._over = threading.Event()
        self._wrong: list[Exception] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._wrong:
            raise self._wrong[0]

    def _run(self) -> None:
        while not self._over.wait(self._every):
            try:
                for look in self._looks:
                    look()
            except Exception as problem:  # noqa: BLE001 - raised where the block ends
                self._wrong.append(problem)
                return


def percentile(values: Iterable[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0
