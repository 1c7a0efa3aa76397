"""A mail folder to look into instead of sending: one ``.eml`` a mail, named by its message id, and an index for people.

A file appears whole or not at all (written aside, then renamed), so the folder always knows what was sent, and the same mail
twice is one file.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from adapters.messaging.mime import build
from plugin_core.errors import MessageNotSent
from plugin_core.messaging import Mail

INDEX = "index.txt"


class FolderChannel:
    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: Mail) -> None:
        target = self._path(mail.message_id)
        content = build(mail, sent_at=time.time())
        half_done = target.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(half_done, "wb", opener=_private) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            is_new = not target.exists()
            half_done.replace(target)
            if is_new:
                self._note(mail, target)
        except OSError as problem:
            raise MessageNotSent(
                f"The mail folder {self.folder} can't be written to: {problem.strerror}.",
                mend="Check that it exists and is yours.",
            ) from problem

    def was_sent(self, message_id: str) -> bool | None:
        return self._path(message_id).exists()

    def forget(self, message_ids: Sequence[str]) -> None:
        gone = {self._path(each).name for each in message_ids}
        try:
            for name in sorted(gone):
                (self.folder / name).unlink(missing_ok=True)
                for half_done in self.folder.glob(f"{glob.escape(name.removesuffix('.eml'))}.*.part"):
                    half_done.unlink(missing_ok=True)
            self._strike(gone)
        except OSError as problem:
            raise MessageNotSent(
                f"Mails in the folder {self.folder} can't be removed: {problem.strerror}.",
                mend="Check that it is yours.",
            ) from problem

    def close(self) -> None:
        pass

    def _path(self, message_id: str) -> Path:
        return self.folder / f"{quote(message_id, safe='@+')}.eml"

    def _note(self, mail: Mail, target: Path) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {mail.to}  {' '.join(mail.subject.split())}  {target.name}\n"
        with open(self.folder / INDEX, "a", encoding="utf-8", opener=_private) as index:
            index.write(line)

    def _strike(self, names: set[str]) -> None:
        index = self.folder / INDEX
        if not index.exists():
            return
        lines = index.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.rstrip("\n").rpartition("  ")[2] not in names]
        if kept != lines:
            anew = index.with_suffix(f".{os.getpid()}.part")
            with open(anew, "w", encoding="utf-8", opener=_private) as file:
                file.writelines(kept)
            anew.replace(index)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
