"""Whoever watches over the installation sees whether it lives, whether it can do its part, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from comeback import settings
from comeback.app import App, build
from comeback.serving import create_web
from plugin_core.work import totals
from tests.plugin_core.loyalty.shop import open_store
from tests.redis import RedisMissing, redis_server


@pytest.fixture
def app(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COMEBACK_DATABASE_URL", database_url)
    app = build(settings.load())
    yield app
    app.close()


@pytest.fixture
def client(app: App) -> FlaskClient:
    return create_web(app).test_client()


def test_it_is_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"database": True, "migrated": True, "queue": True})


def test_it_is_not_ready_while_its_redis_is_away(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COMEBACK_DATABASE_URL", database_url)
    try:
        with redis_server(tmp_path) as server:
            monkeypatch.setenv("COMEBACK_REDIS_URL", server.url)
            app = build(settings.load())
            client = create_web(app).test_client()
            assert client.get("/readyz").status_code == 200
            server.kill()
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json) == (503, {"database": True, "migrated": True, "queue": False})
            assert client.get("/healthz").status_code == 200
            app.close()
    except RedisMissing as problem:
        pytest.fail(str(problem), pytrace=False)


def test_figures_are_sums_over_all_processes(app: App, client: FlaskClient) -> None:
    with app.database.write() as session:
        store = open_store(session, "tea")
        for _process in range(2):
            totals.add(session, store.id, "sync", {"received_orders": 20, "lost": 1, "runs": 1, "milliseconds": 1500})
            totals.add(session, store.id, "offers", {"minted": 3, "adopted": 1, "sent": 2})
            totals.add(
                session, store.id, "writeback", {"written": 5, "runs": 1, "failed": 1, "error Throttled": 1, "throttled": 1}
            )
    page = client.get("/metrics").text
    for line in (
        'comeback_records_total{resource="orders",store="tea"} 40.0',
        'comeback_lost_events_total{store="tea"} 2.0',
        'comeback_codes_total{store="tea"} 8.0',
        'comeback_mails_total{store="tea"} 4.0',
        'comeback_writes_total{store="tea"} 10.0',
        'comeback_throttled_total{store="tea"} 2.0',
        'comeback_task_failures_total{error="Throttled",store="tea",task="writeback"} 2.0',
        'comeback_task_seconds_count{store="tea",task="sync"} 2.0',
        'comeback_task_seconds_sum{store="tea",task="sync"} 3.0',
        'comeback_store_connected{store="tea"} 1.0',
        "comeback_nudges 0.0",
    ):
        assert line in page.splitlines(), f"{line} not in\n{page}"


def test_figures_are_not_shown_to_the_world_behind_the_proxy(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404
