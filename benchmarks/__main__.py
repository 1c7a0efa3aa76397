"""``python -m benchmarks --size N``: every ratio against a limit measured in the same run; exit code 1 when one is missed."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import imports


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--size", "-n", type=int, default=100_000, help="orders of the import; the segments take 50 times as many"
    )
    parser.add_argument("--only", choices=("imports", "segments"), help="run one part")
    chosen = parser.parse_args()
    if chosen.size < 1:
        parser.error("--size must be 1 or more")
    rows: list[dict[str, Any]] = []
    if chosen.only != "segments":
        rows += imports.run(chosen.size)
    if chosen.only != "imports":
        rows += _segments(chosen.size)
    show(rows)
    return 0 if all(row["ok"] for row in rows) else 1


def _segments(n: int) -> list[dict[str, Any]]:
    from benchmarks import segments  # noqa: PLC0415 - Polars takes a second to load

    found: list[dict[str, Any]] = segments.run(n)
    return found


def show(rows: list[dict[str, Any]]) -> None:
    table = Table("what", "ours", "limit", "unit", "ratio", "wanted", "verdict")
    for row in rows:
        sign = "<=" if row.get("at_most") else ">="
        table.add_row(
            row["name"],
            f"{row['ours']:,.1f}",
            f"{row['limit']:,.1f}",
            row.get("unit", ""),
            f"{row['ratio']:.2f}",
            f"{sign} {row['wanted']:g}",
            "ok" if row["ok"] else "MISSED",
        )
    Console(width=120 if not sys.stdout.isatty() else None).print(table)


if __name__ == "__main__":
    sys.exit(main())
