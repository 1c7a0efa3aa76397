from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from comeback import keyfile
from comeback.settings import MailFolder, Settings, SmtpServer, data_folder, load
from plugin_core.errors import SettingsProblem

KEY = "k" * 32
OLD_KEY = "o" * 32


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COMEBACK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def problems(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(f"COMEBACK_{name}", value)
    with pytest.raises(SettingsProblem) as refused:
        load()
    return str(refused.value)


def test_nothing_has_to_be_set_to_begin(tmp_path: Path) -> None:
    settings = load()
    folder = tmp_path / "share" / "comeback"
    assert settings.database == f"sqlite:///{folder}/comeback.sqlite"
    assert settings.mail == MailFolder(folder / "mail")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.allow_private_stores is False
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert load().secret_keys() == settings.secret_keys()


def test_empty_variables_are_the_same_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.setenv(f"COMEBACK_{field.upper()}", "")
    assert load() == Settings()


def test_no_file_is_made_where_everything_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_DATABASE_URL", "postgresql://shop:pw@db/comeback")
    monkeypatch.setenv("COMEBACK_SECRET_KEY", f"{KEY}, {OLD_KEY}")
    monkeypatch.setenv("COMEBACK_SMTP_URL", "smtps://mail.example.com")
    settings = load()
    assert settings.database == "postgresql+psycopg://shop:pw@db/comeback"
    assert settings.secret_keys() == (KEY, OLD_KEY)
    assert not data_folder().exists()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://ada:p%40ss@mail.example.com:2525", SmtpServer("mail.example.com", 2525, "ada", "p@ss", implicit_tls=False)),
        ("smtp://localhost", SmtpServer("localhost", 587, "", "", implicit_tls=False)),
        ("smtps://mail.example.com", SmtpServer("mail.example.com", 465, "", "", implicit_tls=True)),
        ("folder:/var/lib/come%20back", MailFolder(Path("/var/lib/come back"))),
        ("folder:///srv/mail", MailFolder(Path("/srv/mail"))),
    ],
)
def test_mail_goes_where_the_setting_says(monkeypatch: pytest.MonkeyPatch, url: str, expected: SmtpServer | MailFolder) -> None:
    monkeypatch.setenv("COMEBACK_SMTP_URL", url)
    assert load().mail == expected


def test_one_error_lists_every_problem_with_its_mend_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    text = problems(
        monkeypatch,
        DATABASE_URL="mysql://root:hunter2@db/shop",
        SECRET_KEY="hunter2",
        PUBLIC_URL="comeback.example.com",
        SMTP_URL="mailto:hunter2@example.com",
        SHOPIFY_CLIENT_ID="abc",
        SHOPIFY_ORIGIN="http://127.0.0.1:9000/admin",
        ALLOW_PRIVATE_STORES="perhaps",
        DATABSE_URL="sqlite:////tmp/x",
    )
    for line in (
        "COMEBACK_DATABASE_URL names mysql. Comeback keeps its tables in SQLite (sqlite:////path) or PostgreSQL",
        "COMEBACK_SECRET_KEY holds a key shorter than 32 characters. Make one with: python3",
        "COMEBACK_PUBLIC_URL is not a web address. Write it like https://",
        "COMEBACK_SMTP_URL is not a mail server. Write smtp://",
        "COMEBACK_SHOPIFY_ORIGIN holds more than scheme, host and port.",
        "COMEBACK_ALLOW_PRIVATE_STORES is neither yes nor no. Write 1 or 0.",
        "COMEBACK_SHOPIFY_CLIENT_ID and COMEBACK_SHOPIFY_CLIENT_SECRET belong together. Set both, or neither.",
        "COMEBACK_DATABSE_URL is not a setting. Did you mean COMEBACK_DATABASE_URL?",
    ):
        assert f"  - {line}" in text
    assert text.count("\n") == 8
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "sqlite://", "names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
        ("DATABASE_URL", "the usual one", "is not a database URL"),
        ("SMTP_URL", "folder:mail", "names no folder by its full path"),
        ("SMTP_URL", "smtp://mail.example.com:port", "is not an address: its host or port can't be read"),
        ("SMTP_URL", "smtp://ada:p@ss#word@mail", "holds more than user, password, host and port"),
        ("PUBLIC_URL", "https://ada:pw@comeback.example.com", "holds more than"),
        ("PUBLIC_URL", "ftp://comeback.example.com", "is not a web address"),
        ("SECRET_KEY", f"{KEY},short", "holds a key shorter than 32"),
        ("SECRET_KEY", " , ", "holds a key shorter than 32"),
    ],
)
def test_a_value_that_can_not_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    assert f"COMEBACK_{name} {words}" in problems(monkeypatch, **{name: value})


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_SECRET_KEY", KEY)
    monkeypatch.setenv("COMEBACK_DATABASE_URL", "postgresql://shop:hunter2@db/comeback")
    monkeypatch.setenv("COMEBACK_SMTP_URL", "smtp://ada:hunter2@mail")
    monkeypatch.setenv("COMEBACK_SHOPIFY_CLIENT_ID", "id")
    monkeypatch.setenv("COMEBACK_SHOPIFY_CLIENT_SECRET", "hunter2")
    printed = repr(load()) + str(load())
    assert "hunter2" not in printed
    assert KEY not in printed


def test_a_key_file_others_can_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    path = data_folder() / "secret.key"
    path.chmod(0o644)
    assert f"chmod 600 {path}" in problems(monkeypatch)


def test_a_damaged_key_file_is_never_replaced_by_a_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    path = data_folder() / "secret.key"
    path.write_text("")
    assert "backup" in problems(monkeypatch)
    assert path.read_text() == ""


def test_a_folder_that_can_not_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "share").write_text("a file stands in the way")
    assert "Set XDG_DATA_HOME to a writable folder." in problems(monkeypatch)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    found: list[tuple[str, ...]] = []

    def begin() -> None:
        start.wait()
        found.append(keyfile.read_or_make(tmp_path / "secret.key"))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
