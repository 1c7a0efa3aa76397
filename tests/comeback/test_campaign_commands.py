"""Campaigns are changed on the command line as on their page: seen first, saved knowingly, taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comeback.cli.session import application
from plugin_core.offers.campaigns import ensure_stock_campaigns
from plugin_core.stores.connect import find_store
from plugin_core.stores.models import AuditEntry
from tests.comeback.test_command_line import open_shop, run


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    open_shop()
    with application() as app, app.database.write() as session:
        ensure_stock_campaigns(session, find_store(session, "shop-example"), app.context.clock())


REST = ("--cooldown", "7", "--held-out", "20", "--name", "[b]Back")


def shown(capsys: pytest.CaptureFixture[str], key: str = "winback") -> Any:
    return json.loads(run(capsys, "campaigns", "show", key, "--json")[1])


def test_a_campaign_is_looked_at_saved_only_when_told_to_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    first = shown(capsys)
    change = (
        "campaigns",
        "set",
        "winback",
        "--steps",
        "45d=5, 2.5x=10",
        "--cooldown",
        "7",
        "--held-out",
        "20",
        "--name",
        "[b]Back",
    )
    code, out, _err = run(capsys, *change)
    assert (code, "Nothing was saved" in out, "45d=5,2.5x=10" in out) == (0, True, True)
    assert shown(capsys) == first
    assert "version 2" in run(capsys, *change, "--apply")[1]
    assert "said so already" in run(capsys, *change, "--apply")[1]
    now = shown(capsys)
    assert (now["name"], now["holdout"], now["version"]) == ("[b]Back", 0.2, 2)
    assert now["definition"] == {"steps": [{"days": 45, "percent": 5}, {"gaps": 2.5, "percent": 10}], "cooldown_days": 7}
    assert "[b]Back" in run(capsys, "campaigns", "show", "winback")[1]
    told = run(capsys, "campaigns", "history", "shop-example", "winback")[1]
    begins = [line.split()[0] for line in told.splitlines() if line.strip()]  # of lines, also where the window is narrow
    assert [word for word in begins if word.isdigit()] == ["2", "1"]
    assert "version 3" in run(capsys, "campaigns", "undo", "winback", "--to", "1")[1]
    assert {**shown(capsys), "version": 1} == first
    with application() as app, app.database.read() as session:
        assert [entry.actor for entry in session.query(AuditEntry).filter_by(action="campaign.changed")] == ["cli", "cli"]


def test_only_what_was_given_is_changed(capsys: pytest.CaptureFixture[str]) -> None:
    before = shown(capsys, "abandoned-checkout")
    run(capsys, "campaigns", "set", "abandoned-checkout", "--entry-hours", "48", "--apply")
    after = shown(capsys, "abandoned-checkout")
    assert after["definition"] == {**before["definition"], "entry_hours": 48}
    assert (after["name"], after["holdout"]) == (before["name"], before["holdout"])
    run(capsys, "campaigns", "set", "abandoned-checkout", "--cooldown", "settings", "--apply")
    assert "cooldown_days" not in shown(capsys, "abandoned-checkout")["definition"]
    assert "never changed" in run(capsys, "campaigns", "history", "winback")[1]


@pytest.mark.parametrize(
    "wrong",
    [
        ("set", "winback", "--steps", "soon"),
        ("set", "winback", "--steps", "24h=5"),
        ("set", "winback", "--steps", "90d=5,60d=5"),
        ("set", "winback", "--steps", "60d=101"),
        ("set", "winback", "--cooldown", "-1"),
        ("set", "winback", "--held-out", "nan"),
        ("set", "winback", "--held-out", "80"),
        ("set", "winback", "--name", " "),
        ("set", "nothing", "--held-out", "5"),
        ("undo", "winback", "--to", "9"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]
) -> None:
    first = shown(capsys)
    code, _out, err = run(capsys, "campaigns", *wrong, *(("--apply",) if wrong[0] == "set" else ()))
    assert code in (1, 2)
    assert err
    assert "Traceback" not in err
    assert shown(capsys) == first
