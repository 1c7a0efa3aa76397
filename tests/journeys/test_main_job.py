"""From two stores to one list of customers: every figure against an independent calculation over the stores' own records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import Twins
from tests import postgres
from tests.journeys import changes
from tests.journeys.program import Program
from tests.journeys.world import World
from tests.oracles.customers import Row, rows

PEOPLE = 160  # so many that the store has a typical gap of its own


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[World]:
    world = World(tmp_path, run_folder, request.param, people=PEOPLE)
    try:
        world.prepare()
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    yield world
    world.close()


def test_every_figure_of_every_customer_is_what_the_stores_own_records_say(world: World) -> None:
    program = world.program("job", world.fresh_copy("job"))
    with world.twins() as twins:
        for store in world.stores:
            program.must("sync", store, "--json")
        agree(program, world, twins)
        program.must("run-due")
        before = twins.state()["write_calls"]
        program.must("run-due")
        assert twins.state()["write_calls"] == before
        changes.in_the_shopify_store(twins.shopify)
        changes.in_the_woocommerce_store(twins.woocommerce)
        for store in world.stores:
            program.must("sync", store, "--json")
        agree(program, world, twins)
        changes.that_only_a_full_sync_can_see(twins)
        for store in world.stores:
            program.must("sync", store, "--full", "--json")
        agree(program, world, twins)


def agree(program: Program, world: World, twins: Twins) -> None:
    expected = rows(twins.shopify.store, twins.woocommerce.store, datetime.now(UTC))
    for store, platform in zip(world.stores, ("shopify", "woocommerce"), strict=True):
        listed = json.loads(program.must("customers", store, "--format", "json"))
        assert len(listed) > PEOPLE / 2
        found = disagreements(listed, expected[platform])
        assert not found, f"{store}: {len(found)} of {len(listed)} people:\n" + "\n".join(found[:20])


def disagreements(listed: list[dict[str, Any]], expected: list[Row]) -> list[str]:
    by_account = {number: row for row in expected for number in row.external_ids}
    by_email = {email: row for row in expected for email in row.emails}
    seen: set[int] = set()
    found = []
    for row in listed:
        numbers = row["external_ids"]
        right = by_account.get(numbers[0]) if numbers else by_email.get(row["email"])
        if right is None:
            found.append(f"nobody in the store: {numbers or row['email']}")
            continue
        seen.add(id(right))
        shown = {name: sorted(row[name]) if name == "segments" else row[name] for name in right.shown}
        if sorted(numbers) != list(right.external_ids):
            found.append(f"{row['email']}: accounts {numbers}, in the store {right.external_ids}")
        if (row["email"] or None) not in (right.emails or {None}):
            found.append(f"{numbers}: {row['email']!r} is no address of theirs: {set(right.emails)}")
        wrong = {name: (shown[name], value) for name, value in right.shown.items() if shown[name] != value}
        if wrong:
            found.append(f"{row['email']} {numbers}: (listed, in the store): {wrong}")
    found += [f"not listed: {row}" for row in expected if id(row) not in seen]
    return found
