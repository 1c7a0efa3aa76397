"""Lines of a CSV file (RFC 4180) in which no cell can become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WITHIN = re.compile(r"([;\t]\s*)(?=[=+@-])")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def line(cells: Sequence[str], *, end: str = "\r\n") -> str:
    """A spreadsheet takes what begins with = + - @ for a formula: such a cell gets an apostrophe, unless it is a plain number.

    So does what follows a ; or a tab: in many countries these begin a cell, whatever the quotes say.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow([_safe(cell) for cell in cells])
    return text.getvalue()


def _safe(cell: str) -> str:
    inner = _WITHIN.sub(r"\1'", cell)
    return f"'{inner}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else inner
