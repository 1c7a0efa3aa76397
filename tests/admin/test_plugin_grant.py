"""A store is connected by our plugin: one pasted link, one post, and nothing for anybody who has not been asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from adapters.sandbox import Twins, start_twins
from comeback.app import App, build, now_us
from comeback.serving import create_web
from comeback.settings import Settings
from plugin_core.stores.credentials import load_credentials
from plugin_core.stores.installing import LIFE_US
from plugin_core.stores.models import AuditEntry, Store
from tests.admin.plugins import SECRET, connect, posted, ticket, token


@dataclass
class Place:
    app: App
    twins: Twins
    client: FlaskClient
    ahead_us: int = 0

    @property
    def site(self) -> str:
        return self.twins.woocommerce.url

    def states(self) -> list[str]:
        with self.app.database.read() as session:
            return list(session.scalars(select(Store.state)))


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    with start_twins(4, now=datetime.now(UTC)) as twins:
        settings = Settings(
            database_url=SecretStr(database_url),
            secret_key=SecretStr("a key for stores that are not there"),
            smtp_url=SecretStr(f"folder:{tmp_path / 'mail'}"),
            public_url="https://comeback.example.com",
            allow_private_stores=True,
        )
        made: list[Place] = []
        app = build(settings, clock=lambda: now_us() + (made[0].ahead_us if made else 0))
        made.append(Place(app, twins, create_web(app).test_client()))
        yield made[0]
        app.close()


def test_a_pasted_link_connects_the_store_and_opens_its_page(place: Place) -> None:
    body = posted(ticket(place.app, place.site), place.twins.woocommerce)
    answer = connect(place.client, body)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json is not None
    assert answer.json == {"store": answer.json["store"], "site": place.site, "page_url": "https://comeback.example.com/app"}
    with place.app.database.read() as session:
        store = session.scalars(select(Store)).one()
        credentials = load_credentials(session, place.app.vault, store)
        assert (store.key, store.address, store.state) == (answer.json["store"], place.site, "connected")
        assert credentials == {name: body[name] for name in ("consumer_key", "consumer_secret", "page_secret")}
        assert session.scalars(select(AuditEntry.actor)).all() == ["cli"]

    shown = place.client.get(f"/app?id_token={token(place.app, place.site)}")
    assert (shown.status_code, 'data-host="woocommerce"' in shown.text, 'lang="tr"' in shown.text) == (200, True, True)
    assert shown.headers["Content-Security-Policy"].endswith(f"frame-ancestors {place.site}")
    elsewhere = place.client.get(f"/app?id_token={token(place.app, place.site, admin='https://wp.example.com')}")
    assert elsewhere.headers["Content-Security-Policy"].endswith(f"frame-ancestors {place.site} https://wp.example.com")
    by_script = {"Authorization": f"Bearer {token(place.app, place.site, secret='6b' * 32)}"}
    assert place.client.get("/app", headers=by_script).status_code == 401

    used = connect(place.client, body)
    assert (used.status_code, used.json) == (
        404,
        {"error": "This link was used already or is too old.", "mend": "Start connecting again."},
    )
    a_second_connection_brings_its_own_secret(place)
    only_an_owner_ends_the_connection(place)


def a_second_connection_brings_its_own_secret(place: Place) -> None:
    again = posted(ticket(place.app, place.site), place.twins.woocommerce, page_secret="6b" * 32)
    assert connect(place.client, again).status_code == 200
    assert place.states() == ["connected"]
    place.client.delete_cookie("comeback_session")
    assert place.client.get("/app", headers={"Authorization": f"Bearer {token(place.app, place.site)}"}).status_code == 401
    good = token(place.app, place.site, secret="6b" * 32)
    assert place.client.get("/app", headers={"Authorization": f"Bearer {good}"}).status_code == 200


def only_an_owner_ends_the_connection(place: Place) -> None:
    new = "6b" * 32
    bad = {
        "not for that": token(place.app, place.site, new),
        "a viewer": token(place.app, place.site, new, act="disconnect", role="viewer"),
        "the old secret": token(place.app, place.site, SECRET, act="disconnect"),
        "stale": token(place.app, place.site, new, act="disconnect", iat=1, nbf=1, exp=61),
    }
    statuses = {why: place.client.post("/connect/plugin/end", json={"token": each}).status_code for why, each in bad.items()}
    assert statuses == {"not for that": 404, "a viewer": 404, "the old secret": 400, "stale": 400}
    assert place.client.post("/connect/plugin/end", json={"token": 1}).status_code == 400
    assert place.client.post("/connect/plugin/end", json=[]).status_code == 400
    assert place.states() == ["connected"]
    good = token(place.app, place.site, new, act="disconnect")
    assert place.client.post("/connect/plugin/end", json={"token": good}).status_code == 200
    assert place.states() == ["disconnected"]
    assert place.client.post("/connect/plugin/end", json={"token": good}).status_code == 400, "its secret is forgotten"


def test_a_post_that_is_not_right_in_every_part_connects_nothing_and_leaves_the_link_good(place: Place) -> None:
    twin, given = place.twins.woocommerce, ticket(place.app, place.site)
    bad = {
        "a guessed ticket": (posted("x" * 43, twin), 404),
        "another site": (posted(given, twin, site="https://other.example.com"), 409),
        "no site": (posted(given, twin, site=None), 400),
        "a number for a site": (posted(given, twin, site=7), 400),
        "no key": (posted(given, twin, consumer_key=None), 400),
        "a key of another shape": (posted(given, twin, consumer_key="ck_\r\nX: y"), 400),
        "a short page secret": (posted(given, twin, page_secret="ab"), 400),
        "keys the store does not know": (posted(given, twin, consumer_key="ck_" + "0" * 40), 422),
        "a wrong secret": (posted(given, twin, consumer_secret="cs_" + "0" * 40), 422),
        "a list": ([given], 400),
        "nothing": (None, 400),
    }
    answers = {why: connect(place.client, body) for why, (body, _) in bad.items()}
    assert {why: answer.status_code for why, answer in answers.items()} == {why: status for why, (_, status) in bad.items()}
    for answer in answers.values():
        assert answer.json is not None
        assert answer.json["error"]
        assert answer.json["mend"]
        assert "0000" not in answer.text
    assert "--url https://other.example.com" in answers["another site"].text
    raw = {b"\xff{": 400, b"[" * 9_000: 400, b"": 400, b'{"ticket": "' + b"x" * 20_000 + b'"}': 413}
    assert {body: place.client.post("/connect/plugin", data=body).status_code for body in raw} == raw
    assert place.client.get("/connect/plugin").status_code == 404
    assert place.states() == []
    assert connect(place.client, posted(given, twin)).status_code == 200


def test_a_link_is_too_old_after_ten_minutes(place: Place) -> None:
    body = posted(ticket(place.app, place.site), place.twins.woocommerce)
    place.ahead_us = LIFE_US
    assert connect(place.client, body).status_code == 404
    assert place.states() == []


def test_a_link_made_for_one_store_is_not_taken_to_another_of_the_same_keys(place: Place) -> None:
    given = ticket(place.app, "https://localhost")
    assert connect(place.client, posted(given, place.twins.woocommerce)).status_code == 409
    assert place.states() == []


def test_of_many_who_post_the_same_link_at_once_one_connects(place: Place) -> None:
    body, gate, statuses = posted(ticket(place.app, place.site), place.twins.woocommerce), threading.Barrier(4), list[int]()
    # One after another: Python 3.11 builds no syntax trees in several threads at once (python/cpython 106905).
    clients = [create_web(place.app).test_client() for _ in range(4)]

    def post(client: FlaskClient) -> None:
        gate.wait(30)
        statuses.append(connect(client, body).status_code)

    threads = [threading.Thread(target=post, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200, 404, 404, 404]
    assert place.states() == ["connected"]
