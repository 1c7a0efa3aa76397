"""Files on their way in or out, and how those of one shop are found again."""

from __future__ import annotations

import glob
import re
from pathlib import Path


def stem(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)


def discard(folder: Path, shop: str) -> None:
    """All files of the shop: they hold personal data."""
    for path in folder.glob(f"{glob.escape(stem(shop))}-*"):
        if path.is_file():
            path.unlink(missing_ok=True)
