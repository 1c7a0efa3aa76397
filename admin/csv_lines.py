"""A CSV file as an answer: sent while it is being made, in UTF-8 with the mark that Excel looks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from plugin_core.csv_text import line


def file(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    def lines() -> Iterator[str]:
        yield "\N{ZERO WIDTH NO-BREAK SPACE}" + line(columns)
        for row in rows:
            yield line(row)

    response = Response(lines(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
