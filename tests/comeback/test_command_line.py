"""The command line as a shop owner meets it: plain words, whole lines, and nothing that breaks on a strange name."""

from __future__ import annotations

import io
import socket
import sys
from pathlib import Path

import pytest

from comeback.cli import main
from comeback.cli.session import application, console
from comeback.cli.tables import show
from plugin_core.platforms import StoreFacts
from plugin_core.stores.connect import connect_store

STRANGE = "[bold]Ada's[/x] [link=https://evil.example]shop"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    said = capsys.readouterr()
    return int(str(leaving.value.code or 0)), said.out, said.err


def open_shop() -> None:
    with application() as app, app.database.write() as session:
        facts = StoreFacts(external_id="1", name="Ada's shop", url="https://shop.example", currency="EUR", zone="Europe/Berlin")
        connect_store(
            *(session, app.vault),
            platform="woocommerce",
            address="https://shop.example",
            credentials={"consumer_key": "ck_1", "consumer_secret": "cs_1"},
            facts=facts,
            actor="test",
            now=app.context.clock(),
        )


def test_a_name_that_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    open_shop()
    code, out, _err = run(capsys, "settings", "shop-example", f"sender_name={STRANGE}")
    assert code == 0
    assert STRANGE in out


def test_a_customer_called_like_markup_is_listed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show(("email", "tier"), [(STRANGE, "gold")])
    assert STRANGE in capsys.readouterr().out


def test_a_narrow_window_leaves_columns_out_and_says_so_but_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_width", 30)
    show(("email", "segments", "tier"), [("ada@example.com", "lapsed_60, big_spenders", "gold")], spare=("segments", "tier"))
    said = capsys.readouterr()
    assert "ada@example.com  gold" in said.out
    assert "lapsed_60" not in said.out
    assert "segments" in said.err


def test_a_long_path_in_a_message_stays_on_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _err = run(capsys, "doctor", "--offline")
    assert code == 0
    assert str(tmp_path / "comeback" / "mail") in out


@pytest.mark.parametrize("typed", ["", "\n"])
def test_without_a_terminal_the_missing_secret_is_named_with_the_variable_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    code, _out, err = run(capsys, "connect", "woocommerce", "--url", "https://shop.example", "--key", "ck_1")
    assert code == 2
    assert "COMEBACK_WOOCOMMERCE_SECRET" in err


def test_a_closed_standard_input_is_no_crash(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    code, _out, err = run(capsys, "connect", "shopify", "--shop", "acme")
    assert code == 2
    assert "COMEBACK_SHOPIFY_TOKEN" in err


def test_a_port_that_is_taken_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _out, err = run(capsys, "serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "--port" in err


def test_run_due_without_a_store_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _err = run(capsys, "run-due")
    assert code == 0
    assert "comeback connect" in out


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite", "sqlite:///{file}"])
def test_a_database_that_cannot_be_used_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    (tmp_path / "letter.txt").write_text("not a database, for sure " * 100)
    monkeypatch.setenv("COMEBACK_DATABASE_URL", url.format(file=tmp_path / "letter.txt"))
    code, _out, err = run(capsys, "status")
    assert code == 1
    assert err.startswith("Error: The database can't be used:")
    assert err.count("\n") == 1
