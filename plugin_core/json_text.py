"""JSON as stores write it, made fit for keeping."""

from __future__ import annotations

import re

_ESCAPED_NUL = b"\\u0000"
# An escape only where an even number of backslashes stands before it.
_NULS = re.compile(rb"(?<!\\)((?:\\\\)*)(?:\\u0000)+")


def without_nul(raw: bytes) -> bytes:
    """``raw`` JSON without NUL characters inside its strings: PostgreSQL's text takes none, and no name needs one."""
    return _NULS.sub(rb"\1", raw) if _ESCAPED_NUL in raw else raw
