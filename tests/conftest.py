"""What every test stands on: a closed network, a fixed clock and a fresh database of each kind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plugin_core.db import Database, create_engine
from tests import databases, network, postgres, scratch

# A slow, shared machine is no reason for a property to fail.
# Where nobody watches the same examples are drawn each time; at a developer's desk new ones are looked for.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        scratch.choose()
        postgres.begin_run()
    # Nobody's own settings may steer a test, nor a test touch anybody's own data.
    for name in [name for name in os.environ if name.startswith("COMEBACK_")]:
        del os.environ[name]
    # Each worker has a folder of its own: what one test leaves in the spool is not another's.
    os.environ["XDG_DATA_HOME"] = str(postgres.run_folder() / "data-home" / os.environ.get("PYTEST_XDIST_WORKER", "alone"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.end_run()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: else one process is left with a minute's test when the others have ended."""
    items.sort(key=lambda item: "journeys" not in item.path.parts and "browser" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def _no_outside_world() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        network.close_the_door(patch)
        yield


@pytest.fixture(autouse=True)
def _the_door_stays_closed() -> None:
    assert network.is_closed(), "something (a pytest plugin?) opened the network again"


@pytest.fixture(autouse=True)
def _no_hidden_shop_session() -> Iterator[None]:
    """ShopifyAPI keeps the "current" shop in a class attribute, shared by all threads: nobody of ours may ever use it."""
    yield
    shopify = sys.modules.get("shopify")
    assert shopify is None or shopify.ShopifyResource.site is None, "ShopifyResource.activate_session was used"


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def run_folder() -> Path:
    return postgres.run_folder()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind."""
    if request.param == "sqlite":
        yield databases.sqlite_copy(run_folder, tmp_path / "comeback.sqlite")
        return
    try:
        url, socket, name = databases.postgres_copy(run_folder)
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    yield url
    databases.postgres_drop(socket, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path, run_folder: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    try:
        url, socket, name = databases.postgres_database(postgres.server(run_folder))
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    yield url
    databases.postgres_drop(socket, name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One open transaction; what the test leaves uncommitted is thrown away with the database."""
    with Session(engine, expire_on_commit=False) as session:
        yield session
