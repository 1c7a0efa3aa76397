"""The secret key of an installation that was given none: a file made once, readable by its owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from plugin_core.errors import SettingsProblem

SHORTEST = 32  # characters; 43 in a key of ours


def read_or_make(path: Path) -> tuple[str, ...]:
    """The keys in the file, newest first. Two processes that start at once end up with the same key."""
    if not path.exists():
        _make(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsProblem(f"The key file {path} can be read by others.", mend=f"Close it: chmod 600 {path}")
    keys = tuple(key.strip() for key in path.read_text().replace("\n", ",").split(",") if key.strip())
    if not keys or any(len(key) < SHORTEST for key in keys):
        raise SettingsProblem(
            f"The key file {path} holds no usable key.",
            mend="Put the right one back from a backup: without it the stores have to be connected anew.",
        )
    return keys


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
        handle.write(f"{secrets.token_urlsafe(32)}\n")
        handle.flush()
        os.fsync(handle.fileno())
    # A link never replaces: whoever comes second keeps the first one's key.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
