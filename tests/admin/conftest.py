"""The installation that the tests of the pages look at; made once a module, so its tests may not change what others read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import databases
from tests.admin.world import World, world


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that only look."""
    from tests import postgres

    folder = tmp_path_factory.mktemp("pages")
    run = postgres.run_folder()
    if request.param == "sqlite":
        with world(databases.sqlite_copy(run, folder / "comeback.sqlite"), folder) as made:
            yield made
        return
    url, socket, name = databases.postgres_copy(run)
    with world(url, folder) as made:
        yield made
    databases.postgres_drop(socket, name)


@pytest.fixture
def fresh_world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that change something."""
    with world(database_url, tmp_path_factory.mktemp("pages")) as made:
        yield made
