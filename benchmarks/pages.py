"""Every page of a large store, as the server answers it: ``python -m benchmarks.pages postgresql sqlite``.

A million people on PostgreSQL, 100,000 on SQLite (``--people``). ``--at URL`` measures in a database that stays: it is filled the
first time. Of a page that takes too long the statements that took longest are shown.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from benchmarks.big_store import fill
from benchmarks.databases import fresh, workspace
from comeback.app import App, build
from comeback.serving import create_web
from comeback.settings import Settings
from plugin_core import bulk
from plugin_core.stores.models import Store
from tests.admin.paths import EXAMPLES, names, rules
from tests.admin.world import HERE

MOST_MS = {"page": 150.0, "search": 100.0, "count": 300.0, "exactly": 3_000.0}
PEOPLE = {"sqlite": 100_000, "postgresql": 1_000_000}
FILES = (".csv", ".json", ".html")
SLOWEST = 3
RULE = {"r.kind": "all", "r.0.field": "orders", "r.0.op": ">=", "r.0.value": "3", "r.0.amount": "6", "r.0.unit": "m"}
Ask = Callable[[FlaskClient], Any]


def open_app(url: str) -> App:
    return build(
        Settings(
            database_url=SecretStr(url),
            secret_key=SecretStr("a key for a store that is not there"),
            public_url="http://127.0.0.1:8000",
            shopify_client_id="client",
            shopify_client_secret=SecretStr("secret"),
        )
    )


def measure(app: App, *, rounds: int, only: str = "") -> Iterator[dict[str, Any]]:
    client = create_web(app, open_to_all=True).test_client()
    for kind, name, ask in _questions(app):
        if only in name:
            for _ in range(2):
                ask(client)
            taken = sorted(_seconds(client, ask) for _ in range(rounds))
            p95 = taken[math.ceil(len(taken) * 0.95) - 1] * 1000
            row = {"name": name, "p95": p95, "median": taken[len(taken) // 2] * 1000, "most": MOST_MS[kind], "slow": []}
            if p95 > MOST_MS[kind]:
                with _watched() as statements:
                    ask(client)
                row["slow"] = sorted(statements, reverse=True)[:SLOWEST]
            yield row


def _questions(app: App) -> Iterator[tuple[str, str, Ask]]:
    """(kind, name, question): each time about somebody else."""
    chance = random.Random(1)  # noqa: S311 - whom to look at
    web = create_web(app, open_to_all=True)
    with app.database.read() as session:
        store = session.scalars(select(Store)).one()
        most = bulk.select(session, "SELECT max(id) FROM customers")[0][0]
        known = {name: EXAMPLES[name](session, store) for name in EXAMPLES if name != "key"}

    def page(rule: str) -> Ask:
        def ask(client: FlaskClient) -> Any:
            known["key"] = f"{chance.randint(1, most):016x}"
            parts = [str(known[names(f"/{part}")[0]]) if part.startswith("<") else part for part in rule.split("/")]
            return client.get("/".join(parts))

        return ask

    for rule in rules(web, "GET"):
        if not rule.endswith(FILES):
            yield "page", rule, page(rule)
    yield "page", "people of a segment", lambda client: client.get("/app/customers?segment=brand_advocates")
    yield "page", "people of a stage", lambda client: client.get("/app/customers?lifecycle=slipping&sort=spent&dir=down")
    for letters in (1, 2, 4):
        yield "search", f"search, {letters} letters", _search(app, chance, most, letters)
    for name, rule in {"count": {}, "count, first days": {"r.0.value": "1", "r.0.amount": "3"}}.items():
        yield "count", name, lambda client, rule=rule: client.post("/app/segments/count", data=RULE | rule, headers=HERE)  # type: ignore[misc]
    yield "exactly", "count exactly", lambda client: client.post("/app/segments/count", data=RULE | {"do": "exact"}, headers=HERE)


def _search(app: App, chance: random.Random, most: int, letters: int) -> Ask:
    with app.database.read() as session:
        chosen = bulk.values(session, [chance.randint(1, most) for _ in range(50)])
        sql = f"SELECT last_name FROM customers WHERE id IN ({bulk.listed(session, 'bigint')})"
        found = [str(name) for (name,) in bulk.select(session, sql, chosen)]
    return lambda client: client.get(
        "/app/customers", query_string={"q": chance.choice(found)[:letters]}, headers={"HX-Request": "true"}
    )


def _seconds(client: FlaskClient, ask: Ask) -> float:
    begin = time.perf_counter()
    answer = ask(client)
    took = time.perf_counter() - begin
    if answer.status_code not in {200, 302, 303, 404}:
        raise RuntimeError(f"{answer.request.path}: {answer.status_code}")
    return took


@contextmanager
def _watched() -> Iterator[list[tuple[float, str]]]:
    """Milliseconds and the beginning of every statement that goes to the driver as text."""
    statements: list[tuple[float, str]] = []
    plain = bulk.select

    def timed(session: Any, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        begin = time.perf_counter()
        rows = plain(session, sql, *parameters)
        statements.append(((time.perf_counter() - begin) * 1000, " ".join(sql.split())[:200]))
        return rows

    bulk.select = timed
    try:
        yield statements
    finally:
        bulk.select = plain


def run(kind: str, people: int, chosen: argparse.Namespace) -> bool:
    if chosen.at:
        return _in(chosen.at, kind, people, chosen)
    with workspace() as folder, fresh(kind, folder) as engine:
        return _in(engine.url.render_as_string(hide_password=False), kind, people, chosen)


def _in(url: str, kind: str, people: int, chosen: argparse.Namespace) -> bool:
    app, ok = open_app(url), True
    try:
        fill(app, people)
        print(f"{kind}, {people:,} people, {chosen.rounds} times each")
        for row in () if chosen.fill else measure(app, rounds=chosen.rounds, only=chosen.only):
            good = row["p95"] <= row["most"]
            ok &= good
            verdict = "ok" if good else f"MISSED, wanted {row['most']:g}"
            print(f"  {row['name']:44s}p95 {row['p95']:>8.1f} ms   median {row['median']:>8.1f} ms   {verdict}", flush=True)
            for took, sql in row["slow"]:
                print(f"      {took:8.1f} ms  {sql}")
    finally:
        app.close()
    return ok


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--people", type=int, help="instead of a million, or 100,000 on SQLite")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--at", default="", help="the URL of a database that stays")
    parser.add_argument("--fill", action="store_true", help="only fill it")
    chosen = parser.parse_args()
    well = [run(kind, chosen.people or PEOPLE[kind], chosen) for kind in chosen.kinds]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
