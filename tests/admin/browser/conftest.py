"""One browser and one furnished installation a module; SQLite only: what a browser shows doesn't depend on the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import databases, postgres
from tests.admin.browser.chrome import chromium, serving
from tests.admin.furnishing import furnish
from tests.admin.world import World, world


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("pages")
    with world(databases.sqlite_copy(postgres.run_folder(), folder / "comeback.sqlite"), folder) as made:
        furnish(made)
        yield made


@pytest.fixture(scope="module")
def url(furnished: World) -> Iterator[str]:
    """Where its pages are served to whoever proves who they are."""
    with serving(furnished.web) as served:
        yield served
