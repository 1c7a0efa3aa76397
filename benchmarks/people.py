"""The list of people at full size: how long a page takes to find, by name, address, number or code, in any order.

``N=1000000 python -m benchmarks.people postgresql``: the 95th percentile of each kind of question, from made-up people.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.databases import fresh, open_store, workspace
from plugin_core import bulk
from plugin_core.clock import DAY_US
from plugin_core.customers import listing
from plugin_core.customers.folding import fold, spell, terms
from plugin_core.customers.listing import Order
from plugin_core.customers.search import Wanted
from plugin_core.db import Database
from plugin_core.segments.lifecycle import STAGES
from plugin_core.segments.models import Segment
from plugin_core.stores.models import Store
from plugin_core.tables import metadata

NOW = 1_795_348_800 * 1_000_000
MOST_MS = 100.0
_PAGE = 20_000
_SYLLABLES = (
    "an",
    "be",
    "ca",
    "da",
    "el",
    "fa",
    "gü",
    "ha",
    "in",
    "jo",
    "ka",
    "le",
    "ma",
    "ni",
    "or",
    "pe",
    "ra",
    "sa",
    "ti",
    "ve",
)
_COUNTRIES = ("DE", "DE", "DE", "DE", "FR", "FR", "TR", "GB", "US", "IR")


def run(kind: str, people: int, *, rounds: int = 40) -> list[dict[str, Any]]:
    with workspace() as folder, fresh(kind, folder) as engine:
        database = Database(engine)
        store_id = open_store(database)
        fill(database, store_id, people)
        return measure(database, store_id, people, rounds=rounds)


def fill(database: Database, store_id: int, people: int) -> None:
    add_people(database, store_id, people)
    with database.write() as session:
        session.add(Segment(id=1, store_id=store_id, slug="few", name="Few", rule={}, bit=0, rule_changed_at=0))
        session.flush()
        session.execute(
            sa.text(
                "INSERT INTO memberships (segment_id, customer_id, entered_at, settings_version) "
                "SELECT 1, customer_id, 0, 0 FROM customer_stats WHERE segment_bits = 1"
            )
        )
    analyse(database)


def add_people(database: Database, store_id: int, people: int) -> None:
    """Names as they fall: a few are frequent, most are rare."""
    chance = random.Random(people)  # noqa: S311 - made-up shoppers
    firsts = [_name(chance, 2) for _ in range(1_500)]
    lasts = [_name(chance, 3) for _ in range(12_000)]
    made = _people(chance, firsts, lasts, people, store_id)
    while page := list(islice(made, _PAGE)):
        with database.write() as session:
            for number, (table, columns) in enumerate(_COLUMNS.items()):
                bulk.insert(session, metadata.tables[table], columns, [row for each in page for row in each[number]])


def analyse(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.engine.dialect.name == "sqlite" else "VACUUM ANALYZE")


_COLUMNS = {
    "customers": (
        *("id", "account_id", "key", "email", "phone", "first_name", "last_name", "locale", "country", "birthday"),
        *("field_times", "since", "key_since", "key_at", "edited"),
    ),
    "customer_stats": (
        *("store_id", "customer_id", "orders_count", "priced_orders", "net_spent", "net_merchandise", "received", "refunded"),
        *("code_orders", "last_order_at", "visits", "lifecycle", "segment_bits", "points", "points_pending"),
        *("tier", "may_email"),
    ),
    "person_words": ("store_id", "customer_id", "name", "words"),
    "person_terms": ("store_id", "term", "customer_id"),
    "orders": (
        *("store_id", "external_id", "customer_id", "account_external_id", "email", "number", "placed_at", "modified_at"),
        *("content_hash", "status", "counted", "void", "test", "currency", "total", "refunded", "merchandise"),
        *("current_merchandise", "codes", "with_code", "source", "cart_token"),
    ),
}


def _name(chance: random.Random, most: int) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, most + 1))).title()


def _people(chance: random.Random, firsts: list[str], lasts: list[str], people: int, store_id: int) -> Iterator[tuple[Any, ...]]:
    for person in range(1, people + 1):
        first = firsts[int(len(firsts) * chance.random() ** 3)]
        last = lasts[int(len(lasts) * chance.random() ** 2)]
        email = f"{fold(first)}.{fold(last)}{person}@example.com"
        phone = f"+49151{person:08d}" if person % 3 == 0 else ""
        orders = int(chance.expovariate(0.5))
        spent = orders * chance.randrange(900, 20_000)
        last_at = NOW - int(chance.expovariate(1 / 200) * DAY_US) if orders else None
        spelt = spell(first, last, [email], phone, ["vip"] if person % 5_000 == 0 else [])
        stage = STAGES[min(len(STAGES) - 1, int(chance.expovariate(0.6)))]
        counted = (store_id, f"o{person}", person, "", email, f"#{10_000 + person}", NOW, NOW, "", "PAID", True, False, False)
        yield (
            [(person, 1, f"{person:016x}", email, phone, first, last, "de", chance.choice(_COUNTRIES), "", "{}", 0, 0, 0, "{}")],
            [
                (
                    *(store_id, person, orders, orders, spent, spent, spent, 0, 0, last_at, orders, stage),
                    *(int(person % 2_000 == 0), spent // 100, 0, "bronze", person % 2 == 0),
                )
            ],
            [(store_id, person, *spelt)],
            sorted((store_id, term, person) for term in terms(spelt.words)),
            [(*counted, "EUR", 1_000, 0, 1_000, 1_000, "[]", False, "web", "")] if person % 4 == 0 else [],
        )


def measure(database: Database, store_id: int, people: int, *, rounds: int = 40) -> list[dict[str, Any]]:
    chance = random.Random(1)  # noqa: S311 - which people to look for
    rows = []
    with database.read() as session:
        store = session.get_one(Store, store_id)
        for name, question in _questions(session, people).items():
            for _ in range(3):
                _one(session, store, *question(chance))
            taken = sorted(_one(session, store, *question(chance)) for _ in range(rounds))
            p95 = taken[int(len(taken) * 0.95)]
            rows.append(_row(name, p95 * 1000, median=taken[len(taken) // 2] * 1000))
    return rows


def _one(session: Session, store: Store, wanted: Wanted, order: Order) -> float:
    begin = time.perf_counter()
    listing.page(session, store, wanted, order, now=NOW)
    return time.perf_counter() - begin


def _questions(session: Session, people: int) -> dict[str, Callable[[random.Random], tuple[Wanted, Order]]]:
    def somebody(chance: random.Random) -> Any:
        columns = "first_name, last_name, email, phone"
        while True:
            row = bulk.select(session, f"SELECT {columns} FROM customers WHERE id = ?", chance.randint(1, people))
            if row[0][3]:
                return row[0]

    def order(chance: random.Random) -> Order:
        return Order(chance.choice(list(listing.SORTS)), chance.random() < 0.5)

    def typed(column: int, letters: int) -> Callable[[random.Random], tuple[Wanted, Order]]:
        return lambda chance: (Wanted(text=somebody(chance)[column][:letters]), order(chance))

    def both(first: int, last: int) -> Callable[[random.Random], tuple[Wanted, Order]]:
        def ask(chance: random.Random) -> tuple[Wanted, Order]:
            who = somebody(chance)
            return Wanted(text=f"{who[0][:first]} {who[1][:last]}"), order(chance)

        return ask

    return {
        "nothing typed": lambda chance: (Wanted(), order(chance)),
        "first letter": typed(0, 1),
        "two letters": typed(0, 2),
        "three letters": typed(0, 3),
        "four letters of the last name": typed(1, 4),
        "first name whole": typed(0, 99),
        "first and last name": both(99, 99),
        "two letters of each": both(2, 2),
        "address": typed(2, 99),
        "beginning of an address": typed(2, 9),
        "phone": typed(3, 99),
        "order number": lambda chance: (Wanted(text=str(10_000 + chance.randint(1, people) // 4 * 4)), order(chance)),
        "segment of few": lambda chance: (Wanted(segment="few"), order(chance)),
        "tag": lambda chance: (Wanted(tag="VIP"), order(chance)),
        "country and stage": lambda chance: (Wanted(country="TR", lifecycle="lost"), order(chance)),
        "three letters in a country": lambda chance: (Wanted(text=somebody(chance)[0][:3], country="IR"), order(chance)),
    }


def _row(name: str, value: float, *, median: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "median": round(median, 1),
        "unit": "ms",
        "limit": MOST_MS,
        "ok": value <= MOST_MS,
    }


def main() -> int:
    kinds = sys.argv[1:] or ["sqlite", "postgresql"]
    ok = True
    for kind in kinds:
        people = int(os.environ.get("N", "100000" if kind == "sqlite" else "1000000"))
        print(f"{kind}, {people:,} people, a page of 50 in a random order")
        for row in run(kind, people):
            ok &= row["ok"]
            verdict = "ok" if row["ok"] else "MISSED"
            print(f"  {row['name']:36s}p95 {row['value']:>8.1f} ms   median {row['median']:>8.1f} ms   {verdict}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
