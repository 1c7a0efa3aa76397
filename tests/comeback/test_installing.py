"""A merchant who clicks twice has one store."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sandbox import start_twins
from comeback import settings as environment
from comeback.app import build
from comeback.installing import Connected, take_in
from plugin_core.stores.models import Store


def test_two_visits_at_the_same_moment_make_one_store(database_url, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with start_twins(people=4, now=datetime.now(UTC)) as twins:
        for name, value in {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "a key for stores that are not there",
            "SMTP_URL": f"folder:{tmp_path / 'mail'}",
            "SHOPIFY_ORIGIN": twins.shopify.origin,
            "ALLOW_PRIVATE_STORES": "1",
        }.items():
            monkeypatch.setenv(f"COMEBACK_{name}", value)
        app = build(environment.load())
        gate, found = threading.Barrier(4), list[Connected]()

        def visit() -> None:
            gate.wait(30)
            found.append(take_in(app.connector, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="m"))

        threads = [threading.Thread(target=visit) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with app.database.read() as session:
            assert [store.key for store in session.query(Store)] == ["comeback-demo"]
        assert [each.key for each in found] == ["comeback-demo"] * 4
        app.close()
