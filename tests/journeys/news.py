"""How soon a change in a store is known here, and how soon what follows from it stands there: one machine, SQLite, busy stores.

``python -m tests.journeys.news --rate 200 --seconds 60`` prints the figures; the tests run a short and quiet one. It never leaves
this machine, and it ends: the changes after ``--seconds``, the waiting after its patience.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from adapters.sandbox import Twins
from plugin_core.db import create_engine
from tests import postgres
from tests.journeys.happenings import Happenings, Watching, percentile
from tests.journeys.program import Program
from tests.journeys.served import served
from tests.journeys.test_main_job import disagreements
from tests.journeys.world import World, free_port
from tests.oracles.customers import rows

SENDERS = 4  # deliveries a store has under way at a time
KNOWN_WITHIN_S, SHOWN_WITHIN_S = 2.0, 4.0  # p95
# An order of somebody who has not bought for long is some 30 points of writing at Shopify, which gives 100 a second.
QUIET_RATE = {"shopify": 1.5, "woocommerce": 1.0}
_LATE = "('prospect', 'slipping', 'at_risk', 'lapsed', 'lost')"


@dataclass
class Figures:
    told: int = 0
    seconds: float = 0.0
    known: dict[str, list[float]] = field(default_factory=dict)  # kind -> lags
    shown: dict[str, list[float]] = field(default_factory=dict)  # platform -> lags
    bucket_least: float = 1.0  # share of Shopify's points that was always left
    drained: float = 0.0
    applied: int = 0  # deliveries stored by the core
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        everything = [lag for lags in self.known.values() for lag in lags]
        return {
            "deliveries": self.told,
            "deliveries_a_second": round(self.told / self.seconds, 1) if self.seconds else 0,
            "known_p50": round(percentile(everything, 0.5), 3),
            "known_p95": round(percentile(everything, 0.95), 3),
            "known_p99": round(percentile(everything, 0.99), 3),
            "known_p95_by_kind": {kind: round(percentile(lags, 0.95), 3) for kind, lags in sorted(self.known.items())},
            "changes": len(everything),
            "shown": {
                platform: {"p50": round(percentile(lags, 0.5), 3), "p95": round(percentile(lags, 0.95), 3), "changes": len(lags)}
                for platform, lags in sorted(self.shown.items())
            },
            "points_always_left": round(self.bucket_least, 2),
            "drained_after": round(self.drained, 1),
            "wrong": self.wrong,
        }


class News:
    def __init__(self, world: World, program: Program, twins: Twins, url: str, draw: random.Random) -> None:
        self.world, self.program, self.twins, self.draw = world, program, twins, draw
        self.engine: Engine = create_engine(url).execution_options(reading=True)
        self.figures = Figures()
        with self.engine.connect() as connection:
            found = connection.execute(sa.text("SELECT platform, id FROM stores")).all()
        self.stores = {str(platform): int(number) for platform, number in found}

    def quiet(self, seconds: float) -> None:
        """People who have not bought for long buy, few enough at a time that the store can be written to at once."""
        due = {platform: time.monotonic() for platform in QUIET_RATE}
        sleepers = {platform: self._sleepers(platform) for platform in QUIET_RATE}
        waiting: dict[tuple[str, Any], tuple[float, str]] = {}
        deadline = time.monotonic() + seconds
        with Watching(lambda: self._look(waiting), self._bucket):
            while time.monotonic() < deadline:
                for platform, rate in QUIET_RATE.items():
                    if time.monotonic() >= due[platform] and sleepers[platform]:
                        due[platform] += 1 / rate
                        person, word = sleepers[platform].pop()
                        waiting[platform, person] = time.monotonic(), word
                        if platform == "shopify":
                            self.twins.shopify.change(kind="order", customer=person)
                        else:
                            self.twins.woocommerce.change(kind="order", customer_id=person)
                time.sleep(0.01)
            patience = time.monotonic() + 30
            while waiting and time.monotonic() < patience:
                time.sleep(0.05)
        self.figures.wrong += [
            f"{platform}: what follows from the order of {person} is not shown" for platform, person in waiting
        ]

    def busy(self, seconds: float, rate: float, platforms: tuple[str, ...]) -> None:
        """So many deliveries a second, of every kind of change."""
        happenings = Happenings(self.twins, self.engine, self.stores, self.draw)
        began = time.monotonic()
        with Watching(happenings.look, self._bucket):
            while (elapsed := time.monotonic() - began) < seconds:
                if happenings.told < elapsed * rate:
                    happenings.happen(self.draw.choice(platforms))
                else:
                    time.sleep(0.002)
            self.figures.seconds = time.monotonic() - began
            happenings.all_known(60)
        self.figures.told = happenings.told
        self.figures.known = happenings.lags
        self.figures.wrong += [f"{' '.join(each)} is not known" for each in happenings.open]

    def drain(self, patience: float) -> None:
        """Until nothing waits to be taken in or written any more."""
        sql = sa.text(
            "SELECT (SELECT COUNT(*) FROM webhook_deliveries WHERE due_at IS NOT NULL) + (SELECT COUNT(*) FROM outbox) "
            "+ (SELECT COUNT(*) FROM stale_customers)"
        )
        began, still = time.monotonic(), 0
        with Watching(self._bucket):
            while still < 5:
                with self.engine.connect() as connection:
                    left = int(connection.scalar(sql) or 0)
                still = 0 if left else still + 1
                if time.monotonic() - began > patience:
                    self.figures.wrong.append(f"{left} still wait after {patience:g} s")
                    return
                time.sleep(0.2)
        self.figures.drained = time.monotonic() - began

    def judge(self) -> None:
        """``serve`` has ended: what the store and the core hold is compared, and a further run must have nothing to do."""
        wrong = self.figures.wrong
        with self.engine.connect() as connection:
            states = dict(connection.execute(sa.text("SELECT state, COUNT(*) FROM webhook_deliveries GROUP BY state")).all())
        self.figures.applied = sum(states.values())
        wrong += [f"{states[bad]} deliveries are {bad}" for bad in ("failed", "dead", "pending") if bad in states]
        refused = {
            status: count
            for sender in (self.twins.shopify.store.deliveries, self.twins.woocommerce.store.deliveries)
            for status, count in sender.answers.items()
            if status != 200
        }
        if refused:
            wrong.append(f"deliveries answered otherwise than by 200: {refused}")
        # As at night: the yardsticks of a whole store do not follow single orders.
        with create_engine(str(self.engine.url)).begin() as connection:
            connection.execute(sa.text("UPDATE stores SET yardsticks_due = 1"))
        self.program.must("run-due")
        before = self.twins.state()["write_calls"]
        self.program.must("run-due")
        if self.twins.state()["write_calls"] != before:
            wrong.append("a second run wrote to a store")
        expected = rows(self.twins.shopify.store, self.twins.woocommerce.store, datetime.now(UTC))
        for store, platform in zip(self.world.stores, ("shopify", "woocommerce"), strict=True):
            listed = json.loads(self.program.must("customers", store, "--format", "json"))
            wrong += disagreements(listed, expected[platform])[:5]

    def _sleepers(self, platform: str) -> list[tuple[Any, str]]:
        sql = sa.text(
            "SELECT a.external_id, s.lifecycle FROM store_customers a JOIN customer_stats s ON s.store_id = a.store_id "
            f"AND s.customer_id = a.customer_id WHERE a.store_id = :store AND s.lifecycle IN {_LATE} "
            "GROUP BY a.customer_id HAVING COUNT(*) = 1"
        )
        with self.engine.connect() as connection:
            found = connection.execute(sql, {"store": self.stores[platform]}).all()
        held = self.twins.woocommerce.store.customers
        people = [
            (
                f"gid://shopify/Customer/{number}" if platform == "shopify" else int(number),
                "new" if stage == "prospect" else "active",
            )
            for number, stage in found
            if platform == "shopify" or held[int(number)]["role"] == "customer"
        ]
        self.draw.shuffle(people)
        return people

    def _look(self, waiting: dict[tuple[str, Any], tuple[float, str]]) -> None:
        for (platform, person), (since, word) in list(waiting.items()):
            if self._shows(platform, person, word):
                del waiting[platform, person]
                self.figures.shown.setdefault(platform, []).append(time.monotonic() - since)

    def _shows(self, platform: str, person: Any, word: str) -> bool:
        if platform == "shopify":
            return f"cb:{word}" in self.twins.shopify.store.customers[person]["tags"]
        meta = {each["key"]: each["value"] for each in self.twins.woocommerce.store.customers[person]["meta_data"]}
        return bool(meta.get("comeback_lifecycle") == word)

    def _bucket(self) -> None:
        status = self.twins.shopify.store.bucket.status()
        self.figures.bucket_least = min(self.figures.bucket_least, status["currentlyAvailable"] / status["maximumAvailable"])


@contextmanager
def open_news(folder: Path, run_folder: Path, people: int, seed: int) -> Iterator[tuple[News, dict[str, str], int]]:
    """Both stores imported and written to; not served yet. Also the program's environment and the port to serve at."""
    world = World(folder, run_folder, "sqlite", people=people, paced=True)
    try:
        world.prepare()
        url = world.fresh_copy("news")
        program = world.program("news", url)
        port = free_port()
        with world.twins() as twins:
            shop = twins.shopify.store
            program.environment |= {
                "COMEBACK_SHOPIFY_CLIENT_ID": shop.client_id,
                "COMEBACK_SHOPIFY_CLIENT_SECRET": shop.client_secret,
                "COMEBACK_PUBLIC_URL": f"http://127.0.0.1:{port}",
            }
            program.must("run-due")
            for sender in (shop.deliveries, twins.woocommerce.store.deliveries):
                sender.senders = SENDERS
            news = News(world, program, twins, url, random.Random(seed))
            try:
                yield news, program.environment, port
            finally:
                news.engine.dispose()
    finally:
        world.close()


@contextmanager
def told(news: News, environment: dict[str, str], port: int) -> Iterator[None]:
    """While ``comeback serve`` runs, and both stores tell it what happens."""
    with served(news.program.folder / "served", environment, port) as address:
        news.twins.shopify.store.webhook_url = f"{address}/webhooks/shopify"
        deadline = time.monotonic() + 90
        while len(news.twins.woocommerce.store.webhooks) < 11:
            assert time.monotonic() < deadline, "the store was given no webhooks"
            time.sleep(0.1)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--quiet", type=float, default=30, help="seconds before, in which the stores can keep up with our writing"
    )
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--platform", choices=("both", "shopify", "woocommerce"), default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    given = parser.parse_args()
    platforms = ("shopify", "woocommerce") if given.platform == "both" else (given.platform,)
    postgres.begin_run()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_news(Path(folder), postgres.run_folder(), given.people, given.seed) as (news, environment, port),
        ):
            with told(news, environment, port):
                news.drain(60)
                news.quiet(given.quiet)
                news.busy(given.seconds, given.rate, platforms)
                news.drain(240)
            news.judge()
            figures = news.figures.as_json()
    finally:
        postgres.end_run()
    print(json.dumps({"seed": given.seed, **figures}, indent=2))  # noqa: T201 - what it is run for
    late = figures["known_p95"] > KNOWN_WITHIN_S or any(each["p95"] > SHOWN_WITHIN_S for each in figures["shown"].values())
    sys.exit(bool(figures["wrong"] or late))


if __name__ == "__main__":
    main()
