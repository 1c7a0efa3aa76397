"""Commands run beside `comeback serve` on one SQLite file: neither takes the other's log of changes away."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import requests

from plugin_core.db import create_engine
from tests.journeys.program import Program
from tests.journeys.served import served
from tests.journeys.world import free_port

_LOOK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM kept").fetchone()[0])
database.close()
"""


def look(path: Path) -> int:
    """Another program reads and leaves."""
    return int(subprocess.run([sys.executable, "-c", _LOOK, str(path)], check=True, capture_output=True, text=True).stdout)


def test_a_program_that_leaves_the_database_does_not_take_the_log_of_one_that_stays(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as session:
        session.exec_driver_sql("CREATE TABLE kept (number INTEGER)")
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            with connection.begin():
                connection.exec_driver_sql("INSERT INTO kept VALUES (1)")
        assert look(path) == 2
        assert (tmp_path / "c.sqlite-wal").exists()
        with one.begin():
            one.exec_driver_sql("INSERT INTO kept VALUES (1)")
        assert look(path) == 3
    engine.dispose()
    assert look(path) == 3


def test_commands_and_the_server_see_what_the_other_wrote(tmp_path: Path) -> None:
    path, port = tmp_path / "c.sqlite", free_port()
    values = {
        "DATABASE_URL": f"sqlite:///{path}",
        "SECRET_KEY": "a key for stores that are not there",
        "SMTP_URL": f"folder:{tmp_path / 'mail'}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOW_PRIVATE_STORES": "1",
    }
    program = Program(tmp_path / "said", values)
    with served(tmp_path / "said", program.environment, port) as address:
        for number in range(4):
            assert many(f"{address}/readyz") == {200}
            program.must("connect", "woocommerce", "--url", f"http://127.0.0.1:{7000 + number}", "--link", "--json")
            assert many(f"{address}/app") == {200}
        assert not taken_away(path)
        with closing(sqlite3.connect(path)) as beside:
            assert beside.execute("SELECT count(*) FROM install_states").fetchone()[0] == 4
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert after.execute("SELECT count(*) FROM install_states").fetchone()[0] == 4


def many(url: str) -> set[int]:
    """Asked by eight at once, so that the server opens more than one connection."""
    with ThreadPoolExecutor(8) as pool:
        return {answer.status_code for answer in pool.map(lambda _: requests.get(url, timeout=30), range(24))}


def taken_away(path: Path) -> list[str]:
    """Files of the database that some process still writes to although nobody can find them any more (where the system tells)."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            held = str(link.readlink())
        except OSError:
            continue
        if held.startswith(str(path)) and held.endswith("(deleted)"):
            found.append(held)
    return found
