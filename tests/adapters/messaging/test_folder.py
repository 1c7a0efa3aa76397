"""The mail folder: one file a mail, and an index people can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.messaging.channels import channel_from_url
from adapters.messaging.folder import FolderChannel
from adapters.messaging.smtp import SmtpChannel
from plugin_core.errors import MessageNotSent, SettingsProblem
from tests.adapters.messaging.mails import MAIL


def test_a_mail_is_one_file_named_by_its_id_and_stands_in_the_index(tmp_path: Path) -> None:
    folder = FolderChannel(tmp_path / "deep" / "mails")
    assert folder.was_sent(MAIL.message_id) is False
    folder.send(MAIL)
    folder.send(MAIL)
    assert folder.was_sent(MAIL.message_id) is True
    assert [path.name for path in folder.folder.glob("*") if path.suffix != ".txt"] == ["m1@north.example.eml"]
    (line,) = (folder.folder / "index.txt").read_text("utf-8").splitlines()
    assert "ben@people.example" in line
    assert "Hello" in line
    assert "m1@north.example.eml" in line
    assert folder.folder.stat().st_mode & 0o077 == 0
    assert (folder.folder / "m1@north.example.eml").stat().st_mode & 0o077 == 0


def test_a_forgotten_mail_leaves_neither_file_nor_line(tmp_path: Path) -> None:
    folder = FolderChannel(tmp_path / "mails")
    folder.send(MAIL)
    folder.send(MAIL._replace(message_id="m2@north.example", to="cleo@people.example"))
    folder.forget(["m1@north.example", "never-sent@north.example"])
    assert [path.name for path in sorted(folder.folder.iterdir())] == ["index.txt", "m2@north.example.eml"]
    index = (folder.folder / "index.txt").read_text("utf-8")
    assert "ben@people.example" not in index
    assert "cleo@people.example" in index
    folder.forget(["m1@north.example"])
    FolderChannel(tmp_path / "never made").forget(["m1@north.example"])
    assert not (tmp_path / "never made").exists()


def test_an_id_can_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = FolderChannel(tmp_path / "mails")
    folder.send(MAIL._replace(message_id="../../out"))
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 1
    assert not (tmp_path.parent / "out.eml").exists()


def test_a_folder_that_cannot_be_written_means_not_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MessageNotSent, match="can't be written"):
        FolderChannel(tmp_path / "file").send(MAIL)


def test_the_address_chooses_the_channel(tmp_path: Path) -> None:
    assert isinstance(channel_from_url(f"folder://{tmp_path}/my%20mails"), FolderChannel)
    assert isinstance(channel_from_url("smtp://user:p%40ss@mail.example:2525"), SmtpChannel)
    assert isinstance(channel_from_url("smtps://mail.example"), SmtpChannel)


@pytest.mark.parametrize("url", ["", "http://x", "smtp://", "smtp://h:port", "folder:", "smtp://h?tls=maybe"])
def test_an_address_that_means_nothing_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsProblem, match="COMEBACK_SMTP_URL") as caught:
        channel_from_url(url)
    assert "smtps://user:password@host" in caught.value.mend
