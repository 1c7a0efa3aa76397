"""`comeback replay` takes in what failed before, and `comeback status` says why it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comeback import settings as environment
from comeback.app import App, build
from comeback.cli import main
from plugin_core import bulk
from plugin_core.deliveries import Verified
from plugin_core.inbox.receive import insert_sql, received
from tests.plugin_core.shop import account, store

NOW = 1_795_000_000_000_000
ORDER = {
    "id": 7,
    "status": "completed",
    "currency": "EUR",
    "total": "12.00",
    "date_created_gmt": "2026-11-01T10:00:00",
    "date_modified_gmt": "2026-11-01T10:00:00",
    "line_items": [],
    "refunds": [],
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COMEBACK_DATABASE_URL", f"sqlite:///{tmp_path / 'c.sqlite'}")
    monkeypatch.setenv("COMEBACK_SECRET_KEY", "a key for stores that are not there")
    monkeypatch.setenv("COMEBACK_SMTP_URL", f"folder:{tmp_path / 'mail'}")
    made = build(environment.load())
    with made.database.write() as session:
        shop = store(session, account(session), "ben")
        shop.platform, shop.address = "woocommerce", "https://ben.example"
    yield made
    made.close()


def given_up(app: App, body: dict[str, Any]) -> None:
    verified = Verified("order.updated", "7", "one event")
    row = received(app.vault, 1, verified, json.dumps(body).encode(), now=NOW)
    dead = row._replace(state="dead", problem="The store was on holiday.", attempts=8)
    with app.database.write() as session:
        bulk.update_rows(session, insert_sql(sqlite=True), [tuple(dead)])
        bulk.execute(session, "UPDATE webhook_deliveries SET due_at = NULL")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    printed = capsys.readouterr()
    return int(str(ended.value.code)), json.loads(printed.out) if printed.out else {"error": printed.err}


def test_what_was_given_up_is_shown_with_the_reason_and_taken_in_when_asked(app, capsys):
    given_up(app, ORDER)
    shown = said(capsys, "status")[1]["stores"][0]
    assert shown["webhooks"] == {"dead": 1}
    assert any("The store was on holiday." in need for need in shown["needs"])
    code, answer = said(capsys, "replay", "ben")
    assert (code, answer["stores"][0]["dead"], answer["stores"][0]["failed"]) == (0, 0, 0)
    assert said(capsys, "status")[1]["stores"][0]["webhooks"] == {"applied": 1}
    assert said(capsys, "replay", "--failed") == (0, {"stores": []})


def test_what_still_fails_is_said_and_the_command_fails(app, capsys):
    given_up(app, {"code": "woocommerce_rest_cannot_view"})
    code, answer = said(capsys, "replay", "--id", "1")
    assert code == 1
    assert "administrator" in answer["stores"][0]["troubles"][0]["problem"]


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--failed", "--id", "1"), 2), (("--id", "9"), 2), (("nobody",), 2)])
def test_a_wrong_use_changes_nothing(app, capsys, words, code):
    given_up(app, ORDER)
    assert said(capsys, "replay", *words)[0] == code
    assert said(capsys, "status")[1]["stores"][0]["webhooks"] == {"dead": 1}
