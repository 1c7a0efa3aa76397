"""The installations that the tests of the pages look at: what many of them begin with is imported once a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests import postgres
from tests.admin.prepared import Prepared
from tests.admin.world import World

Find = Callable[[str], Prepared]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    with ExitStack() as open_until:

        @cache
        def find(kind: str) -> Prepared:
            return Prepared(kind, postgres.run_folder(), tmp_path_factory.mktemp("prepared"), open_until)

        yield find


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_world(request: pytest.FixtureRequest, prepared: Find, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that only look: made once a module, so they may not change what others read."""
    with prepared(request.param).world(tmp_path_factory.mktemp("pages")) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_world(request: pytest.FixtureRequest, prepared: Find, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that change something."""
    with prepared(request.param).world(tmp_path_factory.mktemp("pages")) as made:
        yield made
