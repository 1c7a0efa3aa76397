"""Uninstalling is killed (-9) at random moments, again and again, and gone on with: both stores are as they were before."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import Twins
from tests import postgres
from tests.journeys.merchants import holdings
from tests.journeys.program import Kill, Program
from tests.journeys.test_crashes import BUSY_S, let_the_stores_finish
from tests.journeys.world import SHOPIFY, World, start_campaigns

log = logging.getLogger(__name__)

LEAST = 3  # kills that must hit, of each store
# What the store is asked while it is left, searched in the request's line and body.
REQUESTS = {
    "shopify": ("bulkOperationRunMutation|metafieldsDelete|tagsRemove", "DiscountUsage", "discountCodeDelete", "graphql"),
    "woocommerce": ("customers/batch", "GET /wp-json/wc/v3/coupons", "DELETE /wp-json/wc/v3/coupons", "/wp-json/wc/v3/"),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[World]:
    world = World(tmp_path, run_folder, request.param, people=24)
    try:
        world.prepare()
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    yield world
    world.close()


def test_killed_again_and_again_it_leaves_both_stores_as_they_were(world: World) -> None:
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
    draw = random.Random(f"{seed} {world.kind} uninstall")
    program = world.program("leaving", world.fresh_copy("leaving"))
    with world.twins() as twins:
        before = holdings(twins)
        _hook(twins, 1, "https://erp.example/w")
        expected = holdings(twins)
        program.must("run-due")
        start_campaigns(program, world.stores)
        program.must("run-due")
        _hook(twins, 2, f"http://127.0.0.1:8000/webhooks/woocommerce/{world.woocommerce}")
        written = holdings(twins)
        assert all(written[f"shopify {what}"] != before[f"shopify {what}"] for what in ("customers", "discounts"))
        assert all(written[f"woocommerce {what}"] != before[f"woocommerce {what}"] for what in ("customers", "coupons"))
        hits = {store: _leave(program, twins, store, draw) for store in world.stores}
        places = "\n".join(str(kill) for kills in hits.values() for kill in kills)
        log.info("seed %s, %s, killed at:\n%s", seed, world.kind, places)
        assert min(len(kills) for kills in hits.values()) >= LEAST, f"seed {seed}: too few of the moments came:\n{places}"
        assert holdings(twins) == expected, f"seed {seed} (CRASH_SEED={seed} repeats it), killed at:\n{places}"
        done = dict(twins.shopify.state()["writes"]), dict(twins.woocommerce.state()["writes"])
        program.must("run-due")
        assert done == (twins.shopify.state()["writes"], twins.woocommerce.state()["writes"]), "nothing is written afterwards"


def _leave(program: Program, twins: Twins, store: str, draw: random.Random) -> list[Kill]:
    """Killed until it comes to its end by itself; the kills that hit."""
    platform, twin = ("shopify", twins.shopify) if store == SHOPIFY else ("woocommerce", twins.woocommerce)
    people, looked, codes, anything = REQUESTS[platform]
    # The first three are always come to, the others unless it has come to its end before.
    plan = [people, *draw.sample((looked, anything), k=2), codes, anything]
    hits: list[Kill] = []
    for request in plan:
        kill = Kill("uninstall", store, draw.randint(1, 2) if request == anything else 1, draw.uniform(0, BUSY_S / 2), request)
        slow = twin.faults.add("slow", match=kill.request, seconds=BUSY_S, skip=kill.nth - 1)
        ended = program.run("uninstall", store, "--apply", "--yes", kill=kill, reached=lambda held=slow: held.hits > 0)
        twin.faults.clear()
        let_the_stores_finish()
        if not ended.killed:
            assert ended.code == 0, f"before {kill}: {ended.code}\n{ended.err}"
            return hits
        hits.append(kill)
    program.must("run-due")  # the timer goes on meanwhile: it must not write to this store
    program.must("uninstall", store, "--apply", "--yes")
    return hits


def _hook(twins: Twins, number: int, url: str) -> None:
    hook: dict[str, Any] = {"id": number, "name": "n", "status": "active", "topic": "order.created", "delivery_url": url}
    twins.woocommerce.store.webhooks[number] = hook | {"resource": "order", "event": "created"}
