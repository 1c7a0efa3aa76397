"""Making admins at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin_core.team.passwords import LEAST
from tests.comeback.test_command_line import open_shop, run


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COMEBACK_ADMIN_PASSWORD", "correct horse battery")


def test_the_first_admin_can_be_made_before_any_store_is_connected(capsys):
    assert run(capsys, "admin", "create", "Ada@example.com", "--name", "Ada")[:2] == (
        0,
        "ada@example.com may sign in as owner.\n",
    )
    open_shop()
    assert run(capsys, "admin", "create", "ben@example.com", "--role", "viewer")[0] == 0
    code, out, _ = run(capsys, "admin", "list", "--json")
    assert code == 0
    assert [(row["email"], row["role"], row["state"], row["last_seen"]) for row in json.loads(out)] == [
        ("ada@example.com", "owner", "active", None),
        ("ben@example.com", "viewer", "active", None),
    ]
    assert run(capsys, "admin", "password", "ben@example.com")[0] == 0
    assert run(capsys, "admin", "role", "ben@example.com", "editor")[0] == 0
    assert run(capsys, "admin", "disable", "ben@example.com")[0] == 0
    assert "disabled" in run(capsys, "admin", "list")[1]
    assert run(capsys, "admin", "disable", "ben@example.com", "--again")[0] == 0
    code, _, said = run(capsys, "admin", "disable", "ada@example.com")
    assert (code, "last owner" in said) == (2, True)


def test_a_short_password_is_refused_with_what_to_do(capsys, monkeypatch):
    monkeypatch.setenv("COMEBACK_ADMIN_PASSWORD", "short")
    code, _, said = run(capsys, "admin", "create", "ada@example.com")
    assert code == 2
    assert f"{LEAST} characters" in said
    assert "short\n" not in said
