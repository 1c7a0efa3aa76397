"""Where the tests put what they throw away: in memory where there is room; no database of theirs has to outlive the machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # Linux keeps it in memory
_ENOUGH = 4 * 1024**3  # bytes


def choose() -> None:
    """Before any worker starts, which inherit it. Whoever names a place by TMPDIR keeps it."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return
    if shutil.disk_usage(_MEMORY).free >= _ENOUGH:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None
