"""``python -m benchmarks --size N``: every ratio against a limit measured in the same run; exit code 1 when one is missed."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import imports, webhooks

ORDERS_FOR_ONE = 50  # of the import's, the segments are measured with so many
ORDERS_A_PERSON = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--size", "-n", type=int, default=100_000, help="orders of the import; the segments take 50 times as many"
    )
    parser.add_argument("--only", choices=("imports", "segments", "webhooks"), help="run one part")
    chosen = parser.parse_args()
    if chosen.size < 1:
        parser.error("--size must be 1 or more")
    rows: list[dict[str, Any]] = []
    if chosen.only in {None, "imports"}:
        rows += imports.run(chosen.size)
    if chosen.only in {None, "webhooks"}:
        rows += webhooks.run()
    if chosen.only in {None, "segments"}:
        rows += _segments(chosen.size)
    show(rows)
    return 0 if all(row["ok"] for row in rows) else 1


def _segments(orders: int) -> list[dict[str, Any]]:
    """Five orders a person: the default size is that of a million people."""
    from benchmarks import segments  # noqa: PLC0415 - Polars takes a second to load

    return [
        {
            "name": row["name"],
            "ours": row["value"],
            "unit": row["unit"],
            "wanted": row["limit"],
            "ok": row["ok"],
            "at_most": True,
        }
        for row in segments.run(orders * ORDERS_FOR_ONE // ORDERS_A_PERSON)
    ]


def show(rows: list[dict[str, Any]]) -> None:
    table = Table("what", "ours", "limit", "unit", "ratio", "wanted", "verdict")
    for row in rows:
        wanted = row["wanted"]
        table.add_row(
            row["name"],
            f"{row['ours']:,.2f}",
            f"{row['limit']:,.2f}" if "limit" in row else "",
            row.get("unit", ""),
            f"{row['ratio']:.2f}" if "ratio" in row else "",
            "" if wanted is None else f"{'<=' if row.get('at_most') else '>='} {wanted:g}",
            "" if wanted is None else "ok" if row["ok"] else "MISSED",
        )
    Console(width=120 if not sys.stdout.isatty() else None).print(table)


if __name__ == "__main__":
    sys.exit(main())
