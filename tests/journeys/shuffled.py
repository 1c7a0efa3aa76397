"""What two stores told, as it happened and as a bad day brings it: some lost, some twice, nothing in order.

``python -m tests.journeys.shuffled --database sqlite --deliveries 20000`` prints its verdict; the tests run a smaller one. One
installation takes the ordered list in, another one the other list, and then reconciles once: both must hold the same.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.sandbox import Twins, start_twins
from adapters.sandbox.deliveries import Outgoing
from comeback.app import App, build
from comeback.connecting import connect
from comeback.settings import Settings
from jobs.inbox import apply_due
from jobs.reconcile import RUNS_A_DAY, check_deletions
from jobs.refresh import refresh_store
from jobs.sync import sync_store
from jobs.webhooks import ensure_webhooks
from plugin_core import bulk
from plugin_core.clock import to_us
from plugin_core.db import is_sqlite
from plugin_core.deliveries import Verified
from plugin_core.inbox.receive import insert_sql, received
from plugin_core.stores.connect import find_store
from tests import postgres
from tests.journeys.happenings import Happenings
from tests.journeys.world import UNPACED, World
from tests.plugin_core.shop import state

LOST, TWICE = 0.1, 0.1
_AT_ONCE = 500  # deliveries stored and taken in together
_PLATFORMS = ("shopify", "woocommerce")
Told = tuple[str, Outgoing]  # platform, what it sent


@dataclass
class Verdict:
    deliveries: int = 0
    lost: int = 0
    twice: int = 0
    people: int = 0
    seconds: float = 0.0
    states: dict[str, int] = field(default_factory=dict)  # of deliveries in the shuffled installation
    differences: list[str] = field(default_factory=list)


class Installation:
    """An installation of its own, connected to both twins, with everything imported."""

    def __init__(self, url: str, folder: Path, twins: Twins) -> None:
        self.twins = twins
        self.app: App = build(
            Settings(
                database_url=SecretStr(url),
                secret_key=SecretStr("a key for people who were made up"),
                smtp_url=SecretStr(f"folder:{folder / 'mail'}"),
                public_url="http://127.0.0.1:9",
                shopify_origin=twins.shopify.origin,
                allow_private_stores=True,
            ),
            clock=lambda: to_us(twins.shopify.store.clock.now()),
        )
        woo = twins.woocommerce
        secrets = {"consumer_key": woo.consumer_key, "consumer_secret": woo.consumer_secret}
        keys = {
            "shopify": connect(self.app, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="test")[0],
            "woocommerce": connect(self.app, "woocommerce", woo.url, secrets, actor="test")[0],
        }
        with self.app.database.read() as session:
            self.stores = {platform: find_store(session, key).id for platform, key in keys.items()}
        for store_id in self.stores.values():
            sync_store(self.app.context, store_id)
            refresh_store(self.app.context, store_id)

    def hear(self, told: Sequence[Told]) -> None:
        for start in range(0, len(told), _AT_ONCE):
            some = told[start : start + _AT_ONCE]
            rows = [self._row(platform, sent) for platform, sent in some]
            with self.app.database.write() as session:
                bulk.update_rows(session, insert_sql(sqlite=is_sqlite(session)).replace("%s", "?"), rows)
            for store_id in self.stores.values():
                apply_due(self.app.context, store_id)

    def _row(self, platform: str, sent: Outgoing) -> tuple[Any, ...]:
        webhooks = self.app.platforms[platform].webhooks
        headers = {name.lower(): value for name, value in sent.headers.items()}
        woo = self.twins.woocommerce.store
        secret = self.twins.shopify.store.client_secret if platform == "shopify" else ""
        verified = webhooks.verify(headers, sent.body, (secret or woo.webhook_secrets[int(headers["x-wc-webhook-id"])],))
        assert isinstance(verified, Verified)
        return tuple(received(self.app.vault, self.stores[platform], verified, sent.body, now=self.app.context.clock()))

    def reconcile(self) -> None:
        """A sync, and a day's look at every record we hold."""
        for store_id in self.stores.values():
            sync_store(self.app.context, store_id)
            for _ in range(RUNS_A_DAY + 1):
                if not check_deletions(self.app.context, store_id)["checked"]:
                    break

    def outcome(self) -> dict[str, Any]:
        for store_id in self.stores.values():
            with self.app.database.write() as session:
                bulk.execute(session, "UPDATE stores SET yardsticks_due = ? WHERE id = ?", True, store_id)
            refresh_store(self.app.context, store_id)
        with self.app.database.read() as session:
            return state(session)

    def states(self) -> dict[str, int]:
        with self.app.database.read() as session:
            return dict(bulk.select(session, "SELECT state, COUNT(*) FROM webhook_deliveries GROUP BY state"))


def tell(twins: Twins, deliveries: int, draw: random.Random) -> list[Told]:
    """Changes in both stores, and what they sent about them, oldest first; nothing is sent anywhere."""
    told: list[Told] = []
    clock = twins.shopify.store.clock
    twins.shopify.store.webhook_url = "http://127.0.0.1:9/webhooks/shopify"
    for platform, sender in (("shopify", twins.shopify.store.deliveries), ("woocommerce", twins.woocommerce.store.deliveries)):

        def take(make: Any, platform: str = platform) -> None:
            sent = make()
            if sent is not None:
                told.append((platform, sent))

        setattr(sender, "add", take)  # noqa: B010 - the twin's own queue is not wanted here
    happenings = Happenings(twins, None, {}, draw)  # type: ignore[arg-type] - nobody looks
    while len(told) < deliveries:
        clock.start += timedelta(seconds=draw.choice((0, 0, 1, 5)))
        chance = draw.random()
        if chance < 0.03:
            _change_of_mind(twins, draw)
        elif chance < 0.14:  # somebody nobody has heard of
            twins.woocommerce.change(kind="order", billing={"email": f"stranger-{len(told)}@guests.example"})
        else:
            happenings.happen(draw.choice(_PLATFORMS))
            happenings.open.clear()
    return told


def _change_of_mind(twins: Twins, draw: random.Random) -> None:
    order = draw.choice(list(twins.woocommerce.store.orders.values()))
    if order["status"] in {"processing", "completed", "on-hold"}:
        twins.woocommerce.change(kind="status", order=order["id"], status=draw.choice(("cancelled", "completed", "trash")))


def bad_day(told: Sequence[Told], draw: random.Random, verdict: Verdict) -> list[Told]:
    kept = [each for each in told if draw.random() >= LOST]
    doubled = [each for each in kept if draw.random() < TWICE]
    verdict.lost, verdict.twice = len(told) - len(kept), len(doubled)
    found = [*kept, *doubled]
    draw.shuffle(found)
    return found


def compare(one: dict[str, Any], other: dict[str, Any], *, names_too: bool = False) -> list[str]:
    """As of when an account was read is not part of what is known of it.

    Of two accounts of one person the one read as of later gives the name; not all that moves that date is told in full, so those
    people's names are compared after both have reconciled (``names_too``).
    """
    found = [f"only in one: {key}" for key in sorted(one.keys() ^ other.keys())]
    for key in sorted(one.keys() & other.keys()):
        for name, value in one[key].items():
            if name == "first_name" and not names_too and len(one[key]["accounts"]) > 1:
                continue
            left, right = (_timeless(name, each, dated=names_too) for each in (value, other[key][name]))
            if left != right:
                found.append(f"{key} {name}: {left} / {right}")
    return found


def _timeless(name: str, value: Any, *, dated: bool) -> Any:
    if name == "accounts":
        return [_without("modified_at", row) for row in value]
    if name == "consents" and not dated:  # this shop gives no time for what was said about SMS: it counts from when it was read
        return [_without("at", row) if "'channel': 'sms'" in row else row for row in value]
    return value


def _without(name: str, row: str) -> str:
    return ", ".join(part for part in row.strip("{}").split(", ") if not part.startswith(f"'{name}':"))


@contextmanager
def two_databases(folder: Path, run_folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    worlds = [World(folder / name, run_folder, kind) for name in ("ordered", "shuffled")]
    for world in worlds:
        world.folder.mkdir(parents=True, exist_ok=True)
    try:
        yield worlds[0]._new_database(""), worlds[1]._new_database("")
    finally:
        for world in worlds:
            world.close()


def run(folder: Path, run_folder: Path, kind: str, people: int, deliveries: int, seed: int) -> Verdict:
    draw, verdict, began = random.Random(seed), Verdict(), time.monotonic()
    with two_databases(folder, run_folder, kind) as urls, start_twins(people) as twins:
        twins.shopify.store.bucket.set(*UNPACED)  # it is not about how quickly they may be asked
        ordered, shuffled = (Installation(url, folder / str(number), twins) for number, url in enumerate(urls))
        try:
            ensure_webhooks(ordered.app.context, ordered.stores["woocommerce"])
            told = tell(twins, deliveries, draw)
            verdict.deliveries = len(told)
            ordered.hear(told)
            shuffled.hear(bad_day(told, draw, verdict))
            shuffled.reconcile()
            right, found = ordered.outcome(), shuffled.outcome()
            verdict.states = shuffled.states()
            verdict.people = len(found)
            verdict.differences = compare(right, found)
            ordered.reconcile()
            verdict.differences += [f"both reconciled: {each}" for each in compare(ordered.outcome(), found, names_too=True)]
        finally:
            ordered.app.close()
            shuffled.app.close()
    bad = Counter({name: count for name, count in verdict.states.items() if name not in {"applied", "ignored"}})
    verdict.differences += [f"{count} deliveries are {name}" for name, count in bad.items()]
    verdict.seconds = time.monotonic() - began
    return verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    given = parser.parse_args()
    postgres.begin_run()
    try:
        with tempfile.TemporaryDirectory() as folder:
            verdict = run(Path(folder), postgres.run_folder(), given.database, given.people, given.deliveries, given.seed)
    finally:
        postgres.end_run()
    shown = {**vars(verdict), "differences": verdict.differences[:20], "differ": len(verdict.differences), "seed": given.seed}
    print(json.dumps(shown, indent=2))  # noqa: T201 - what it is run for
    sys.exit(bool(verdict.differences))


if __name__ == "__main__":
    main()
