"""One browser and, of each database, one furnished installation a module."""

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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def furnished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("pages")
    with databases.copy(request.param, postgres.run_folder(), folder) as url, world(url, folder) as made:
        furnish(made)
        yield made


@pytest.fixture(scope="module")
def url(furnished: World) -> Iterator[str]:
    """Where its pages are served to whoever proves who they are."""
    with serving(furnished.web) as served:
        yield served
