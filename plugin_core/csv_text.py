"""Lines of a CSV file (RFC 4180) in which no cell can become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def line(cells: Sequence[str], *, end: str = "\r\n") -> str:
    """A spreadsheet takes what begins with = + - @ for a formula: such a cell gets an apostrophe, unless it is a plain number."""
    safe = [f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell for cell in cells]
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow(safe)
    return text.getvalue()
