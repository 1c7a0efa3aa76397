"""A large bulk file is read in a process of its own, and nothing changes but the time it takes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psutil
import pytest

from adapters.shopify.ahead import WORTHWHILE, read_file
from adapters.shopify.join import grouped
from adapters.shopify.read import Batch, read_batches
from benchmarks import shopify_file

ORDERS = 2_700


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bulk") / "orders.jsonl"
    shopify_file.write(file, ORDERS)
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"id":"gid://shopify/Order/1","name":"#1"}\n')
    assert file.stat().st_size > WORTHWHILE
    return file


def helpers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if any("adapters.shopify.ahead" in word for word in child.cmdline())]


def plainly(path: Path, *, skip: int = 0) -> list[Batch]:
    return list(read_batches("orders", grouped(path), currency="EUR", size=500, skip=skip))


@pytest.mark.parametrize("skip", [0, 1_000])
def test_the_helper_reads_what_we_would_have_read(path: Path, skip: int) -> None:
    found = list(read_file("orders", path, currency="EUR", size=500, skip=skip))
    assert found == plainly(path, skip=skip)
    assert sum(batch.roots for batch in found) == ORDERS + 1 - skip
    assert [rejected.external_id for rejected in found[-1].rejected] == ["1"]
    assert helpers() == []


def test_a_helper_that_is_killed_loses_nothing(path: Path) -> None:
    found = []
    for batch in read_file("orders", path, currency="EUR", size=500):
        found.append(batch)
        for helper in helpers():
            helper.kill()
    assert found == plainly(path)


def test_a_reader_that_stops_half_way_leaves_no_helper_behind(path: Path) -> None:
    with closing(read_file("orders", path, currency="EUR", size=500)) as batches:
        next(batches)
        assert len(helpers()) == 1
    assert helpers() == []


def test_a_file_of_which_something_is_known_is_read_here_so_that_the_known_can_be_skipped(path: Path) -> None:
    stored = {
        record.external_id: (record.modified_at, record.content_hash) for batch in plainly(path) for record in batch.records
    }
    asked: list[str] = []

    def known(external_ids: list[str]) -> dict[str, tuple[int, str]]:
        asked.extend(external_ids)
        return {one: stored[one] for one in external_ids if one in stored}

    for batch in read_file("orders", path, currency="EUR", known=known, size=500):
        assert batch.records == []
        assert helpers() == []
    assert set(asked) >= stored.keys()
