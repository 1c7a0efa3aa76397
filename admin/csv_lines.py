"""Lines of a CSV file for spreadsheets (RFC 4180; UTF-8 with the mark that Excel looks for)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def line(cells: Sequence[str]) -> str:
    """A spreadsheet takes what begins with = + - @ for a formula: such a cell gets an apostrophe, unless it is a plain number."""
    safe = [f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell for cell in cells]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(safe)
    return text.getvalue()


def file(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """Sent while it is being made."""

    def lines() -> Iterator[str]:
        yield "\N{ZERO WIDTH NO-BREAK SPACE}" + line(columns)
        for row in rows:
            yield line(row)

    response = Response(lines(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
