"""The power fails fifty times, anywhere: what stands in the end is what an undisturbed run would have left."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from adapters.sandbox import Twins
from tests import postgres
from tests.journeys import state
from tests.journeys.program import Ended, Kill, Program
from tests.journeys.world import SHOPIFY, World, start_campaigns

log = logging.getLogger(__name__)

MOST_ROUNDS = 16
KILLS = {"sqlite": 30, "postgresql": 20}
EACH_STAGE = {"sqlite": 3, "postgresql": 2}  # of both together: five
STAGES = ("import", "write-back", "minting", "sending")


class Outcome(NamedTuple):
    database: dict[str, list[str]]
    stores: dict[str, Any]
    mails: Counter[str]
    codes: dict[str, int]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[World]:
    world = World(tmp_path, run_folder, request.param)
    try:
        world.prepare()
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    yield world
    world.close()


def test_fifty_power_cuts_anywhere_change_nothing(world: World) -> None:
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
    draw = random.Random(f"{seed} {world.kind}")
    expected = play(world, "undisturbed", [], [])
    hits: list[Kill] = []
    number = 0
    while not enough(world, hits):
        assert number < MOST_ROUNDS, f"seed {seed}: too few of the moments came: {by_stage(hits)}"
        number += 1
        before = len(hits)
        first, second = first_half(draw, world, number), second_half(draw, world)
        disturbed = play(world, f"round-{number}", first, second, hits)
        places = "\n".join(map(str, hits[before:]))
        log.info("seed %s, %s, round %s, killed at:\n%s", seed, world.kind, number, places)
        found = compare(expected, disturbed)
        if found:
            # Time itself moves people: an undisturbed run may by now end differently too.
            expected = play(world, f"undisturbed-{number}", [], [])
            found = compare(expected, disturbed)
        assert not found, f"seed {seed} (CRASH_SEED={seed} repeats it), killed at:\n{places}\n" + "\n".join(found)


def enough(world: World, hits: list[Kill]) -> bool:
    counts = by_stage(hits)
    every = all(counts[stage, store] >= EACH_STAGE[world.kind] for stage in STAGES for store in world.stores)
    return every and len(hits) >= KILLS[world.kind]


def by_stage(hits: list[Kill]) -> Counter[tuple[str, str]]:
    return Counter((kill.stage, kill.store) for kill in hits)


# What a store is asked at each stage: the pattern is searched in the request's line and body.
REQUESTS = {
    ("import", "shopify"): "graphql",
    ("import", "woocommerce"): "GET /wp-json/wc/v3/",
    ("write-back", "shopify"): "metafieldsSet|tagsAdd|stagedUploadsCreate|bulkOperationRunMutation",
    ("write-back", "woocommerce"): "customers/batch",
    ("minting", "shopify"): "discountCodeBasicCreate",
    ("minting", "woocommerce"): "(POST|GET) /wp-json/wc/v3/coupons",
}
BUSY_S = 0.3  # so long the store works on a request whose sender dies


def first_half(draw: random.Random, world: World, number: int) -> list[Kill]:
    """A kill that comes too late lets the run go on through the stores behind: every other round aims at the last one alone."""
    plan = []
    for store in world.stores if number % 2 else world.stores[-1:]:
        quick = 0.2 if store == SHOPIFY else 0.02
        plan += [Kill("import", store, draw.randint(1, 8), draw.uniform(0, 0.06)), asked(draw, "import", store, 3)]
        plan += [Kill("write-back", store, 1, draw.uniform(0, quick)), asked(draw, "write-back", store, 1)]
    return plan


def second_half(draw: random.Random, world: World) -> list[Kill]:
    plan = []
    for store in world.stores:
        plan += [Kill("minting", store, draw.randint(1, 2), draw.uniform(0, 0.02)), asked(draw, "minting", store, 1)]
        plan += [Kill("sending", store, draw.randint(1, 3), draw.uniform(0, 0.02)) for _ in range(2)]
    return plan


def asked(draw: random.Random, stage: str, store: str, most: int) -> Kill:
    platform = "shopify" if store == SHOPIFY else "woocommerce"
    return Kill(stage, store, draw.randint(1, most), draw.uniform(0, BUSY_S / 3), REQUESTS[stage, platform])


def play(world: World, name: str, first: list[Kill], second: list[Kill], hits: list[Kill] | None = None) -> Outcome:
    """The main job from connected stores to sent mails, killed at each of these moments and started again until it is done."""
    url = world.fresh_copy(name)
    program = world.program(name, url)
    with world.twins() as twins:
        run_through(program, twins, first, hits)
        start_campaigns(program, world.stores)
        run_through(program, twins, second, hits)
        return Outcome(state.database(url), state.stores(twins), state.mails(program.folder / "mail"), state.codes_made(twins))


def run_through(program: Program, twins: Twins, kills: list[Kill], hits: list[Kill] | None) -> None:
    for kill in kills:
        ended = struck(program, twins, kill)
        assert ended.killed or ended.code == 0, f"before {kill}: {ended.code}\n{ended.err}"
        if ended.killed and hits is not None:
            hits.append(kill)
    program.must("run-due")
    let_the_stores_finish()
    before = writes(twins)
    again = program.must("run-due")
    assert writes(twins) == before, f"a second run wrote to a store: {again}"


def let_the_stores_finish() -> None:
    """What a killed program had asked for is still done, each connection in a thread of the twins."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10 * BUSY_S)


def writes(twins: Twins) -> dict[str, int]:
    return {**twins.shopify.state()["writes"], **twins.woocommerce.state()["writes"]}


def struck(program: Program, twins: Twins, kill: Kill) -> Ended:
    if not kill.request:
        return program.run("-v", "run-due", kill=kill)
    faults = (twins.shopify if kill.store == SHOPIFY else twins.woocommerce).faults
    slow = faults.add("slow", match=kill.request, seconds=BUSY_S, skip=kill.nth - 1)
    try:
        return program.run("-v", "run-due", kill=kill, reached=lambda: slow.hits > 0)
    finally:
        faults.clear()


def compare(expected: Outcome, disturbed: Outcome) -> list[str]:
    found = state.differences(expected.database, disturbed.database)
    for store, held in expected.stores.items():
        for what, content in held.items():
            if content != disturbed.stores[store][what]:
                found.append(f"{store} holds other {what}: {content} and now {disturbed.stores[store][what]}")
    if expected.mails != disturbed.mails:
        found.append(f"mails: {expected.mails - disturbed.mails} missing, {disturbed.mails - expected.mails} too many")
    found += [f"code {code} was made {times} times" for code, times in disturbed.codes.items() if times != 1]
    return found
