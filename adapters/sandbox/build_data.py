"""Makes data/online_retail_part.json.gz from the full file: ``python -m adapters.sandbox.build_data FILE.csv[.gz]``.

Whole customers are taken (each nth by id, with all their invoices), so that the histories are real; of the invoices
without a customer every mth. See data/README.md for what is left out.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "data" / "online_retail_part.json.gz"
EVERY_CUSTOMER = 5
EVERY_GUEST_INVOICE = 9
MAX_LINES = 12
SHIPPING_CODES = frozenset({"POST", "DOT", "C2"})


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))


def invoices(lines: Iterable[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    grouped: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        grouped[line["InvoiceNo"]].append(line)
    return grouped


def chosen(grouped: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    people = sorted({_customer(lines[0]) for lines in grouped.values()} - {""})
    kept = set(people[::EVERY_CUSTOMER])
    guests = [number for number, lines in sorted(grouped.items()) if not _customer(lines[0]) and number[:1].isdigit()]
    kept_guests = set(guests[::EVERY_GUEST_INVOICE])
    for number, lines in sorted(grouped.items(), key=lambda item: (item[1][0]["InvoiceDate"], item[0])):
        if _customer(lines[0]) in kept or number in kept_guests:
            yield number, lines


def compact(number: str, lines: list[dict[str, str]], products: dict[str, int], titles: dict[str, str]) -> list[Any] | None:
    """[number, date, customer, country, [[product, quantity, pence], ...], shipping pence, other pence]; None: nothing left."""
    back = number.startswith("C")
    sign = -1 if back else 1
    goods: dict[tuple[int, int], int] = {}
    shipping = other = 0
    for line in lines:
        code, quantity, pence = line["StockCode"].strip(), sign * int(line["Quantity"]), round(float(line["UnitPrice"]) * 100)
        if quantity <= 0 or pence < 0:
            continue
        if code in SHIPPING_CODES:
            shipping += quantity * pence
        elif code[:5].isdigit() or code.lower().startswith("gift_"):
            key = (products.setdefault(code, len(products)), pence)
            if titles.get(code, "") == "":
                titles[code] = line["Description"].strip()
            if key in goods or len(goods) < MAX_LINES:
                goods[key] = goods.get(key, 0) + quantity
        elif back:
            other += quantity * pence
    if not goods and not (back and shipping + other):
        return None
    first = lines[0]
    packed = [[product, quantity, pence] for (product, pence), quantity in goods.items()]
    return [number, first["InvoiceDate"], _customer(first), first["Country"], packed, shipping, other]


def build(source: Path, target: Path = TARGET) -> tuple[int, int]:
    """Writes the part; answers the number of invoices and of products."""
    products: dict[str, int] = {}
    titles: dict[str, str] = {}
    packed = [part for number, lines in chosen(invoices(rows(source))) if (part := compact(number, lines, products, titles))]
    text = json.dumps(
        {"products": [[code, titles[code]] for code in products], "invoices": packed}, ensure_ascii=False, separators=(",", ":")
    )
    # mtime=0: the same source gives the same bytes
    target.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    return len(packed), len(products)


def _customer(line: dict[str, str]) -> str:
    return line["CustomerID"].split(".")[0]


if __name__ == "__main__":
    made, sold = build(Path(sys.argv[1]))
    sys.stdout.write(f"{made} invoices, {sold} products -> {TARGET} ({TARGET.stat().st_size} bytes)\n")
