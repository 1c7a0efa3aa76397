"""A shop with both campaigns running, and its outside world."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.jobs.offers.outside import Outside, outside
from tests.plugin_core.offers.world import Shop, begin, open_shop


@pytest.fixture
def world(engine: Engine, session: Session, tmp_path: Path) -> Outside:
    return outside(engine, session, tmp_path / "mails")


@pytest.fixture
def shop(session: Session) -> Shop:
    shop = open_shop(session)
    begin(session, shop, shop.winback)
    begin(session, shop, shop.abandoned)
    session.commit()
    return shop
