"""A desk of each kind of database, with a store of each platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugin_core.db import Database
from tests.webhooks.senders import Desk, Sender, open_desk


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    with open_desk(database) as opened:
        yield opened


@pytest.fixture(params=["shopify", "woocommerce"])
def sender(request: pytest.FixtureRequest, desk: Desk) -> Sender:
    return desk.senders[request.param]
