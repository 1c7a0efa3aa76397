"""The ground the tests stand on holds: a closed network, databases that share nothing, a fixed clock."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from plugin_core.db import create_engine
from plugin_core.migrations import is_current
from tests import databases, network, postgres


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM stale_customers")).scalar_one())


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_finds_an_empty_database_of_this_version(engine: Engine, attempt: str) -> None:
    assert is_current(engine)
    assert count(engine) == 0, f"left by the test before the {attempt}"
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO stale_customers (store_id, customer_id) VALUES (1, 1)"))
    assert count(engine) == 1


def test_a_savepoint_that_fails_takes_only_its_own_work_along(session: Session) -> None:
    insert = text("INSERT INTO stale_customers (store_id, customer_id) VALUES (1, :customer)")
    session.execute(insert, {"customer": 1})
    savepoint = session.begin_nested()
    session.execute(insert, {"customer": 2})
    savepoint.rollback()
    session.commit()
    assert session.execute(text("SELECT customer_id FROM stale_customers")).scalars().all() == [1]


def test_two_databases_of_one_test_are_apart(run_folder: Path, tmp_path: Path) -> None:
    one, other = (create_engine(databases.sqlite_copy(run_folder, tmp_path / f"{name}.sqlite")) for name in ("one", "other"))
    with one.begin() as connection:
        connection.execute(text("INSERT INTO stale_customers (store_id, customer_id) VALUES (1, 1)"))
    assert (count(one), count(other)) == (1, 0)
    one.dispose()
    other.dispose()


@pytest.mark.parametrize("address", [("93.184.216.34", 80), ("10.0.0.1", 443), ("2001:db8::1", 443, 0, 0)])
def test_no_test_reaches_another_machine(address: tuple[object, ...]) -> None:
    family = socket.AF_INET6 if ":" in str(address[0]) else socket.AF_INET
    with socket.socket(family) as outgoing, pytest.raises(network.OutsideWorld):
        outgoing.connect(address)


def test_no_test_asks_for_the_address_of_another_machine() -> None:
    with pytest.raises(network.OutsideWorld):
        socket.getaddrinfo("demo.myshopify.com", 443)


def test_a_store_that_is_nowhere_is_not_found() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("shop.invalid", 443), timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5) as client:
        assert client.getpeername() == server.getsockname()


def test_a_missing_postgresql_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(postgres.PostgresMissing, match="apt-get install postgresql"):
        postgres.server(tmp_path)
