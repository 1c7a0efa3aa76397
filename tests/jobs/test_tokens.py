"""Access tokens that run out: renewed once, by one process, and never lost on the way."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import Twins, start_twins
from comeback import settings as environment
from comeback.app import App, build
from jobs.tokens import keep_alive
from plugin_core.clock import DAY_US, to_us, utc_now
from plugin_core.errors import AccessRevoked, Refused, Unreachable
from plugin_core.stores.connect import find_store
from plugin_core.stores.credentials import load_credentials
from plugin_core.stores.models import Store, StoreCredential

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.journeys.preloaded"])


@pytest.fixture
def twins() -> Iterator[Twins]:
    with start_twins(people=4, now=datetime.now(UTC)) as started:
        yield started


@pytest.fixture
def variables(twins: Twins, database_url: str) -> dict[str, str]:
    shop = twins.shopify.store
    values = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a key for stores that are not there",
        "SMTP_URL": "folder:/nowhere",
        "SHOPIFY_ORIGIN": twins.shopify.origin,
        "SHOPIFY_CLIENT_ID": shop.client_id,
        "SHOPIFY_CLIENT_SECRET": shop.client_secret,
        "ALLOW_PRIVATE_STORES": "1",
    }
    return {f"COMEBACK_{name}": value for name, value in values.items()}


class Shop:
    def __init__(self, app: App, twins: Twins, moment: list[int]) -> None:
        self.app, self.twin, self.moment = app, twins.shopify, moment
        home = app.doors["shopify"].home
        assert home is not None
        visit = home.visit(self.twin.id_token(), now=datetime.now(UTC), secrets=lambda _: ())
        from comeback.installing import take_in

        credentials = home.credentials(visit, now=datetime.now(UTC))
        self.store_id = take_in(app.connector, "shopify", visit.address, credentials, actor="test").store_id

    def later(self, microseconds: int) -> None:
        self.moment[0] += microseconds

    def run_out(self) -> None:
        with self.app.database.write() as session:
            session.get_one(StoreCredential, self.store_id).access_expires_at = self.moment[0] + utc_us() - 1

    def facts(self) -> str:
        with self.app.context.client(self.store()) as client:
            return client.facts().currency

    def store(self) -> Store:
        with self.app.database.read() as session:
            return session.get_one(Store, self.store_id)

    def token(self) -> str:
        with self.app.database.read() as session:
            return load_credentials(session, self.app.vault, session.get_one(Store, self.store_id))["access_token"]

    def renewals(self) -> int:
        return self.twin.store.grants["refresh_token"]


def utc_us() -> int:
    return to_us(utc_now())


@pytest.fixture
def shop(twins: Twins, variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COMEBACK_SMTP_URL", f"folder:{tmp_path / 'mail'}")
    moment = [0]
    app = build(environment.load(), clock=lambda: utc_us() + moment[0])
    yield Shop(app, twins, moment)
    app.close()


def test_a_token_that_lasts_is_left_alone(shop):
    before = shop.token()
    assert shop.facts() == "GBP"
    assert shop.token() == before
    assert shop.renewals() == 0


def test_a_token_is_renewed_two_minutes_before_it_runs_out_and_its_heir_is_kept_with_it(shop):
    before = shop.token()
    shop.later((3600 - 119) * 1_000_000)
    assert shop.facts() == "GBP"
    assert shop.token() != before
    assert shop.renewals() == 1
    with shop.app.database.read() as session:
        row = session.get_one(StoreCredential, shop.store_id)
        held = load_credentials(session, shop.app.vault, session.get_one(Store, shop.store_id))
    assert held["refresh_token"] in shop.twin.store.refresh_tokens
    assert (row.refreshing_until, row.refreshing_by) == (None, "")


def ask(folder: str, values: dict[str, str], gate: Any, found: Any) -> None:
    os.environ.update(values)
    os.environ["COMEBACK_SMTP_URL"] = f"folder:{folder}"
    app = build(environment.load())
    gate.wait(60)
    with app.database.read() as session:
        store = find_store(session, "comeback-demo")
    with app.context.client(store) as client:
        found.put((client.facts().currency, client._transport._token))
    app.close()


def test_two_processes_that_need_a_new_token_at_once_fetch_one(shop, variables, tmp_path):
    shop.run_out()
    shop.twin.faults.add("slow", match="oauth/access_token", seconds=0.5)
    gate, found = _forks.Barrier(2), _forks.Queue()
    processes = [_forks.Process(target=ask, args=(str(tmp_path / "mail"), variables, gate, found)) for _ in range(2)]
    for process in processes:
        process.start()
    answers = [found.get(timeout=90) for _ in processes]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert answers == [("GBP", shop.token())] * 2
    assert shop.renewals() == 1


def test_an_answer_that_is_lost_is_asked_for_again_with_the_old_refresh_token(shop):
    shop.run_out()
    shop.twin.faults.add("drop_after", match="oauth/access_token")
    assert shop.facts() == "GBP"
    assert shop.renewals() == 2
    assert shop.store().state == "connected"


def test_when_shopify_is_away_for_longer_the_chain_is_not_lost(shop):
    shop.run_out()
    shop.twin.faults.add("drop_after", match="oauth/access_token", times=2)
    with pytest.raises(Unreachable, match="comeback-demo"):
        shop.facts()
    assert shop.store().state == "connected"
    assert shop.facts() == "GBP"


def test_a_token_that_is_good_for_another_minute_is_used_while_shopify_is_away(shop):
    before = shop.token()
    shop.later((3600 - 60) * 1_000_000)
    shop.twin.faults.add("status", match="oauth/access_token", status=503, times=6)
    assert shop.facts() == "GBP"
    assert shop.token() == before


def test_a_token_that_was_revoked_before_its_time_is_replaced_on_the_way(shop):
    before = shop.token()
    del shop.twin.store.tokens[before]
    assert shop.facts() == "GBP"
    assert shop.token() != before
    assert shop.renewals() == 1


def test_a_chain_that_shopify_ended_asks_the_merchant_to_open_the_app_again(shop):
    shop.twin.uninstall()
    with pytest.raises(AccessRevoked, match="Open the app in the Shopify admin"):
        shop.facts()
    store = shop.store()
    assert store.state == "reconnect"
    assert "Open the app in the Shopify admin" in store.problem
    assert shop.renewals() == 0


def test_a_wrong_secret_of_the_app_is_no_reason_to_trouble_the_merchant(shop):
    shop.run_out()
    shop.twin.store.client_secret = "another"
    with pytest.raises(Refused, match="COMEBACK_SHOPIFY_CLIENT_SECRET"):
        shop.facts()
    assert shop.store().state == "connected"


def test_a_renewer_that_was_killed_blocks_nobody_for_long(shop):
    shop.run_out()
    with shop.app.database.write() as session:
        row = session.get_one(StoreCredential, shop.store_id)
        row.refreshing_until, row.refreshing_by = utc_us() + 90_000_000, "killed"
    shop.later(91_000_000)
    assert shop.facts() == "GBP"
    assert shop.renewals() == 1


def test_a_quiet_shop_is_kept_alive_once_a_week(shop):
    assert keep_alive(shop.app.context) == 0
    shop.later(8 * DAY_US)
    with shop.app.database.write() as session:
        session.get_one(Store, shop.store_id).state = "paused"
    assert keep_alive(shop.app.context) == 1
    assert shop.renewals() == 1
    assert keep_alive(shop.app.context) == 0
    assert shop.renewals() == 1
