"""A table out of the bytes of a file, as spreadsheets of all countries save it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import NamedTuple

from plugin_core.errors import InvalidInput

MOST_BYTES = 1_000_000
MOST_ROWS = 20_000
_DELIMITERS = ",;\t"
_SAVE_AS = 'Save it as "CSV UTF-8" in your spreadsheet and choose it again.'


UNSURE = "\N{REPLACEMENT CHARACTER}"  # stands for a letter of an old code page, of which nobody knows which


class Sheet(NamedTuple):
    """``rows``: (line in the file on which it begins, cells), without empty ones; cells as many as the header has."""

    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


def read(raw: bytes) -> Sheet:
    """InvalidInput where it is no table, or too large."""
    if len(raw) > MOST_BYTES:
        raise too_large()
    text = _decoded(raw)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    # Excel's own way to say it, as a line above the header.
    named = re.fullmatch(r"sep=(.)\s*", first, re.IGNORECASE)
    delimiter = named[1] if named else max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] = ()
    rows: list[tuple[int, list[str]]] = []
    ended = 0
    try:
        for cells in reader:
            line, ended = ended + 1, reader.line_num
            trimmed = [cell.strip() for cell in cells]
            if not any(trimmed) or (named and not header and trimmed[0].lower() == "sep="):
                continue
            if not header:
                header = tuple(trimmed)
                continue
            if len(rows) >= MOST_ROWS:
                raise InvalidInput(f"The file has more than {MOST_ROWS} rows.", mend="Split it into several files.")
            rows.append((line, [*trimmed, *[""] * len(header)][: len(header)]))
    except csv.Error as problem:
        raise InvalidInput(f"Line {reader.line_num} of the file can't be read: {problem}.", mend=_SAVE_AS) from problem
    if not rows:
        raise InvalidInput("There is no row below the header.", mend="The first line names the columns, the rest are the people.")
    return Sheet(header, rows)


def too_large() -> InvalidInput:
    return InvalidInput(f"The file is larger than {MOST_BYTES // 1_000_000} MB.", mend="Split it into several files.")


def unsure() -> InvalidInput:
    return InvalidInput("The letters of this file can't be told for certain.", mend=_SAVE_AS)


def _decoded(raw: bytes) -> str:
    """Of an old code page only the letters that all of them share are read; addresses, words and numbers are made of these."""
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as problem:
        if wide:
            raise unsure() from problem
        text = raw.decode("ascii", "replace")
    if "\0" in text:
        raise InvalidInput("This is no text file.", mend=_SAVE_AS)
    return text
